#include "prefix.h"

#include <unistd.h>

#include <algorithm>
#include <optional>

#include "client.h"
#include "clock.h"
#include "machine.h"
#include "progress.h"
#include "rows.h"
#include "throughput.h"

namespace freshet {

namespace {

constexpr char kTable[] = "prefix";
constexpr size_t kValueBytes = 32;
constexpr uint64_t kMatches = 100;      // names that differ in their last two digits
constexpr uint64_t kBytesPerKey = 150;  // a generous guess, only to refuse what cannot fit
constexpr int kRounds = 5, kIndexedRounds = 21;
const Operation kSet{{{"SET", "%k", "%v"}}};

// A pattern that a hundred of the keys match, other ones each time.
std::string pattern(const Space& space, int round) {
  std::string name = name_of(space, static_cast<uint64_t>(round) * kMatches);
  name.replace(name.size() - 2, 2, "*");
  return name;
}

struct Medians {
  double keys_ms = 0, kill_ms = 0;
  std::string error;
};

// KEYS of a hundred, then INVALIDATE of the same, again and again.
Medians time_patterns(Client& client, const Space& space, int first, int rounds) {
  std::vector<double> keys, kills;
  for (int round = first; round < first + rounds; ++round) {
    const std::string text = pattern(space, round);
    const uint64_t begin = now_ns();
    const auto found = client.call({"KEYS", text});
    const uint64_t middle = now_ns();
    const auto killed = client.call({"INVALIDATE", "PATTERN", text});
    const uint64_t end = now_ns();
    if (!found || !killed) return {.error = "the server is gone"};
    if (killed->is_error()) return {.error = killed->text};
    if (found->items.size() != kMatches || killed->number() != kMatches) {
      return {.error = std::to_string(found->items.size()) + " found and " + killed->text +
                       " killed of " + text};
    }
    keys.push_back(static_cast<double>(middle - begin) / 1e6);
    kills.push_back(static_cast<double>(end - middle) / 1e6);
  }
  return {median(keys), median(kills), {}};
}

// Returns once the server does nothing any more: the index is built.
void await_rest(const Server& server) {
  constexpr double kMostSeconds = 120;
  const uint64_t give_up = now_ns() + static_cast<uint64_t>(kMostSeconds * 1e9);
  for (double before = -1, now = 0; now - before > 0.005 && now_ns() < give_up;) {
    before = server.cpu_seconds();
    usleep(100'000);
    now = server.cpu_seconds();
  }
}

void report(const Line& line, double without, double with, Results& results) {
  results.set(line, kTable, "without_ms", without);
  results.set(line, kTable, "with_ms", with);
  if (with > 0) results.set(line, kTable, "times", without / with);
}

void run_seat(const Seat& seat, const Options& options, Results& results) {
  const Line keys_line{kKeysRow, seat.name}, kill_line{kKillRow, seat.name};
  const Server::Started started = Server::start(seat);
  if (started.server == nullptr) return results.absent(keys_line, kTable, started.why);
  const Server& server = *started.server;
  const Space space{"user:", options.scale.prefix_keys, kValueBytes};
  const std::string error = fill(server, kSet, space);
  const auto client = Client::connect(server.port());
  if (!error.empty() || client == nullptr) return results.absent(keys_line, kTable, error);
  const Medians without = time_patterns(*client, space, 0, kRounds);
  await_rest(server);
  const auto before = static_cast<double>(server.settled_rss_bytes());
  client->call({"CONFIG", "SET", "prefix-index", "yes"});
  await_rest(server);
  const auto after = static_cast<double>(server.settled_rss_bytes());
  const Medians with = time_patterns(*client, space, kRounds, kIndexedRounds);
  for (const Medians& medians : {without, with}) {
    if (!medians.error.empty()) return results.absent(keys_line, kTable, medians.error);
  }
  results.set(keys_line, kTable, "keys", static_cast<double>(space.keys));
  report(keys_line, without.keys_ms, with.keys_ms, results);
  results.set(keys_line, kTable, "bytes", (after - before) / static_cast<double>(space.keys));
  results.set(kill_line, kTable, "keys", static_cast<double>(space.keys));
  report(kill_line, without.kill_ms, with.kill_ms, results);
}

}  // namespace

void measure_prefix_index(const Options& options, const std::vector<Seat>& seats,
                          Results& results) {
  if (!options.selects(kTable, kKeysRow) && !options.selects(kTable, kKillRow)) return;
  for (const Seat& seat : seats) {
    const bool takes_part = seat.is_freshet && seat.cores == 1;
    if (!takes_part || !options.selects_seat(seat.name)) continue;
    progress("prefix index: " + std::to_string(options.scale.prefix_keys) + " keys");
    if (options.scale.prefix_keys * kBytesPerKey > available_memory()) {
      results.absent({kKeysRow, seat.name}, kTable, "not enough memory on this machine");
      continue;
    }
    run_seat(seat, options, results);
  }
}

}  // namespace freshet
