// A Keyspace in process, filled, and a thread's way to it: the steps that the server takes with a
// batch of commands, without the server. For the measurements that the door model is fed with.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "door_plan.h"
#include "freshet/commands/router.h"
#include "freshet/engine/keyspace.h"
#include "freshet/resp/reply.h"

namespace freshet {

class DoorStore {
 public:
  static constexpr Millis kNow = 1'700'000'000'000;

  // `keys` of 16 bytes with values of 64 bytes.
  DoorStore(uint64_t keys, uint32_t shards, uint64_t seed);

  // One command: what it wants with which key.
  struct Wish {
    std::array<char, 16> name;
    uint64_t hash;
    bool writes;
    Key key() const { return {{name.data(), name.size()}, hash}; }
  };
  // A thread's commands, in the order in which it gives them.
  std::vector<Wish> draw(const DoorLoad& load, uint64_t thread, size_t count) const;
  // One for each shard.
  std::vector<Wish> one_each(uint64_t thread) const;

  Keyspace& keyspace() { return keyspace_; }
  uint64_t keys() const { return keys_; }

 private:
  Wish wish(uint64_t key) const;

  const uint64_t keys_;
  const uint64_t seed_;
  const Settings settings_;
  Keyspace keyspace_;
};

// One thread's.
class DoorSteps {
 public:
  using Batch = std::span<const DoorStore::Wish>;

  DoorSteps(DoorStore& store, bool locking) : router_(store.keyspace(), locking), reply_(out_, 2) {}

  void doors(Batch batch);
  void buckets(Batch batch);
  void items(Batch batch);
  void gets(Batch batch);
  void sets(Batch batch);
  // A MGET of all keys, whose doors are open: REQUIRES: no other thread.
  void mget(Batch batch);
  // One command, as drawn.
  void run(const DoorStore::Wish& wish) {
    if (wish.writes) {
      set(wish);
    } else {
      get(wish);
    }
  }
  // The replies are on their way.
  void send() { out_.clear(); }

 private:
  void get(const DoorStore::Wish& wish);
  void set(const DoorStore::Wish& wish);

  Router router_;
  Output out_;
  Reply reply_;
};

// Cpus that this process may use.
std::vector<int> cpus_allowed();
// Keeps the calling thread there.
void stay_on_cpu(int cpu);
// How often the calling thread has lost its cpu to another.
long times_preempted();
// Nanoseconds of a tick, measured for 50 ms.
double nanos_of_tick();

}  // namespace freshet
