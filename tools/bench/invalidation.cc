#include "invalidation.h"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "client.h"
#include "clock.h"
#include "invalidation_rows.h"
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
constexpr uint64_t kWatchNsPerKey = 500, kLongestWatchNs = 2'000'000'000;
constexpr uint64_t kSettleNs = 60'000'000'000;
constexpr uint64_t kProbes = 100;
constexpr uint64_t kBytesPerKey = 250;  // a generous guess, only to refuse what cannot fit
const Operation kSet{{{"SET", "%k", "%v"}}};

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
  const uint64_t alive = row.refusal.empty() ? 0 : kProbes;
  if (timing.probed != static_cast<int64_t>(alive)) {
    return std::to_string(timing.probed) + " of " + std::to_string(kProbes) +
           " keys lived after the reply";
  }
  if (alive > 0) return {};
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

// REQUIRES: the keys are there.
Timing one_round(const Server& server, const Seat& seat, const InvalidationRow& row) {
  const uint64_t watch = std::clamp(row.keys * kWatchNsPerKey, kWatchNs, kLongestWatchNs);
  const Args probe = sample_of(doomed_keys(row), row.first);
  Timing timing = Race(server, {method_of(row, seat).kill(), probe, watch, row.refusal}).run();
  if (timing.error.empty()) timing.error = check_kill(server, seat, row, timing);
  return timing;
}

struct Contender {
  const Seat* seat;
  std::unique_ptr<Server> server;
  std::string error;
  std::vector<Timing> timings = {};
};

using Figure = std::function<double(const Timing&)>;

double duration(const Timing& timing) { return timing.ms; }
double longest_get(const Timing& timing) { return timing.waits.longest; }

double middle(const Contender& contender, const Figure& figure) {
  std::vector<double> values;
  for (const Timing& timing : contender.timings) values.push_back(figure(timing));
  return median(std::move(values));
}

double worst(const Contender& contender, const Figure& figure) {
  double most = 0;
  for (const Timing& timing : contender.timings) most = std::max(most, figure(timing));
  return most;
}

// One figure of Redis's, divided by the same of `contender`.
void compare(const Contender& contender, const Contender& redis, const Figure& figure,
             const Line& line, const char* metric, Results& results) {
  const double own = middle(contender, figure);
  if (own > 0) results.set(line, kTable, metric, middle(redis, figure) / own);
}

// The share of the server in what another client waited: how much it can be in the worst round, and
// in most. What the server does to its clients it does in every round.
void report_waits(const Contender& contender, const Line& line, Results& results) {
  const Waits& first = contender.timings[0].waits;
  results.set(line, kTable, "unqueued_ms",
              worst(contender, [](const Timing& timing) { return timing.waits.unqueued; }));
  if (first.turns) {
    results.set(line, kTable, "turns_ms",
                worst(contender, [](const Timing& timing) { return *timing.waits.turns; }));
  }
  results.set(line, kTable, "own_ms",
              middle(contender, [](const Timing& timing) { return timing.waits.own(); }));
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
    results.set(line, kTable, "keys", static_cast<double>(row.keys));
    results.set(line, kTable, "ms", middle(contender, duration));
    results.set(line, kTable, "pause_ms", middle(contender, longest_get));
    results.set(line, kTable, "quiet_ms",
                middle(contender, [](const Timing& timing) { return timing.quiet_ms; }));
    report_waits(contender, line, results);
    if (redis == contenders.end()) continue;
    compare(contender, *redis, duration, line, "sooner", results);
    compare(contender, *redis, longest_get, line, "shorter", results);
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
      if (row.refusal.empty() || round == 0) {  // what is refused leaves all as it was
        contender.error = prepare(*contender.server, row, method_of(row, *contender.seat));
      }
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
    if (seat.cores > 1 && !options.scale.all_rows) continue;
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
    const int rounds = row.rounds > 0 ? row.rounds : options.scale.invalidate_rounds;
    run_row(row, rounds, contenders, results);
  }
}

}  // namespace freshet
