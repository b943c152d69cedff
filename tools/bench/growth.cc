#include "growth.h"

#include <algorithm>

#include "load.h"
#include "machine.h"
#include "progress.h"
#include "rows.h"
#include "throughput.h"
#include "watched_load.h"

namespace freshet {

namespace {

constexpr char kTable[] = "growth";
constexpr size_t kValueBytes = 32;
constexpr uint64_t kBytesPerKey = 150;  // a generous guess, only to refuse what cannot fit
constexpr int kRounds = 3;              // at most
constexpr double kClear = 1;            // ms; a growing table that takes less needs no other round
const Operation kSet{{{"SET", "%k", "%v"}}};

// So many SETs, and another client beside them.
Watched watch_sets(const Server& server, const Space& space, uint64_t sets) {
  Watcher watcher(server);
  Load load(server.port(), short_load(kSet, space));
  return watch(watcher, load, {.operations = sets});
}

struct Round {
  Watched steady, grown;
  std::string error;  // why there is neither
};

void report(const Line& line, uint64_t keys, const Round& round, Results& results) {
  const auto& [steady, grown, error] = round;
  const auto set = [&](const char* metric, double value) {
    results.set(line, kTable, metric, value);
  };
  set("keys", static_cast<double>(keys));
  set("ops", static_cast<double>(keys) / grown.seconds);
  report_waits(line, kTable, steady, grown, results);
}

// As many SETs first on a few keys that are there, so that nothing grows, then on new ones: a
// machine's longest pause depends on how long one watches.
Round run_round(const Seat& seat, uint64_t keys) {
  const Server::Started started = Server::start(seat);
  if (started.server == nullptr) return {.error = started.why};
  const Server& server = *started.server;
  const Space few{"few:", std::min<uint64_t>(keys, 100'000), kValueBytes};
  const Space many{"key:", keys, kValueBytes};
  Round round;
  for (const Space& space : {watched_keys(), few}) {
    if (round.error.empty()) round.error = fill(server, kSet, space);
  }
  if (!round.error.empty()) return round;
  round.steady = watch_sets(server, few, keys);
  round.grown = watch_sets(server, many, keys);
  round.error = round.steady.error.empty() ? round.grown.error : round.steady.error;
  return round;
}

void keep_lower(Watched& kept, const Watched& other) {
  if (other.waits.own() < kept.waits.own()) kept = other;
}

// What a growing table takes it takes in every round; what the machine takes strikes by chance. So
// the lowest of the rounds bounds the table's share. Without DEBUG TURNS nothing tells them apart.
void run_seat(const Seat& seat, const Options& options, Results& results) {
  const Line line{kGrowthRow, seat.name};
  const uint64_t keys = options.scale.growth_keys;
  const int rounds = seat.kind == Kind::kFreshet ? kRounds : 1;
  Round lowest;
  for (int i = 0; i < rounds && (i == 0 || lowest.grown.waits.own() > kClear); ++i) {
    const Round round = run_round(seat, keys);
    if (!round.error.empty()) return results.absent(line, kTable, round.error);
    if (i == 0) lowest = round;
    keep_lower(lowest.steady, round.steady);
    keep_lower(lowest.grown, round.grown);
  }
  report(line, keys, lowest, results);
}

}  // namespace

void measure_growth(const Options& options, const std::vector<Seat>& seats, Results& results) {
  if (!options.selects(kTable, kGrowthRow)) return;
  progress("growth: a table of " + std::to_string(options.scale.growth_keys) + " keys");
  for (const Seat& seat : seats) {
    if (seat.kind == Kind::kPing || seat.cores > 1 || !options.selects_seat(seat.name)) continue;
    if (options.scale.growth_keys * kBytesPerKey > available_memory()) {
      results.absent({kGrowthRow, seat.name}, kTable, "not enough memory on this machine");
      continue;
    }
    run_seat(seat, options, results);
  }
}

}  // namespace freshet
