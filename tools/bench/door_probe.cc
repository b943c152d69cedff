#include "door_probe.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "freshet/base/ticks.h"
#include "freshet/engine/space.h"

namespace freshet {
namespace {

constexpr size_t kBatch = ServerPlan::kPipeline;
constexpr size_t kDrawn = size_t{1} << 16;  // a thread's commands, over and over
constexpr int kTurns = 2000;

using Step = void (DoorSteps::*)(DoorSteps::Batch);

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

template <class F>
double time_of(F&& f) {
  const uint64_t first = ticks();
  f();
  return static_cast<double>(ticks() - first);
}

// One core alone, which holds all doors last: batch after batch, each step by itself.
struct Steady {
  double bucket, item, get, set;
};
Steady steady(DoorStore& store, const DoorLoad& load, double nanos, bool locking) {
  DoorSteps steps(store, locking);
  std::vector<double> bucket, item, get, set;
  const auto drawn = store.draw(load, 0, kDrawn);
  for (size_t at = 0; at < kDrawn; at += kBatch) {
    const DoorSteps::Batch batch = std::span(drawn).subspan(at, kBatch);
    bucket.push_back(time_of([&] { steps.buckets(batch); }));
    item.push_back(time_of([&] { steps.items(batch); }));
    const bool writes = at / kBatch % 2 != 0;
    const double run = time_of([&] { writes ? steps.sets(batch) : steps.gets(batch); });
    (writes ? set : get).push_back(run);
  }
  const double each = nanos / static_cast<double>(kBatch);
  return {median(bucket) * each, median(item) * each, median(get) * each, median(set) * each};
}

double measure_mget(DoorStore& store, double nanos) {
  constexpr size_t kKeys = 10;
  DoorSteps steps(store, false);
  std::vector<double> found;
  const auto drawn = store.draw({}, 1, kDrawn);
  for (size_t at = 0; at + kKeys <= kDrawn; at += kKeys) {
    const DoorSteps::Batch batch = std::span(drawn).subspan(at, kKeys);
    steps.buckets(batch);
    steps.items(batch);
    found.push_back(time_of([&] { steps.mget(batch); }));
  }
  return median(found) * nanos;
}

double measure_door(DoorStore& store, double nanos) {
  DoorSteps steps(store, true);
  const auto all = store.one_each(0);
  std::vector<double> found;
  for (int i = 0; i < kTurns; ++i) found.push_back(time_of([&] { steps.doors(all); }));
  return median(found) * nanos / static_cast<double>(all.size());
}

// Two threads take turns. In each turn a thread takes the same step in every shard twice: at first
// the other was there last, then it was itself. The difference is what moved. Each has keys of its
// own, so that it is the shards that move and not the entries.
double moved(DoorStore& store, double nanos, const std::vector<int>& cpus, Step step) {
  constexpr int kPatience = 20000;  // looks before the cpu is offered to others
  std::atomic<int> turn{0};
  std::vector<double> found[2];
  const auto play = [&](int me) {
    stay_on_cpu(cpus[static_cast<size_t>(me)]);
    DoorSteps steps(store, true);
    const auto all = store.one_each(static_cast<uint64_t>(me));
    for (int i = me; i < kTurns; i += 2) {
      int looks = 0;
      while (turn.load(std::memory_order_acquire) != i) {
        if (++looks > kPatience) sched_yield();
      }
      const double first = time_of([&] { (steps.*step)(all); });
      const double second = time_of([&] { (steps.*step)(all); });
      // After a wait that long, others have had the cpu and its caches.
      if (looks <= kPatience) found[me].push_back(first - second);
      turn.store(i + 1, std::memory_order_release);
    }
  };
  std::thread other(play, 1);
  std::thread one(play, 0);
  one.join();
  other.join();
  found[0].insert(found[0].end(), found[1].begin(), found[1].end());
  return std::max(0.0, median(found[0]) * nanos / static_cast<double>(store.keyspace().size()));
}

double measure_pause(double nanos) {
  constexpr int kLooks = 1000;
  std::vector<double> found;
  for (int i = 0; i < kTurns; ++i) {
    found.push_back(time_of([] {
      for (int look = 0; look < kLooks; ++look) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("yield");
#endif
      }
    }));
  }
  return median(found) * nanos / kLooks;
}

double measure_yield(double nanos) {
  std::vector<double> found;
  for (int i = 0; i < kTurns; ++i) found.push_back(time_of([] { sched_yield(); }));
  return median(found) * nanos;
}

// What the Housekeeper does behind one door.
size_t tend(Shard& shard, Millis now) {
  const size_t expired = shard.expire_slice(now, ServerPlan::kRecords);
  shard.reclaim_slice(now, ServerPlan::kRecords);
  shard.index_slice(4);
  shard.leases.sweep(now, ServerPlan::kRecords);
  return expired;
}

double measure_tend(DoorStore& store, double nanos) {
  std::vector<double> found;
  for (int i = 0; i < kTurns; ++i) {
    Shard& shard = store.keyspace().shard(static_cast<uint32_t>(i) % store.keyspace().size());
    found.push_back(time_of([&] { tend(shard, DoorStore::kNow); }));
  }
  return median(found) * nanos;
}

double measure_expiry(double nanos) {
  constexpr int kKeys = 100'000;
  const Settings settings;
  Keyspace keyspace(1, 1, 42, settings);
  for (int i = 0; i < kKeys; ++i) {
    const std::string name = "session:" + std::to_string(i);
    const Key key = keyspace.hasher.key(name);
    Space space(keyspace.shard(0), 0, DoorStore::kNow);
    space.assign(key, Value::of(std::string_view("0123456789abcdef")),
                 DoorStore::kNow + 1 + i % 1000, nullptr);
  }
  std::vector<double> found;
  for (size_t expired = ServerPlan::kRecords; expired >= ServerPlan::kRecords;) {
    found.push_back(time_of([&] { expired = tend(keyspace.shard(0), DoorStore::kNow + 5000); }));
  }
  return median(found) * nanos / ServerPlan::kRecords;
}

// INVALIDATE TAG, a shard after the other; a shard's part of it with so many victims each.
double measure_kill(double nanos, uint32_t members) {
  constexpr uint32_t kShards = 64;
  constexpr int kTags = 40;
  const Settings settings;
  Keyspace keyspace(kShards, 1, 42, settings);
  std::vector<double> found;
  for (int round = 0; round < kTags; ++round) {
    const std::string tag_name = "tag:" + std::to_string(round);
    const Key tag = keyspace.hasher.key(tag_name);
    for (uint32_t i = 0; i < members * kShards; ++i) {
      const std::string name = tag_name + ":" + std::to_string(i);
      const Key key = keyspace.hasher.key(name);
      Space space(keyspace.home(key), 0, DoorStore::kNow);
      const Pool::Ref declared = space.db().graph.declare({}, std::span(&tag, 1), {});
      space.assign(key, Value::of(std::string_view("0123456789abcdef")), kNever, nullptr,
                   {declared});
    }
    found.push_back(time_of([&] {
      for (uint32_t id = 0; id < kShards; ++id) {
        Space space(keyspace.shard(id), 0, DoorStore::kNow);
        if (Node* node = space.db().graph.tag(tag)) space.kill_members(node, 0, 0, 0);
      }
    }));
    for (uint32_t id = 0; id < kShards; ++id) keyspace.shard(id).notes.clear();
  }
  return median(found) * nanos / kShards;
}

// Cache lines of `size` bytes from `from` that f() changes.
template <class F>
int lines_written(const void* from, size_t size, F&& f) {
  constexpr uintptr_t kLine = 64;
  const auto* bytes = static_cast<const char*>(from);
  const std::vector<char> before(bytes, bytes + size);
  f();
  uintptr_t last = 0;
  int lines = 0;
  for (size_t i = 0; i < size; ++i) {
    const uintptr_t line = reinterpret_cast<uintptr_t>(bytes + i) / kLine;
    if (bytes[i] == before[i] || line == last) continue;
    last = line;
    ++lines;
  }
  return lines;
}

// What a step writes of the shard itself and of its database; the door is taken to share the first
// line of the shard that a GET writes, if it does. Keys that nobody else wants are not counted.
double count_lines(DoorStore& store, Step step) {
  DoorSteps steps(store, false);
  std::vector<double> found;
  for (const DoorStore::Wish& wish : store.one_each(0)) {
    Shard& shard = store.keyspace().home(wish.key());
    const auto run = [&] { (steps.*step)(std::span(&wish, 1)); };
    const auto* door = reinterpret_cast<const char*>(&shard.door);
    run();  // a key's first second and first change are special
    // The door's byte is 0 before and after, so it is counted by hand: as written, once.
    int lines = lines_written(&shard, sizeof shard, run);
    lines += lines_written(&shard.db(0), sizeof(Database), run);
    const size_t to_end = 64 - reinterpret_cast<uintptr_t>(door) % 64;
    if (lines_written(door, to_end, run) == 0) ++lines;
    found.push_back(lines);
  }
  return median(found);
}

}  // namespace

DoorTimes measure_steps(DoorStore& store, const DoorLoad& load, DoorTimes times) {
  const double nanos = nanos_of_tick();
  const Steady lone = steady(store, load, nanos, false);
  times.lone_bucket = lone.bucket;
  times.lone_item = lone.item;
  times.lone_get = lone.get;
  times.lone_set = lone.set;
  const Steady locking = steady(store, load, nanos, true);
  times.bucket = locking.bucket;
  times.item = locking.item;
  times.get = locking.get;
  times.set = locking.set;
  return times;
}

DoorTimes measure_doors(DoorStore& store, DoorTimes times) {
  constexpr uint32_t kMembers = 4;
  const double nanos = nanos_of_tick();
  const std::vector<int> cpus = cpus_allowed();
  times = measure_steps(store, {}, times);
  times.door = measure_door(store, nanos);
  times.pause = measure_pause(nanos);
  times.yield = measure_yield(nanos);
  times.mget = measure_mget(store, nanos);
  times.tend = measure_tend(store, nanos);
  times.expiry = measure_expiry(nanos);
  times.visit = measure_kill(nanos, 0);
  times.kill = std::max(0.0, measure_kill(nanos, kMembers) - times.visit) / kMembers;
  times.get_lines = count_lines(store, &DoorSteps::gets);
  times.set_lines = count_lines(store, &DoorSteps::sets);
  if (cpus.size() < 2) return times;
  times.line = moved(store, nanos, cpus, &DoorSteps::doors);
  times.bucket_moved = moved(store, nanos, cpus, &DoorSteps::buckets);
  times.item_moved = moved(store, nanos, cpus, &DoorSteps::items);
  times.get_moved = moved(store, nanos, cpus, &DoorSteps::gets);
  times.set_moved = moved(store, nanos, cpus, &DoorSteps::sets);
  return times;
}

}  // namespace freshet
