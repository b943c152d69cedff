// freshet-bench: measures Freshet beside redis-server and beside a server that does nothing, and
// prints one report. It starts and stops the servers itself, on free loopback ports.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>

#include "churn.h"
#include "csv.h"
#include "evictions.h"
#include "growth.h"
#include "halving.h"
#include "insert.h"
#include "invalidation.h"
#include "machine.h"
#include "memory.h"
#include "options.h"
#include "prefix.h"
#include "progress.h"
#include "report.h"
#include "throughput.h"

namespace freshet {
namespace {

bool names_freshet(std::string version) {
  std::transform(version.begin(), version.end(), version.begin(), ::tolower);
  return version.find("freshet") != std::string::npos;
}

// In the order in which they take turns.
std::vector<Seat> seats_for(const Options& options) {
  std::vector<Seat> seats;
  const auto add = [&](Seat seat) {
    if (seat.binary.empty() || !options.selects_seat(seat.name)) return;
    seat.version = version_of(seat.binary);
    seat.is_freshet = seat.kind == Kind::kFreshet && names_freshet(seat.version);
    seats.push_back(std::move(seat));
  };
  add({.name = "freshet", .kind = Kind::kFreshet, .binary = options.freshet});
  add({.name = "redis", .kind = Kind::kRedis, .binary = options.redis});
  add({.name = "ping", .kind = Kind::kPing, .binary = options.ping});
  add({.name = "freshet-2", .kind = Kind::kFreshet, .binary = options.freshet, .cores = 2});
  return seats;
}

// Two thousand connections, on both sides, are more than the usual soft limit.
void raise_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int compare_files(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (!read_csv(path).empty()) continue;
    std::fprintf(stderr, "freshet-bench: no results in %s\n", path.c_str());
    return 1;
  }
  std::printf("%s", side_by_side(paths).c_str());
  return 0;
}

Results measure(const Options& options, const std::vector<Seat>& seats) {
  Results results;
  {
    Throughput throughput(options, seats, results);
    throughput.run();
  }  // its servers stop here: what follows wants the memory and the cpus
  measure_memory(options, seats, results);
  measure_evictions(options, seats, results);
  measure_churn(options, seats, results);
  measure_halving(options, seats, results);
  measure_invalidation(options, seats, results);
  measure_prefix_index(options, seats, results);
  measure_growth(options, seats, results);
  return results;
}

// 0 if nothing got worse. What seems worse is measured again, longer, before it is believed: among
// some fifty ratios a busy machine shifts one or the other by a tenth.
int check_baseline(const std::vector<Cell>& baseline, const Results& results,
                   const Options& options, const std::vector<Seat>& seats) {
  std::vector<Worse> worse = worse_than(baseline, results);
  if (!worse.empty()) {
    Options again = options;
    again.only.clear();
    for (const Worse& one : worse) {
      progress("again, since it seems worse: " + one.text);
      again.only.push_back(one.baseline.table + "/" + one.baseline.row + "$");
    }
    again.scale.rounds *= 3;
    worse = worse_than(baseline, measure(again, seats));
  }
  for (const Worse& one : worse) std::printf("worse: %s\n", one.text.c_str());
  if (worse.empty()) std::printf("nothing is more than 10 %% worse than the baseline\n");
  return worse.empty() ? 0 : 1;
}

// 0 if each part that --require names stands for a row that was run by Freshet.
int check_required(const Options& options, const Results& results) {
  int missing = 0;
  for (const std::string& wanted : options.required) {
    bool found = false;
    for (const Table& table : tables()) {
      for (const Line& line : results.lines(table.id)) {
        found |= line.server == "freshet" && names_row(wanted, table.id, line.row) &&
                 !results.is_absent(table.id, line);
      }
    }
    if (found) continue;
    std::fprintf(stderr, "freshet-bench: row %s was not run\n", wanted.c_str());
    missing = 1;
  }
  return missing;
}

// Prints the report, and writes it wherever it was asked for. 0 if that worked.
int publish(const Options& options, const Facts& facts, const Results& results) {
  std::printf("%s", markdown(facts, results).c_str());
  bool written = options.csv.empty() || write_file(options.csv, csv(facts, results));
  if (!options.html.empty()) written &= write_file(options.html, html(facts, results));
  const Sections sections = {{"report", markdown_body(facts, results)},
                             {"summary", markdown_summary(facts, results)}};
  for (const std::string& path : options.into) written &= insert_into_file(path, sections);
  return written ? 0 : 1;
}

int republish(const Options& options) {
  const Run former = read_run(options.from);
  if (!former.results.cells().empty()) return publish(options, former.facts, former.results);
  std::fprintf(stderr, "freshet-bench: no results in %s\n", options.from.c_str());
  return 1;
}

int run(const Options& options) {
  const std::vector<Cell> baseline = read_csv(options.check);
  if (!options.check.empty() && baseline.empty()) {  // said now, not after minutes of measuring
    std::fprintf(stderr, "freshet-bench: no results in %s; make them with --csv\n",
                 options.check.c_str());
    return 1;
  }
  raise_file_limit();
  const std::vector<Seat> seats = seats_for(options);
  Facts facts = facts_of_run(seats, options.scale.name);
  pin_load_generator();
  const Stopwatch stopwatch;
  const Results results = measure(options, seats);
  for (auto& fact : stopwatch.facts()) facts.push_back(std::move(fact));
  int failed = publish(options, facts, results);
  if (check_required(options, results) != 0) failed = 1;
  if (!baseline.empty() && check_baseline(baseline, results, options, seats) != 0) failed = 1;
  return failed;
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  const freshet::Options options = freshet::parse_options(argc, argv);
  if (!options.error.empty()) {
    std::fprintf(stderr, "freshet-bench: %s\n%s", options.error.c_str(), freshet::usage());
    return 1;
  }
  if (options.help) {
    std::printf("%s", freshet::usage());
    return 0;
  }
  if (!options.compare.empty()) return freshet::compare_files(options.compare);
  if (!options.from.empty()) return freshet::republish(options);
  return freshet::run(options);
}
