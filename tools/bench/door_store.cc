#include "door_store.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>

#include "clock.h"
#include "freshet/base/ticks.h"
#include "freshet/engine/space.h"

namespace freshet {
namespace {

constexpr std::string_view kValue =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

std::array<char, 16> name_of(uint64_t i) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "key:%012lu", static_cast<unsigned long>(i));
  std::array<char, 16> name;
  std::copy_n(text.begin(), name.size(), name.begin());
  return name;
}

}  // namespace

DoorStore::DoorStore(uint64_t keys, uint32_t shards, uint64_t seed)
    : keys_(keys), seed_(seed), keyspace_(shards, 1, seed, settings_) {
  for (uint64_t i = 0; i < keys; ++i) {
    const Wish one = wish(i);
    Space space(keyspace_.home(one.key()), 0, kNow);
    space.assign(one.key(), Value::of(kValue), kNever, nullptr);
  }
}

DoorStore::Wish DoorStore::wish(uint64_t key) const {
  Wish made{name_of(key), 0, false};
  made.hash = keyspace_.hasher({made.name.data(), made.name.size()});
  return made;
}

std::vector<DoorStore::Wish> DoorStore::draw(const DoorLoad& load, uint64_t thread,
                                             size_t count) const {
  KeyPicker picker(load.pick, keys_, seed_ + thread);
  std::vector<Wish> drawn;
  drawn.reserve(count);
  while (drawn.size() < count) {
    drawn.push_back(wish(picker.next()));
    drawn.back().writes = picker.random().below(1000) < load.sets;
  }
  return drawn;
}

std::vector<DoorStore::Wish> DoorStore::one_each(uint64_t thread) const {
  std::vector<Wish> found;
  Random random(seed_ + thread);
  for (uint32_t id = 0; id < keyspace_.size(); ++id) {
    Wish one = wish(random.below(keys_));
    while (keyspace_.id_of(one.hash) != id) one = wish(random.below(keys_));
    found.push_back(one);
  }
  return found;
}

void DoorSteps::doors(Batch batch) {
  Keyspace& keyspace = router_.keyspace();
  for (const DoorStore::Wish& one : batch) {
    Door& door = keyspace.shard(keyspace.id_of(one.hash)).door;
    door.enter();
    door.leave();
  }
}

void DoorSteps::buckets(Batch batch) {
  for (const DoorStore::Wish& one : batch) router_.prefetch_bucket(0, one.hash);
}

void DoorSteps::items(Batch batch) {
  for (const DoorStore::Wish& one : batch) router_.prefetch_item(0, one.hash);
}

void DoorSteps::gets(Batch batch) {
  for (const DoorStore::Wish& one : batch) get(one);
  send();
}

void DoorSteps::sets(Batch batch) {
  for (const DoorStore::Wish& one : batch) set(one);
  send();
}

void DoorSteps::mget(Batch batch) {
  for (const DoorStore::Wish& one : batch) {
    Space space(router_.keyspace().home(one.key()), 0, DoorStore::kNow);
    if (const Entry* entry = space.read(one.key())) reply_.bulk(entry->inline_bytes());
  }
  send();
}

void DoorSteps::get(const DoorStore::Wish& wish) {
  router_.at(router_.keyspace().id_of(wish.hash), [&](Shard& shard) {
    Space space(shard, 0, DoorStore::kNow);
    if (const Entry* entry = space.read(wish.key())) {
      reply_.bulk(entry->inline_bytes());
    } else {
      reply_.nil();
    }
  });
}

void DoorSteps::set(const DoorStore::Wish& wish) {
  router_.at(router_.keyspace().id_of(wish.hash), [&](Shard& shard) {
    Space space(shard, 0, DoorStore::kNow);
    const Key key = wish.key();
    space.assign(key, Value::of(kValue), kNever, space.peek(key));
    reply_.ok();
  });
}

std::vector<int> cpus_allowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

void stay_on_cpu(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
}

long times_preempted() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw;
}

double nanos_of_tick() {
  const uint64_t began = now_ns(), first = ticks();
  while (now_ns() - began < 50'000'000) {
  }
  const uint64_t last = ticks();
  return static_cast<double>(now_ns() - began) / static_cast<double>(last - first);
}

}  // namespace freshet
