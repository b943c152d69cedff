// What the cores of a busy server do with its doors: pipelines of commands whose keys are
// prefetched in two passes and then used, upkeep, and commands that walk over all shards. Follows
// src/server/batch.cc, src/commands/router.cc and src/server/housekeeper.cc.
#pragma once

#include <string>
#include <vector>

#include "door_simulation.h"
#include "door_times.h"
#include "picker.h"

namespace freshet {

struct DoorLoad {
  std::string name;
  Pick pick = Pick::kUniform;
  uint64_t keys = 1'000'000;
  uint32_t sets = 0;      // of 1000 commands
  uint32_t mgets = 0;     // of ten keys each
  uint32_t kills = 0;     // INVALIDATE TAG of 64 keys
  uint32_t expiries = 0;  // keys a second that each core's upkeep removes
};

class ServerPlan : public Plan {
 public:
  static constexpr size_t kPipeline = 32;
  static constexpr double kTick = 10e6;     // ns between upkeeps of a busy core
  static constexpr uint32_t kRecords = 64;  // of the expiry wheel behind one door

  // One core without doors if cores is 1. `shards` is what they are hashed to either way.
  // `picker` chooses keys as `load` says.
  ServerPlan(const DoorLoad& load, const DoorTimes& times, int cores, uint32_t shards,
             KeyPicker picker, uint64_t seed);

  const Visit& next(int core, double now) override;

 private:
  enum class Verb { kGet, kSet, kMget, kKill };
  enum class Step { kBucket, kItem, kRun, kUpkeep };
  struct Item {
    Verb verb;
    uint32_t shard;               // of the only key
    std::vector<uint32_t> doors;  // kMget: those of all keys, ascending
  };
  struct CoreState {
    std::vector<Item> items;
    std::vector<uint32_t> keys;  // the shards of all keys of all items
    Step step = Step::kUpkeep;
    size_t at = 0;        // in keys, later in items
    uint32_t walked = 0;  // shards, by upkeep or by INVALIDATE
    double late = 0;      // to start
    double upkeep_at = 0;
    Visit visit;
  };

  uint32_t draw_shard();
  void draw(CoreState& state);
  void draw(Item& item, std::vector<uint32_t>& keys);
  void advance(CoreState& state, double now);
  void describe(CoreState& state, int core);
  void describe_run(CoreState& state);
  // A visit of one shard: `with` the door, `alone` without.
  void one(Visit& visit, uint32_t shard, double with, double moved, double alone) const;

  const DoorLoad load_;
  const DoorTimes times_;
  const int cores_;
  const uint32_t shards_;
  const uint64_t seed_;
  KeyPicker picker_;
  uint32_t upkeep_visits_;  // of each tick
  std::vector<CoreState> states_;
};

// The share of all requests that the most popular of `keys` has under Zipf's law as the benchmark
// draws it.
double top_share(uint64_t keys);

}  // namespace freshet
