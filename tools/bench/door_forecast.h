// What the model says of a load on so many cores, and where one door sets the limit for all.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "door_plan.h"
#include "door_times.h"

namespace freshet {

struct Forecast {
  std::string load;
  int cores;
  uint32_t shards_per_core;
  double per_microsecond;  // commands, all cores
  double against_one;      // core, which has no doors
  double waiting;          // share of all cores' time
  double p99, longest;     // ns, of the waits at a door
  double hottest;          // share of the time that the most wanted door is held

  double efficiency() const { return against_one / cores; }
};

// The most that the shard of the most popular key lets through.
struct DoorLimit {
  uint64_t keys;
  uint32_t shards;
  double share;            // of all commands that go to that shard
  double held;             // ns behind its door for each of them, if nobody waits
  double per_microsecond;  // commands, all cores
  double cores;            // that give so many
};

class Forecaster {
 public:
  Forecaster(const DoorTimes& times, uint64_t seed) : times_(times), seed_(seed) {}

  Forecast of(const DoorLoad& load, int cores, uint32_t shards_per_core);
  // 90 % GET, 10 % SET, Zipf 0.99.
  DoorLimit limit(uint64_t keys, uint32_t shards);
  // Commands in a microsecond, as race_doors measures them.
  double pace(const DoorLoad& load, int threads, uint32_t shards);
  // Two cores with doors, but no door in common.
  double pace_apart(const DoorLoad& load) const;

 private:
  Outcome simulate(const DoorLoad& load, int cores, uint32_t shards);
  const KeyPicker& picker(const DoorLoad& load);

  const DoorTimes times_;
  const uint64_t seed_;
  std::map<std::pair<Pick, uint64_t>, KeyPicker> pickers_;  // drawing Zipf takes a while
  std::map<std::pair<std::string, uint32_t>, double> lone_;
};

// The loads of the report.
std::vector<DoorLoad> door_loads();
DoorLoad mixed_load(Pick pick, uint64_t keys);

}  // namespace freshet
