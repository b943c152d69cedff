// freshet-hitratio: how many references of a trace each eviction policy answers from the cache.
// Prints one Markdown table; see tools/bench/README.md.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>

#include "bounds.h"
#include "ratios.h"
#include "replay.h"
#include "served.h"
#include "workload.h"

namespace freshet {
namespace {

struct Plan {
  std::vector<std::string> files, workloads, policies = evicting_policies();
  std::vector<std::string> sizes = {"1", "5", "10", "25"}, shards = {"1"};
  size_t requests = kSizingWindow;  // of a file, at most
  WorkloadSpec workload;
  int samples = 0;
  std::string mode = "process";
  ServedSpec served;
  std::string reference, csv, html, error;
};

constexpr char kUsage[] =
    "usage: freshet-hitratio [option ...] [trace ...]\n"
    "A trace is a text of lines `key size`, .xz or plain; without any, all workloads are made up.\n"
    "  --workloads A,B   of zipf, scan, shift, ohw, loop, phase; or all\n"
    "  --policies A,B    values of maxmemory-policy (default: all that evict)\n"
    "  --sizes A,B       of the cache, in % of the distinct keys of the first 1.2 M requests\n"
    "                    (default 1,5,10,25)\n"
    "  --shards A,B      (default 1)\n"
    "  --samples N       maxmemory-samples\n"
    "  --requests N      of each trace, at most (1,200,000); of a workload, exactly (1,000,000)\n"
    "  --keys N          that a workload's popular part has (100,000)\n"
    "  --reference FILE  lines `trace,size,percent` to stand beside what is measured\n"
    "  --csv FILE --html FILE  also write the results there\n"
    "  --mode process       the policies, in process (default)\n"
    "         equal-memory  Freshet beside redis-server with LRU and LFU, the same maxmemory "
    "each:\n"
    "                       the given shares of what all keys and values hold\n"
    "         cost          of the time that all references cost (1 ms to 1 s a key, by chance),\n"
    "                       what hits save: with COST told, and without\n"
    "         server        Freshet beside itself in process, as many keys in both\n"
    "  --policy NAME     of Freshet there\n"
    "  --freshet FILE --redis FILE  the programs (default: beside this one, and on PATH)\n";

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    if (end > at) parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

using Setter = std::function<void(Plan&, const std::string&)>;

const std::map<std::string, Setter>& setters() {
  static const std::map<std::string, Setter> all = {
      {"--workloads",
       [](Plan& p, const std::string& v) {
         p.workloads = v == "all" ? workload_names() : split(v);
       }},
      {"--policies", [](Plan& p, const std::string& v) { p.policies = split(v); }},
      {"--sizes", [](Plan& p, const std::string& v) { p.sizes = split(v); }},
      {"--shards", [](Plan& p, const std::string& v) { p.shards = split(v); }},
      {"--samples", [](Plan& p, const std::string& v) { p.samples = std::atoi(v.c_str()); }},
      {"--requests",
       [](Plan& p, const std::string& v) {
         p.requests = p.workload.requests = std::strtoull(v.c_str(), nullptr, 10);
       }},
      {"--keys",
       [](Plan& p, const std::string& v) {
         p.workload.keys = static_cast<uint32_t>(std::strtoul(v.c_str(), nullptr, 10));
       }},
      {"--mode", [](Plan& p, const std::string& v) { p.mode = v; }},
      {"--policy", [](Plan& p, const std::string& v) { p.served.policy = v; }},
      {"--freshet", [](Plan& p, const std::string& v) { p.served.freshet = v; }},
      {"--redis", [](Plan& p, const std::string& v) { p.served.redis = v; }},
      {"--reference", [](Plan& p, const std::string& v) { p.reference = v; }},
      {"--csv", [](Plan& p, const std::string& v) { p.csv = v; }},
      {"--html", [](Plan& p, const std::string& v) { p.html = v; }},
  };
  return all;
}

bool all_known(const std::vector<std::string>& names, const std::vector<std::string>& known) {
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  });
}

// "" or what is wrong with the values.
std::string complaint(const Plan& plan) {
  const std::vector<std::string> policies = evicting_policies();
  if (!all_known(plan.policies, policies) || !all_known({plan.served.policy}, policies)) {
    return "unknown policy";
  }
  if (!all_known(plan.workloads, workload_names())) return "unknown workload";
  if (!all_known({plan.mode}, {"process", "cost", "equal-memory", "server"})) return "unknown mode";
  if (plan.workload.requests == 0 || plan.workload.keys == 0) return "nothing to replay";
  for (const std::string& size : plan.sizes) {
    if (std::atof(size.c_str()) <= 0) return "a size must be above 0 %";
  }
  for (const std::string& shards : plan.shards) {
    if (std::atoi(shards.c_str()) < 1 || std::atoi(shards.c_str()) > 4096) {
      return "1 to 4096 shards";
    }
  }
  return "";
}

std::string beside_this_program(const char* name) {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / name;
}

Plan parse(int argc, char** argv) {
  Plan plan;
  plan.served.freshet = beside_this_program("freshet-server");
  plan.served.fast_clock = beside_this_program("libfreshet-fast-clock.so");
  plan.served.redis = "redis-server";
  for (int i = 1; i < argc && plan.error.empty(); ++i) {
    const std::string arg = argv[i];
    const auto setter = setters().find(arg);
    if (!arg.starts_with("--")) {
      plan.files.push_back(arg);
    } else if (setter == setters().end()) {
      plan.error = "unknown option " + arg;
    } else if (i + 1 == argc) {
      plan.error = arg + " needs a value";
    } else {
      setter->second(plan, argv[++i]);
    }
  }
  if (plan.files.empty() && plan.workloads.empty()) plan.workloads = workload_names();
  if (plan.error.empty()) plan.error = complaint(plan);
  return plan;
}

// Measures one trace after the other, and says what it is at.
class Measurement {
 public:
  explicit Measurement(const Plan& plan) : plan_(plan) {}

  void measure(const Trace& trace) {
    for (const std::string& size : plan_.sizes) {
      if (plan_.mode == "process" || plan_.mode == "cost") {
        plan_.mode == "process" ? in_process(trace, size) : by_cost(trace, size);
        continue;
      }
      const auto measured = plan_.mode == "server" ? server_beside_process : race_at_equal_memory;
      const std::vector<Ratio> more = measured(trace, size, plan_.served);
      ratios_.insert(ratios_.end(), more.begin(), more.end());
    }
  }
  // False: the file can't be read.
  bool add_reference(const std::string& path) {
    const auto known = read_reference(path, ratios_);
    if (known) ratios_.insert(ratios_.end(), known->begin(), known->end());
    return known.has_value();
  }
  const std::vector<Ratio>& ratios() const { return ratios_; }

 private:
  void in_process(const Trace& trace, const std::string& size) {
    const size_t capacity = capacity_of(trace, std::atof(size.c_str()));
    const auto note = [&](const std::string& column, uint64_t hits) {
      ratios_.push_back({trace.name, size + "%", column, capacity, trace.keys.size(), hits});
      std::fprintf(stderr, "hitratio: %s %s %% (%zu keys) %s: %.2f %%\n", trace.name.c_str(),
                   size.c_str(), capacity, column.c_str(), ratios_.back().percent());
    };
    note("lru", lru_hits(trace, capacity));
    for (const std::string& policy : plan_.policies) {
      for (const std::string& shards : plan_.shards) {
        const ReplaySpec spec{.policy = policy,
                              .capacity = capacity,
                              .shards = static_cast<uint32_t>(std::atoi(shards.c_str())),
                              .samples = plan_.samples};
        note(spec.shards == 1 ? policy : policy + " x" + shards, replay_hits(trace, spec).count);
      }
    }
    note(kCeiling, belady_hits(trace, capacity));
  }

  // Hits by what they save, not by their number.
  void by_cost(const Trace& trace, const std::string& size) {
    const size_t capacity = capacity_of(trace, std::atof(size.c_str()));
    uint64_t all = 0;
    for (const uint32_t number : trace.keys) all += cost_of(number);
    const auto note = [&](const std::string& policy, const std::string& column, int weight) {
      const ReplaySpec spec{.policy = policy, .capacity = capacity, .cost_weight = weight};
      ratios_.push_back(
          {trace.name, size + "%", column, capacity, all, replay_hits(trace, spec).saved_ms});
      std::fprintf(stderr, "hitratio: %s %s %% %s: %.2f %% of the time saved\n", trace.name.c_str(),
                   size.c_str(), column.c_str(), ratios_.back().percent());
    };
    for (const char* policy : {"allkeys-lru", "allkeys-lfu", "allkeys-adaptive"}) {
      note(policy, policy, 0);
    }
    for (const int weight : {50, 75, 100}) {
      note("allkeys-adaptive", "with COST, weight " + std::to_string(weight), weight);
    }
  }

  const Plan& plan_;
  std::vector<Ratio> ratios_;
};

bool write_file(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  std::FILE* file = std::fopen(path.c_str(), "we");
  const bool written =
      file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = file != nullptr && std::fclose(file) == 0;
  if (!written || !closed)
    std::fprintf(stderr, "freshet-hitratio: cannot write %s\n", path.c_str());
  return written && closed;
}

int run(const Plan& plan) {
  Measurement measurement(plan);
  for (const std::string& path : plan.files) {
    const TraceFile file = read_trace(path, plan.requests);
    if (!file.error.empty()) {
      std::fprintf(stderr, "freshet-hitratio: %s\n", file.error.c_str());
      return 1;
    }
    measurement.measure(file.trace);
  }
  for (const std::string& kind : plan.workloads) {
    measurement.measure(make_workload(kind, plan.workload));
  }
  if (!plan.reference.empty() && !measurement.add_reference(plan.reference)) {
    std::fprintf(stderr, "freshet-hitratio: cannot read %s\n", plan.reference.c_str());
    return 1;
  }
  std::printf("%s", ratio_table(measurement.ratios()).c_str());
  if (plan.mode == "process") {
    std::printf("\n%s", lead_table(measurement.ratios(), plan.policies.front()).c_str());
  }
  if (plan.mode == "equal-memory") std::printf("\n%s", miss_table(measurement.ratios()).c_str());
  const bool written = write_file(plan.csv, ratio_csv(measurement.ratios()));
  return write_file(plan.html, ratio_html(measurement.ratios())) && written ? 0 : 1;
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  const freshet::Plan plan = freshet::parse(argc, argv);
  if (!plan.error.empty()) {
    std::fprintf(stderr, "freshet-hitratio: %s\n%s", plan.error.c_str(), freshet::kUsage);
    return 1;
  }
  return freshet::run(plan);
}
