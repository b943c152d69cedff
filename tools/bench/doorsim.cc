// freshet-doorsim: how far doors carry. Measures what they cost on this machine, says how well the
// model predicts one and two real threads, and predicts 4, 16 and 64 cores.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "door_forecast.h"
#include "door_probe.h"
#include "door_times.h"
#include "machine.h"

namespace freshet {
namespace {

constexpr uint32_t kShardsPerCore[] = {1, 8, 32};
constexpr int kCores[] = {4, 16, 64};

constexpr char kUsage[] =
    "freshet-doorsim [options]\n"
    "  --keys N       keys in the measured keyspace, 1000 to 100000000 (1000000)\n"
    "  --seed N       of keys and of the simulation (1)\n"
    "  --times CSV    take the times from an earlier run's CSV; nothing is measured\n"
    "  --set NAME=NS  one time, in nanoseconds, in place of what was measured; may be repeated\n"
    "  --csv FILE     the report as CSV too\n";

struct DoorOptions {
  uint64_t keys = 1'000'000;
  uint64_t seed = 1;
  std::string times;
  std::string csv;
  std::vector<std::string> given;
};

bool parse(int argc, char** argv, DoorOptions& options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const char* value = argv[i + 1];
    if (option == "--keys") {
      options.keys = std::strtoull(value, nullptr, 10);
    } else if (option == "--seed") {
      options.seed = std::strtoull(value, nullptr, 10);
    } else if (option == "--times") {
      options.times = value;
    } else if (option == "--csv") {
      options.csv = value;
    } else if (option == "--set") {
      options.given.emplace_back(value);
    } else {
      return false;
    }
  }
  return argc % 2 == 1 && options.keys >= 1000 && options.keys <= 100'000'000;
}

std::string number_text(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

// Prints as it goes; the CSV is written at the end. A line of it: table,row,column,value.
class DoorReport {
 public:
  void text(const std::string& line) { std::printf("%s\n", line.c_str()); }
  void csv(const std::string& line) { csv_ << line << '\n'; }
  std::string csv() const { return csv_.str(); }

  void times(const DoorTimes& times) {
    text("\n## Times, in nanoseconds\n\n| time | ns | |\n|---|--:|---|");
    for (const DoorTime& time : door_times()) {
      const double value = times.*time.member;
      text("| " + std::string(time.name) + " | " + number_text(value, 1) + " | " +
           std::string(time.meaning) + " |");
      csv("time," + std::string(time.name) + ',' + std::to_string(value));
    }
  }

  void forecast(const Forecast& found) {
    text("| " + found.load + " | " + std::to_string(found.cores) + " | " +
         number_text(found.per_microsecond, 2) + " | " + number_text(found.against_one, 2) + " | " +
         percent(found.efficiency()) + " | " + percent(found.waiting) + " | " +
         number_text(found.p99, 0) + " | " + number_text(found.longest, 0) + " | " +
         percent(found.hottest) + " |");
    std::string name = found.load;
    for (size_t comma; (comma = name.find(',')) != std::string::npos;) name[comma] = ';';
    std::ostringstream line;
    line << "forecast," << name << ',' << found.cores << ',' << found.shards_per_core << ','
         << found.per_microsecond << ',' << found.against_one << ',' << found.efficiency() << ','
         << found.waiting << ',' << found.p99 << ',' << found.longest << ',' << found.hottest;
    csv(line.str());
  }

  static std::string percent(double share) { return number_text(100 * share, 1) + " %"; }

 private:
  std::ostringstream csv_;
};

constexpr char kForecastHead[] =
    "| load | cores | commands/µs | times one core | each core gives | waiting at doors | p99 wait "
    "ns | longest ns | hottest door held |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|";

// The model beside threads that go through real doors. Two cpus have more in common than doors, up
// to all of a core; so what counts is two threads that share a store against two that do not.
void compare(DoorReport& report, DoorTimes times, DoorStore& store, DoorStore& other,
             const DoorLoad& load, uint64_t seed) {
  const double outside = times.outside;
  const uint32_t shards = store.keyspace().size();
  Forecaster forecaster(measure_steps(store, load, times), seed);
  const double one = forecaster.pace(load, 1, shards), two = forecaster.pace(load, 2, shards),
               apart = forecaster.pace_apart(load);
  const double found_one = race_doors({&store}, load, 1, outside).per_microsecond;
  const Pace found_two = race_doors({&store}, load, 2, outside);
  const Pace found_apart = race_doors({&store, &other}, load, 2, outside);
  const double figures[] = {one,         found_one,
                            apart,       found_apart.per_microsecond,
                            two,         found_two.per_microsecond,
                            two / apart, found_two.per_microsecond / found_apart.per_microsecond};
  std::ostringstream line;
  line << "race," << load.name << ',' << shards << ',' << outside;
  std::string row =
      "| " + load.name + " | " + std::to_string(shards) + " | " + number_text(outside, 0);
  for (const double figure : figures) {
    row += " | " + number_text(figure, 2);
    line << ',' << figure;
  }
  const size_t slices = std::min(found_two.slices, found_apart.slices);
  report.text(row + " | " + std::to_string(slices) + " |");
  line << ',' << slices;
  report.csv(line.str());
}

void validate(DoorReport& report, const DoorTimes& times, uint64_t keys, uint64_t seed) {
  report.text(
      "\n## The model beside real threads\n\nCommands/µs, first as predicted, then as measured."
      "\n\n| 90 % GET 10 % SET | shards | outside ns | one thread | measured | two apart | "
      "measured "
      "| two that share | measured | shared / apart | measured | good slices "
      "|\n|---|--:|--:|--:|--:|"
      "--:|--:|--:|--:|--:|--:|--:|");
  for (const uint32_t shards : {1u, 4u, 16u}) {
    DoorStore store(keys, shards, seed), other(keys, shards, seed);
    for (const Pick pick : {Pick::kUniform, Pick::kZipf}) {
      const DoorLoad load{pick == Pick::kZipf ? "Zipf" : "uniform", pick, keys, 100};
      for (const double outside : {0.0, times.outside}) {
        DoorTimes with = times;
        with.outside = outside;
        compare(report, with, store, other, load, seed);
      }
    }
  }
}

void predict(DoorReport& report, Forecaster& forecaster) {
  for (const uint32_t shards_per_core : kShardsPerCore) {
    report.text("\n## shards-per-core " + std::to_string(shards_per_core) + "\n\n" + kForecastHead);
    for (const DoorLoad& load : door_loads()) {
      for (const int cores : kCores) report.forecast(forecaster.of(load, cores, shards_per_core));
    }
  }
}

// Core by core, until more of them give nothing.
void climb(DoorReport& report, Forecaster& forecaster) {
  report.text("\n## The way up, shards-per-core 8\n\n" + std::string(kForecastHead));
  for (const Pick pick : {Pick::kUniform, Pick::kZipf}) {
    for (const int cores : {2, 4, 8, 12, 16, 24, 32, 48, 64}) {
      report.forecast(forecaster.of(mixed_load(pick, 1'000'000), cores, 8));
    }
  }
}

void limits(DoorReport& report, Forecaster& forecaster) {
  report.text(
      "\n## Where one door is the limit: 90 % GET 10 % SET, Zipf 0.99\n\n| keys | shards | share "
      "of "
      "the hottest shard | its door held, ns a command | limit, commands/µs | reached by cores "
      "|\n|--:|--:|--:|--:|--:|--:|");
  for (const uint64_t keys : {1'000'000, 10'000'000}) {
    for (const uint32_t shards : {32u, 128u, 512u, 2048u}) {
      const DoorLimit limit = forecaster.limit(keys, shards);
      report.text("| " + number_text(static_cast<double>(keys), 0) + " | " +
                  std::to_string(shards) + " | " + DoorReport::percent(limit.share) + " | " +
                  number_text(limit.held, 0) + " | " + number_text(limit.per_microsecond, 1) +
                  " | " + number_text(limit.cores, 1) + " |");
      std::ostringstream line;
      line << "limit," << keys << ',' << shards << ',' << limit.share << ',' << limit.held << ','
           << limit.per_microsecond << ',' << limit.cores;
      report.csv(line.str());
    }
  }
}

int run(const DoorOptions& options) {
  DoorReport report;
  for (const auto& [name, value] :
       facts_of_run({}, "doors, seed " + std::to_string(options.seed))) {
    report.text("- " + name + ": " + value);
    report.csv("# " + name + ": " + value);
  }
  DoorTimes measured;
  if (options.times.empty()) {
    DoorStore store(options.keys, 64, options.seed);
    measured = measure_doors(store, measured);
  } else if (!read_door_times(measured, options.times)) {
    std::fprintf(stderr, "freshet-doorsim: %s does not hold all times\n", options.times.c_str());
    return 1;
  }
  for (const std::string& given : options.given) {
    if (set_door_time(measured, given)) continue;
    std::fprintf(stderr, "freshet-doorsim: no such time: %s\n", given.c_str());
    return 1;
  }
  report.times(measured);
  if (options.times.empty() && cpus_allowed().size() > 1)
    validate(report, measured, options.keys, options.seed);
  Forecaster forecaster(apart(measured), options.seed);
  predict(report, forecaster);
  climb(report, forecaster);
  limits(report, forecaster);
  if (options.csv.empty()) return 0;
  std::ofstream file(options.csv);
  file << report.csv();
  file.close();
  if (file) return 0;
  std::fprintf(stderr, "freshet-doorsim: cannot write %s\n", options.csv.c_str());
  return 1;
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  freshet::DoorOptions options;
  if (!freshet::parse(argc, argv, options)) {
    std::fputs(freshet::kUsage, stderr);
    return 1;
  }
  return freshet::run(options);
}
