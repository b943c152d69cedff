#include "evictions.h"

#include <algorithm>
#include <memory>
#include <string>

#include "client.h"
#include "info.h"
#include "load.h"
#include "progress.h"
#include "rows.h"
#include "throughput.h"

namespace freshet {

namespace {

constexpr char kTable[] = "eviction";
constexpr size_t kValueBytes = 64;
constexpr uint64_t kEndless = 100'000'000'000;
constexpr const char* kRows[] = {kAdaptiveRow, kLruRow, kLfuRow};  // ": " and the policy
const Operation kSet{{{"SET", "%k", "%v"}}};

// One server that takes new keys all the time.
struct Filler {
  std::unique_ptr<Server> server;
  std::unique_ptr<Client> client;
  std::unique_ptr<Load> load;
  std::vector<double> cpu_us = {};     // per SET, a round each
  std::vector<double> evictions = {};  // the same
  std::string error;

  double evicted() { return info_figure(*client, "stats", "evicted_keys"); }
};

Filler start(const Seat& seat, const Scale& scale) {
  Server::Started started = Server::start(seat);
  if (started.server == nullptr) return {.error = started.why};
  Filler filler{.server = std::move(started.server)};
  filler.client = Client::connect(filler.server->port());
  filler.error = fill(*filler.server, kSet, {"old:", scale.keys, kValueBytes});
  LoadSpec spec{.operation = kSet,
                .space = {"new:", kEndless, kValueBytes},
                .pick = Pick::kSequence,
                .pipeline = 32,
                .connections = scale.connections};
  filler.load = std::make_unique<Load>(filler.server->port(), spec);
  if (filler.client == nullptr || filler.load->broken()) filler.error = "cannot connect";
  return filler;
}

// From now on each new key needs room, and the policy has seen some go.
void limit(Filler& filler, const std::string& policy, const Scale& scale) {
  const double used = info_figure(*filler.client, "memory", "used_memory");
  if (!set_option(*filler.client, "maxmemory-policy", policy) ||
      !set_option(*filler.client, "maxmemory", std::to_string(static_cast<uint64_t>(used)))) {
    filler.error = "no such policy";
    return;
  }
  filler.error = filler.load->run({.operations = scale.keys / 2}).error;
}

void take_round(Filler& filler, const Scale& scale) {
  const double evicted = filler.evicted(), before = filler.server->cpu_seconds();
  const LoadResult result =
      filler.load->run({.operations = scale.operations, .seconds = scale.seconds});
  const double cpu = filler.server->cpu_seconds() - before;
  const auto done = static_cast<double>(std::max<uint64_t>(result.operations, 1));
  filler.cpu_us.push_back(cpu * 1e6 / done);
  filler.evictions.push_back((filler.evicted() - evicted) / done);
  filler.error = result.error;
}

// Both servers in turn; noise that lasts longer than a round falls on both.
void run_row(const std::string& row, const Seat& seat, const Scale& scale, Results& results) {
  const Line line{row, seat.name};
  const std::string policy = row.substr(row.find(": ") + 2);
  progress("eviction: " + row + ", " + seat.name);
  Filler limited = start(seat, scale), free = start(seat, scale);
  if (limited.error.empty()) limit(limited, policy, scale);
  std::vector<double> each;
  for (int round = 0; round < scale.rounds && limited.error.empty() && free.error.empty();
       ++round) {
    take_round(free, scale);
    take_round(limited, scale);
    const double evictions = limited.evictions.back();
    if (evictions > 0) each.push_back((limited.cpu_us.back() - free.cpu_us.back()) / evictions);
  }
  if (!free.error.empty()) limited.error = free.error;
  if (limited.error.empty() && each.empty()) limited.error = "nothing was evicted";
  if (!limited.error.empty()) return results.absent(line, kTable, limited.error);
  results.set(line, kTable, "cpu_us", median(limited.cpu_us));
  results.set(line, kTable, "free_us", median(free.cpu_us));
  results.set(line, kTable, "evictions", median(limited.evictions));
  results.set(line, kTable, "eviction_us", median(each));
}

}  // namespace

void measure_evictions(const Options& options, const std::vector<Seat>& seats, Results& results) {
  for (const std::string row : kRows) {
    if (!options.selects(kTable, row)) continue;
    for (const Seat& seat : seats) {
      if (seat.kind == Kind::kPing || seat.cores > 1 || !options.selects_seat(seat.name)) continue;
      // Redis has nothing like allkeys-adaptive.
      if (!seat.is_freshet && (row == kAdaptiveRow || !options.scale.all_rows)) continue;
      run_row(row, seat, options.scale, results);
    }
  }
}

}  // namespace freshet
