#include "halving.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "client.h"
#include "info.h"
#include "progress.h"
#include "rows.h"
#include "throughput.h"
#include "watched_load.h"

namespace freshet {

namespace {

constexpr char kTable[] = "halving";
constexpr size_t kValueBytes = 64;
constexpr uint64_t kEndless = 100'000'000'000;
constexpr double kPiece = 0.25, kPatience = 60;  // s
constexpr double kThere = 1.01;                  // of the limit
constexpr int kRounds = 3;                       // at most
constexpr double kClear = 1;                     // ms; who adds less needs no other round
const Operation kSet{{{"SET", "%k", "%v"}}};

class Halving {
 public:
  Halving(const Server& server, const char* policy)
      : server_(server),
        policy_(policy),
        client_(Client::connect(server.port())),
        watcher_(server, Watcher::Values::kMayBeGone),
        load_(server.port(), short_load(kSet, {"new:", kEndless, kValueBytes})) {}

  // Empty if it could be measured.
  std::string run(uint64_t keys) {
    if (client_ == nullptr || load_.broken()) return "cannot connect";
    const double empty = used();
    for (const Space& space : {watched_keys(), Space{"old:", keys, kValueBytes}}) {
      if (const std::string error = fill(server_, kSet, space); !error.empty()) return error;
    }
    full_ = used();
    half_ = empty + (full_ - empty) / 2;
    if (!set_option(*client_, "maxmemory-policy", policy_) || !limit(full_)) {
      return "cannot set a limit";
    }
    const Limits as_many{.operations = keys / 2};
    const std::string error = load_.run(as_many).error;  // the policy has seen some go
    if (!error.empty()) return error;
    steady_ = watch(watcher_, load_, as_many);
    if (!steady_.error.empty()) return steady_.error;
    if (!limit(half_)) return "cannot set a limit";
    while (used() > half_ * kThere && halved_.seconds < kPatience && halved_.error.empty()) {
      add(watch(watcher_, load_, {.seconds = kPiece}));
    }
    return halved_.error;
  }

  double beyond() const { return beyond_ms(steady_, halved_); }

  void report(const Line& line, Results& results) const {
    const auto set = [&](const char* metric, double value) {
      results.set(line, kTable, metric, value);
    };
    constexpr double kMib = 1024.0 * 1024.0;
    set("from_mib", full_ / kMib);
    set("to_mib", half_ / kMib);
    set("seconds", halved_.seconds);
    report_waits(line, kTable, steady_, halved_, results);
  }

 private:
  double used() { return info_figure(*client_, "memory", "used_memory"); }
  bool limit(double bytes) {
    return set_option(*client_, "maxmemory", std::to_string(static_cast<uint64_t>(bytes)));
  }
  void add(const Watched& piece) {
    halved_.waits = longer(halved_.waits, piece.waits);
    halved_.seconds += piece.seconds;
    halved_.error = piece.error;
  }

  const Server& server_;
  const char* const policy_;
  std::unique_ptr<Client> client_;
  Watcher watcher_;
  Load load_;
  double full_ = 0, half_ = 0;  // bytes
  Watched steady_, halved_;
};

// What evictions take they take in every round; what the machine takes strikes by chance. So the
// lowest of the rounds bounds their share. Without DEBUG TURNS nothing tells them apart.
void run_seat(const Seat& seat, const Options& options, Results& results) {
  const Line line{kHalvingRow, seat.name};
  const int rounds = seat.is_freshet ? kRounds : 1;
  double lowest = INFINITY;
  for (int i = 0; i < rounds && lowest > kClear; ++i) {
    const Server::Started started = Server::start(seat);
    if (started.server == nullptr) return results.absent(line, kTable, started.why);
    Halving halving(*started.server, seat.is_freshet ? "allkeys-adaptive" : "allkeys-lru");
    const std::string error = halving.run(options.scale.halving_keys);
    if (!error.empty()) return results.absent(line, kTable, error);
    if (halving.beyond() < lowest) halving.report(line, results);
    lowest = std::min(lowest, halving.beyond());
  }
}

}  // namespace

void measure_halving(const Options& options, const std::vector<Seat>& seats, Results& results) {
  if (!options.selects(kTable, kHalvingRow)) return;
  for (const Seat& seat : seats) {
    if (seat.kind == Kind::kPing || seat.cores > 1 || !options.selects_seat(seat.name)) continue;
    if (seat.kind == Kind::kRedis && !options.scale.all_rows) continue;
    progress("maxmemory is halved: " + seat.name);
    run_seat(seat, options, results);
  }
}

}  // namespace freshet
