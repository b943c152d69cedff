#include "options.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>

namespace freshet {

namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  size_t at = 0;
  while (at <= text.size()) {
    const size_t end = std::min(text.find(',', at), text.size());
    if (end > at) parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

// "" if there is no such program. A name with a slash is a file, another is looked for on PATH.
std::string find_program(const std::string& name) {
  std::error_code ignored;
  if (name.find('/') != std::string::npos) {
    return access(name.c_str(), X_OK) == 0 ? std::filesystem::absolute(name, ignored).string() : "";
  }
  const char* path = std::getenv("PATH");
  std::string rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(':'), rest.size());
    std::string candidate = rest.substr(0, end) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.erase(0, end + 1);
  }
  return "";
}

std::string beside_this_program(const char* name) {
  std::error_code ignored;
  return (std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / name).string();
}

using Setter = std::function<void(Options&, const std::string&)>;

uint64_t number(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); }

// The options that take a value.
const std::map<std::string, Setter>& setters() {
  static const std::map<std::string, Setter> all = {
      {"--freshet", [](Options& o, const std::string& v) { o.freshet = v; }},
      {"--redis", [](Options& o, const std::string& v) { o.redis = v; }},
      {"--ping", [](Options& o, const std::string& v) { o.ping = v; }},
      {"--csv", [](Options& o, const std::string& v) { o.csv = v; }},
      {"--html", [](Options& o, const std::string& v) { o.html = v; }},
      {"--from", [](Options& o, const std::string& v) { o.from = v; }},
      {"--into", [](Options& o, const std::string& v) { o.into.push_back(v); }},
      {"--check", [](Options& o, const std::string& v) { o.check = v; }},
      {"--only", [](Options& o, const std::string& v) { o.only = split(v); }},
      {"--seats", [](Options& o, const std::string& v) { o.seats = split(v); }},
      {"--require", [](Options& o, const std::string& v) { o.required = split(v); }},
      {"--rounds", [](Options& o, const std::string& v) { o.scale.rounds = std::atoi(v.c_str()); }},
      {"--seconds",
       [](Options& o, const std::string& v) { o.scale.seconds = std::atof(v.c_str()); }},
      {"--keys", [](Options& o, const std::string& v) { o.scale.keys = number(v); }},
      {"--many-keys", [](Options& o, const std::string& v) { o.scale.many_keys = number(v); }},
      {"--memory-keys", [](Options& o, const std::string& v) { o.scale.memory_keys = number(v); }},
      {"--invalidate",
       [](Options& o, const std::string& v) { o.scale.invalidate_keys = number(v); }},
      {"--prefix-keys", [](Options& o, const std::string& v) { o.scale.prefix_keys = number(v); }},
      {"--growth-keys", [](Options& o, const std::string& v) { o.scale.growth_keys = number(v); }},
      {"--halving-keys",
       [](Options& o, const std::string& v) { o.scale.halving_keys = number(v); }},
      {"--churn-times",
       [](Options& o, const std::string& v) { o.scale.churn_times = std::atof(v.c_str()); }},
      {"--invalidate-many",
       [](Options& o, const std::string& v) { o.scale.invalidate_many_keys = number(v); }},
  };
  return all;
}

void parse_one(Options& options, int argc, char** argv, int& at) {
  const std::string arg = argv[at];
  if (arg == "--quick" || arg == "--full") return;  // read before the others, see below
  if (arg == "--help") {
    options.help = true;
  } else if (arg == "--compare") {
    while (at + 1 < argc) options.compare.emplace_back(argv[++at]);
  } else if (const auto setter = setters().find(arg); setter == setters().end()) {
    options.error = "unknown option " + arg;
  } else if (at + 1 == argc) {
    options.error = arg + " needs a value";
  } else {
    setter->second(options, argv[++at]);
  }
}

}  // namespace

Scale quick_scale() {
  return {.name = "quick",
          .all_rows = true,
          .keys = 2000,
          .many_keys = 0,
          .memory_keys = 2000,
          .invalidate_keys = 2000,
          .invalidate_many_keys = 0,
          .prefix_keys = 10000,
          .growth_keys = 20000,
          .halving_keys = 20000,
          .churn_memory = 16 << 20,
          .churn_times = 0.5,
          .operations = 2000,
          .seconds = 5,
          .rounds = 1,
          .invalidate_rounds = 1,
          .connections = 10,
          .many_connections = 100,
          .idle_connections = 50,
          .large_bytes = 8 << 20};
}

Scale normal_scale() {
  return {.name = "normal",
          .all_rows = false,
          .keys = 1000000,
          .many_keys = 0,
          .memory_keys = 1000000,
          .invalidate_keys = 1000000,
          .invalidate_many_keys = 0,
          .prefix_keys = 1000000,
          .growth_keys = 2000000,
          .halving_keys = 1000000,
          .churn_memory = 512 << 20,
          .churn_times = 0.5,
          .operations = UINT64_MAX,
          .seconds = 0.25,
          .rounds = 9,
          .invalidate_rounds = 2,
          .connections = 50,
          .many_connections = 0,
          .idle_connections = 5000,
          .large_bytes = 100 << 20};
}

Scale full_scale() {
  return {.name = "full",
          .all_rows = true,
          .keys = 1000000,
          .many_keys = 20000000,
          .memory_keys = 1000000,
          .invalidate_keys = 1000000,
          .invalidate_many_keys = 10000000,
          .prefix_keys = 10000000,
          .growth_keys = 20000000,
          .halving_keys = 1000000,
          .churn_memory = 512 << 20,
          .churn_times = 2,
          .operations = UINT64_MAX,
          .seconds = 0.5,
          .rounds = 7,
          .invalidate_rounds = 3,
          .connections = 50,
          .many_connections = 2000,
          .idle_connections = 5000,
          .large_bytes = 100 << 20};
}

bool names_row(const std::string& part, const std::string& table, const std::string& row) {
  return (table + "/" + row + "$").find(part) != std::string::npos;
}

bool Options::selects(const std::string& table, const std::string& row) const {
  return only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& part) {
           return names_row(part, table, row);
         });
}

bool Options::selects_seat(const std::string& seat) const {
  return seats.empty() || std::find(seats.begin(), seats.end(), seat) != seats.end();
}

Options parse_options(int argc, char** argv) {
  Options options;
  options.freshet = beside_this_program("freshet-server");
  options.ping = beside_this_program("freshet-ping");
  options.redis = "redis-server";
  for (int i = 1; i < argc; ++i) {
    if (argv[i] == std::string("--quick")) options.scale = quick_scale();
    if (argv[i] == std::string("--full")) options.scale = full_scale();
  }
  for (int i = 1; i < argc && options.error.empty(); ++i) parse_one(options, argc, argv, i);
  if (!options.error.empty() || !options.compare.empty() || !options.from.empty()) return options;
  const std::string asked = options.freshet;
  options.freshet = find_program(asked);
  if (options.freshet.empty() && options.selects_seat("freshet")) {
    options.error = "no server at " + asked + ": build it, or name one with --freshet";
  }
  options.redis = find_program(options.redis);
  options.ping = find_program(options.ping);
  return options;
}

const char* usage() {
  return "usage: freshet-bench [option ...]\n"
         "  --quick | --full      all rows, seconds with little load | at full size, a quarter of "
         "an hour\n"
         "  --freshet FILE        the server to measure (default: freshet-server beside this "
         "program)\n"
         "  --redis FILE          what it is compared with (default: redis-server on PATH)\n"
         "  --ping FILE           default: freshet-ping beside this program\n"
         "  --seats A,B           only these of freshet, freshet-2, redis, ping\n"
         "  --only A,B            only rows whose table/row contains one of these; $ is the row's "
         "end\n"
         "  --rounds N --seconds S --keys N --many-keys N --memory-keys N\n"
         "  --invalidate N --invalidate-many N --prefix-keys N --growth-keys N --halving-keys N\n"
         "  --churn-times N\n"
         "  --csv FILE --html FILE  also write the results there\n"
         "  --into FILE           also replace the sections `report` and `summary` of this "
         "document\n"
         "  --from FILE           measure nothing, report what this CSV holds\n"
         "  --check FILE          compare with this CSV; exit 1 if a ratio got worse by over 10 %\n"
         "  --require A,B         exit 1 if one of these rows is n/a for freshet\n"
         "  --compare FILE ...    print CSV files of former runs side by side, and stop\n";
}

}  // namespace freshet
