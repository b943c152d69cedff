#include "invalidation.h"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "client.h"
#include "clock.h"
#include "load.h"
#include "machine.h"
#include "progress.h"
#include "race.h"
#include "rows.h"
#include "throughput.h"

namespace freshet {

namespace {

constexpr char kTable[] = "invalidation";
constexpr size_t kValueBytes = 32;
constexpr uint64_t kWatchNs = 200'000'000;  // at least; half a microsecond for each key
constexpr uint64_t kWatchNsPerKey = 500;
constexpr uint64_t kSettleNs = 60'000'000'000;
constexpr uint64_t kProbes = 100;
constexpr uint64_t kBytesPerKey = 250;  // a generous guess, only to refuse what cannot fit
const Operation kSet{{{"SET", "%k", "%v"}}};

struct Method {
  Operation fill;  // no request: this server has nothing of the kind
  std::function<Script()> kill;
  bool counts = false;  // its last reply is how many keys it killed
  bool in_order = false;
};

struct InvalidationRow {
  std::string name;
  uint64_t keys;
  uint64_t others = 0;  // keys that must stay
  uint64_t first = 0;   // the number of the first key that the fill stores
  std::string root;     // stored before the fill; it stays
  Method freshet;
  Method redis;
};

// What is killed by a tag or by its name.
std::vector<InvalidationRow> compared_rows(uint64_t keys) {
  InvalidationRow tag{.name = kTagRow, .keys = keys};
  tag.freshet = {.fill = {{{"DEPSET", "%k", "%v", "TAGS", "1", "hot"}}},
                 .kill =
                     [] {
                       return once({"INVALIDATE", "TAG", "hot"});
                     },
                 .counts = true};
  tag.redis = {.fill = {{{"SET", "%k", "%v"}, {"SADD", "hot", "%k"}}},
               .kill = [] { return unlink_members("hot"); },
               .counts = true};
  InvalidationRow pattern{.name = kPatternRow, .keys = keys, .others = keys};
  pattern.freshet = {.fill = kSet,
                     .kill =
                         [] {
                           return once({"INVALIDATE", "PATTERN", "user:*"});
                         },
                     .counts = true};
  pattern.redis = {.fill = kSet, .kill = [] { return scan_and_unlink("user:*"); }};
  return {tag, pattern};
}

// A value changes, and what was made from it dies: nothing on Redis does that.
InvalidationRow change_row(const char* name, const Scale& scale, const Args& depset,
                           const std::string& root) {
  InvalidationRow row{.name = name, .keys = scale.invalidate_keys, .root = root};
  row.freshet.fill = {{depset}};
  row.freshet.kill = [root] { return once({"SET", root, "changed"}); };
  return row;
}

std::vector<InvalidationRow> invalidation_rows(const Scale& scale) {
  std::vector<InvalidationRow> rows = compared_rows(scale.invalidate_keys);
  rows.push_back(change_row(kFanRow, scale, {"DEPSET", "%k", "%v", "DEPS", "1", "hub"}, "hub"));
  rows.push_back(change_row(kChainRow, scale, {"DEPSET", "%n", "%v", "DEPS", "1", "%k"},
                            name_of({"user:"}, 0)));
  rows.back().first = 1;
  rows.back().freshet.in_order = true;
  if (scale.invalidate_many_keys == 0) return rows;
  rows.push_back(compared_rows(scale.invalidate_many_keys)[1]);
  rows.back().name = kManyRow;
  rows.back().others = 0;
  rows.back().redis = {};
  return rows;
}

const Method& method_of(const InvalidationRow& row, const Seat& seat) {
  return seat.kind == Kind::kFreshet ? row.freshet : row.redis;
}

Space doomed_keys(const InvalidationRow& row) { return {"user:", row.keys, kValueBytes}; }
Space other_keys(const InvalidationRow& row) { return {"other:", row.others, kValueBytes}; }

// EXISTS of keys from one end of the space to the other.
Args sample_of(const Space& space, uint64_t first) {
  Args args = {"EXISTS"};
  for (uint64_t i = 0; i < kProbes; ++i) {
    args.push_back(name_of(space, first + i * (space.keys - 1) / (kProbes - 1)));
  }
  return args;
}

// Empty if the sampled keys are all there (or all gone) as they should be.
std::string check_keys(Client& client, const Space& space, uint64_t first, uint64_t expected) {
  const auto count = client.call(sample_of(space, first));
  if (count && count->number() == static_cast<int64_t>(expected)) return {};
  return "of " + std::to_string(kProbes) + " " + space.prefix + " keys " +
         (count ? count->text : "nobody knows how many") + " are there and not " +
         std::to_string(expected);
}

// What a server still holds of keys, and Freshet of tags and the like.
std::string left_in(Client& client, const Seat& seat, uint64_t expected) {
  const auto keys = client.call({"DBSIZE"});
  if (!keys || keys->number() != static_cast<int64_t>(expected)) {
    return (keys ? keys->text : "?") + " keys and not " + std::to_string(expected);
  }
  if (!seat.is_freshet) return {};
  const auto graph = client.call({"CACHESTATS", "GRAPH"});
  if (!graph || graph->is_error()) return "no CACHESTATS";
  for (size_t i = 0; i + 1 < graph->items.size(); i += 2) {
    const std::string& name = graph->items[i].text;
    const bool counted = name == "edges" || name == "tags" || name == "names";
    if (counted && graph->items[i + 1].number() != 0) return graph->items[i + 1].text + " " + name;
  }
  return {};
}

// Waits until only `expected` keys are left and the server rests: the memory of the dead comes back
// after the reply, and the next contender wants the cpu to itself. Empty, or what is still there.
std::string settle(const Server& server, const Seat& seat, uint64_t expected) {
  const auto client = Client::connect(server.port());
  if (client == nullptr) return "the server is gone";
  const uint64_t give_up = now_ns() + kSettleNs;
  for (;;) {
    const std::string left = left_in(*client, seat, expected);
    const double before = server.cpu_seconds();
    usleep(50'000);
    const bool rests = server.cpu_seconds() - before < 0.005;
    if (left.empty() && rests) return {};
    if (now_ns() >= give_up) return left.empty() ? "busy a minute later" : left + " a minute later";
  }
}

// Stores what the row is about; empty, or why that failed.
std::string prepare(const Server& server, const InvalidationRow& row, const Method& method) {
  const Space doomed = doomed_keys(row);
  const auto client = Client::connect(server.port());
  if (client == nullptr) return "the server is gone";
  if (!row.root.empty()) client->call({"SET", row.root, "first"});
  for (const Args& args : method.fill.requests) {
    const std::string answer = answer_to(server, args, doomed);
    if (answer.starts_with('-')) return answer.substr(1, answer.find('\r') - 1);
  }
  const std::string error =
      method.in_order ? fill(server, method.fill, doomed, 1) : fill(server, method.fill, doomed);
  return error.empty() ? check_keys(*client, doomed, row.first, kProbes) : error;
}

// Empty, or how the victims are not gone or the others not there.
std::string check_kill(const Server& server, const Seat& seat, const InvalidationRow& row,
                       const Timing& timing) {
  if (timing.probed != 0) return std::to_string(timing.probed) + " victims lived after the reply";
  if (method_of(row, seat).counts && timing.told != static_cast<int64_t>(row.keys)) {
    return "it says that it killed " + std::to_string(timing.told);
  }
  const uint64_t stay = watched_keys().keys + row.others + (row.root.empty() ? 0 : 1);
  const std::string left = settle(server, seat, stay);
  if (!left.empty() || row.others == 0) return left;
  const auto client = Client::connect(server.port());
  if (client == nullptr) return "the server is gone";
  return check_keys(*client, other_keys(row), 0, kProbes);
}

Timing one_round(const Server& server, const Seat& seat, const InvalidationRow& row) {
  const Method& method = method_of(row, seat);
  const std::string error = prepare(server, row, method);
  if (!error.empty()) return {.error = error};
  const uint64_t watch = std::max(kWatchNs, row.keys * kWatchNsPerKey);
  const Args probe = sample_of(doomed_keys(row), row.first);
  Timing timing = Race(server, method.kill(), probe, watch).run();
  if (timing.error.empty()) timing.error = check_kill(server, seat, row, timing);
  return timing;
}

struct Contender {
  const Seat* seat;
  std::unique_ptr<Server> server;
  std::string error;
  std::vector<Timing> timings = {};
};

double middle(const Contender& contender, double Timing::*figure) {
  std::vector<double> values;
  for (const Timing& timing : contender.timings) values.push_back(timing.*figure);
  return median(std::move(values));
}

// One figure of Redis's, divided by the same of `contender`.
void compare(const Contender& contender, const Contender& redis, double Timing::*figure,
             const Line& line, const char* metric, Results& results) {
  const double own = middle(contender, figure);
  if (own > 0) results.set(line, kTable, metric, middle(redis, figure) / own);
}

void report(const InvalidationRow& row, const std::vector<Contender>& contenders,
            Results& results) {
  const auto redis = std::find_if(contenders.begin(), contenders.end(), [](const Contender& one) {
    return one.seat->kind == Kind::kRedis && one.error.empty();
  });
  for (const Contender& contender : contenders) {
    const Line line{row.name, contender.seat->name};
    if (!contender.error.empty()) {
      results.absent(line, kTable, contender.error);
      continue;
    }
    double work = 0;
    for (const Timing& timing : contender.timings) work = std::max(work, timing.work_ms);
    results.set(line, kTable, "keys", static_cast<double>(row.keys));
    results.set(line, kTable, "ms", middle(contender, &Timing::ms));
    results.set(line, kTable, "pause_ms", middle(contender, &Timing::pause_ms));
    results.set(line, kTable, "quiet_ms", middle(contender, &Timing::quiet_ms));
    results.set(line, kTable, "work_ms", work);
    if (redis == contenders.end()) continue;
    compare(contender, *redis, &Timing::ms, line, "sooner", results);
    compare(contender, *redis, &Timing::pause_ms, line, "shorter", results);
  }
}

// Servers take turns; what stays is stored once.
void run_row(const InvalidationRow& row, int rounds, std::vector<Contender>& contenders,
             Results& results) {
  progress("invalidation: " + row.name);
  for (Contender& contender : contenders) {
    for (const Space& space : {watched_keys(), other_keys(row)}) {
      if (contender.error.empty() && space.keys > 0) {
        contender.error = fill(*contender.server, kSet, space);
      }
    }
  }
  for (int round = 0; round < rounds; ++round) {
    for (Contender& contender : contenders) {
      if (!contender.error.empty()) continue;
      contender.timings.push_back(one_round(*contender.server, *contender.seat, row));
      contender.error = contender.timings.back().error;
    }
  }
  report(row, contenders, results);
}

std::vector<Contender> contenders_for(const InvalidationRow& row, const Options& options,
                                      const std::vector<Seat>& seats) {
  std::vector<Contender> contenders;
  for (const Seat& seat : seats) {
    if (seat.kind == Kind::kPing || !options.selects_seat(seat.name)) continue;
    if (method_of(row, seat).fill.requests.empty()) continue;
    Server::Started started = Server::start(seat);
    contenders.push_back({&seat, std::move(started.server), started.why});
  }
  return contenders;
}

}  // namespace

void measure_invalidation(const Options& options, const std::vector<Seat>& seats,
                          Results& results) {
  for (const InvalidationRow& row : invalidation_rows(options.scale)) {
    if (!options.selects(kTable, row.name)) continue;
    std::vector<Contender> contenders = contenders_for(row, options, seats);
    const uint64_t bytes = (row.keys + row.others) * kBytesPerKey * contenders.size();
    if (bytes > available_memory()) {
      results.absent({row.name, "freshet"}, kTable, "not enough memory on this machine");
      continue;
    }
    run_row(row, options.scale.invalidate_rounds, contenders, results);
  }
}

}  // namespace freshet
