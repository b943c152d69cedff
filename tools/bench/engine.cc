// freshet-bench-engine: what the engine does without a server around it. The longest step while a
// table grows, how expiry keeps up, how exactly memory is counted, and what an eviction takes.
// Prints one Markdown table.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "freshet/base/allocator.h"
#include "freshet/base/ticks.h"
#include "freshet/engine/keyspace.h"
#include "freshet/engine/space.h"

namespace freshet {
namespace {

constexpr Millis kStart = 1'700'000'000'000;

double seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

// Ticks in a microsecond, measured over a tenth of a second.
double tick_rate() {
  const double began = seconds();
  const uint64_t first = ticks();
  while (seconds() - began < 0.1) {
  }
  return static_cast<double>(ticks() - first) / ((seconds() - began) * 1e6);
}

int64_t resident_bytes() {
  long total = 0, resident = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * sysconf(_SC_PAGESIZE);
}

long times_preempted() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw;
}

int64_t metered(Keyspace& keyspace) {
  int64_t bytes = 0;
  for (uint32_t id = 0; id < keyspace.size(); ++id) bytes += keyspace.shard(id).meter.cost();
  return bytes;
}

std::string key_of(uint64_t i) {
  char text[32];
  std::snprintf(text, sizeof text, "key:%012lu", static_cast<unsigned long>(i));
  return text;
}

void store(Keyspace& keyspace, const std::string& name, Millis now, Millis deadline) {
  const Key key = keyspace.hasher.key(name);
  Space space(keyspace.home(key), 0, now);
  space.assign(key, Value::of(std::string_view("0123456789abcdef0123456789abcdef")), deadline,
               space.peek(key));
}

// What the machine itself does to a thread that only looks at the clock.
void watch_machine(double rate) {
  uint64_t longest = 0, over = 0;
  long preempted = times_preempted();
  const auto limit = static_cast<uint64_t>(1000 * rate), look_at = static_cast<uint64_t>(50 * rate);
  const double until = seconds() + 10;
  for (uint64_t last = ticks(); seconds() < until;) {
    const uint64_t spent = ticks() - std::exchange(last, ticks());
    if (spent < look_at) continue;
    const long now = times_preempted();
    if (now != std::exchange(preempted, now)) continue;
    longest = std::max(longest, spent);
    over += spent > limit;
  }
  std::printf("| the machine, idle for 10 s | longest gap %.0f µs, %lu over 1 ms | |\n",
              static_cast<double>(longest) / rate, static_cast<unsigned long>(over));
}

// Inserts `keys` and times each one. A step during which the machine took the cpu away is not
// counted.
void grow(uint64_t keys, uint32_t shards, double rate) {
  const Settings settings;
  Keyspace keyspace(shards, 16, 42, settings);
  const int64_t resident = resident_bytes();
  uint64_t longest = 0, over = 0, preempted_steps = 0;
  long preempted = times_preempted();
  const auto limit = static_cast<uint64_t>(1000 * rate), look_at = static_cast<uint64_t>(50 * rate);
  const double began = seconds();
  for (uint64_t i = 0; i < keys; ++i) {
    const std::string name = key_of(i);
    const uint64_t first = ticks();
    store(keyspace, name, kStart, kNever);
    const uint64_t spent = ticks() - first;
    if (spent < look_at) continue;
    const long now = times_preempted();
    if (now != std::exchange(preempted, now)) {
      ++preempted_steps;
      continue;
    }
    longest = std::max(longest, spent);
    over += spent > limit;
  }
  const double spent = seconds() - began;
  purge_allocator();  // as the server's background thread does
  const int64_t grown = resident_bytes() - resident, counted = metered(keyspace);
  std::printf(
      "| insert %lu keys into %u shards | longest step %.0f µs, %lu over 1 ms (%lu left out: "
      "preempted) | %.0f ns a key |\n",
      static_cast<unsigned long>(keys), shards, static_cast<double>(longest) / rate,
      static_cast<unsigned long>(over), static_cast<unsigned long>(preempted_steps),
      spent / static_cast<double>(keys) * 1e9);
  std::printf(
      "| memory of %lu keys of 16 + 32 bytes | counted %.1f, resident %.1f bytes a key | %+.1f %% "
      "|\n",
      static_cast<unsigned long>(keys), static_cast<double>(counted) / static_cast<double>(keys),
      static_cast<double>(grown) / static_cast<double>(keys),
      100.0 * static_cast<double>(counted - grown) / static_cast<double>(grown));
}

// 100,000 keys a second come and go, in simulated time, with slices as the server's.
void expire(double rate) {
  constexpr int kPerTurn = 1000, kTurns = 3000;
  constexpr Millis kTurn = 10, kLife = 10'000;
  const Settings settings;
  Keyspace keyspace(8, 16, 42, settings);
  uint64_t longest = 0, total = 0, expired = 0;
  double worst = 0;
  Millis now = kStart;
  for (int turn = 0; turn < kTurns; ++turn, now += kTurn) {
    for (int i = 0; i < kPerTurn; ++i) {
      store(keyspace, key_of(static_cast<uint64_t>(turn) * kPerTurn + static_cast<uint64_t>(i)),
            now, now + kLife);
    }
    size_t held = 0;
    for (uint32_t id = 0; id < keyspace.size(); ++id) {
      const uint64_t first = ticks();
      keyspace.shard(id).expire_slice(now, 512);
      const uint64_t spent = ticks() - first;
      longest = std::max(longest, spent);
      total += spent;
      held += keyspace.shard(id).db(0).with_deadline;
    }
    const size_t live = static_cast<size_t>(std::min<Millis>(turn + 1, kLife / kTurn)) * kPerTurn;
    worst = std::max(worst, 1 - static_cast<double>(live) / static_cast<double>(held));
  }
  for (uint32_t id = 0; id < keyspace.size(); ++id) expired += keyspace.shard(id).stats.expired;
  std::printf(
      "| 100,000 expiries a second, 1M keys alive | longest slice %.0f µs, at most %.2f %% of the "
      "keys "
      "past their deadline | %.0f ns an expiry |\n",
      static_cast<double>(longest) / rate, 100 * worst,
      static_cast<double>(total) / rate / static_cast<double>(expired) * 1000);
}

// New keys at a limit that a million keys fill: each time one is stored, one goes. Half of them are
// read once before that, so that a policy has something to tell them apart by.
void evict(EvictionPolicy policy, double rate) {
  constexpr uint64_t kKeys = 1'000'000, kEvictions = 1'000'000;
  Settings settings;
  settings.policy.store(policy);
  settings.maxmemory.store(100 << 20);
  Keyspace keyspace(8, 16, 42, settings);
  for (uint32_t id = 0; id < keyspace.size(); ++id) keyspace.shard(id).follow_policy(kStart);
  uint64_t number = 0;
  const auto use = [&] {
    const Millis now = kStart + static_cast<Millis>(number / 100);
    store(keyspace, key_of(number), now, kNever);
    const std::string old = key_of(number * 7919 % (number + 1));
    if (number++ % 2 == 0) return now;
    const Key key = keyspace.hasher.key(old);
    Space(keyspace.home(key), 0, now).read(key);
    return now;
  };
  while (number < kKeys) use();
  uint64_t spent = 0, evicted = 0, longest = 0;
  long preempted = times_preempted();
  const auto look_at = static_cast<uint64_t>(50 * rate);
  for (uint64_t i = 0; i < kEvictions; ++i) {
    const Millis now = use();
    Shard& shard = keyspace.shard(static_cast<uint32_t>(i % keyspace.size()));
    const uint64_t before = shard.stats.evicted, first = ticks();
    shard.evict_one(now);
    const uint64_t took = ticks() - first;
    if (took > look_at) {
      const long now_preempted = times_preempted();
      if (now_preempted != std::exchange(preempted, now_preempted)) continue;
    }
    spent += took;
    longest = std::max(longest, took);
    evicted += shard.stats.evicted - before;
  }
  std::printf("| %lu evictions by %s | longest %.0f µs | %.0f ns an eviction |\n",
              static_cast<unsigned long>(evicted),
              std::string(kPolicyNames[static_cast<size_t>(policy)]).c_str(),
              static_cast<double>(longest) / rate,
              static_cast<double>(spent) / rate * 1000 / static_cast<double>(evicted));
}

}  // namespace
}  // namespace freshet

// freshet-bench-engine [KEYS]
int main(int argc, char** argv) {
  const uint64_t keys = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  const double rate = freshet::tick_rate();
  std::printf("| engine, in process | found | cost |\n|---|---|---|\n");
  freshet::watch_machine(rate);
  freshet::grow(keys, 8, rate);
  freshet::purge_allocator();  // or giving back the first table's would be timed with the second
  freshet::grow(keys, 1, rate);
  freshet::expire(rate);
  for (const auto policy :
       {freshet::EvictionPolicy::kAllKeysAdaptive, freshet::EvictionPolicy::kAllKeysLru,
        freshet::EvictionPolicy::kAllKeysLfu}) {
    freshet::evict(policy, rate);
  }
  return 0;
}
