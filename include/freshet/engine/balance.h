// Which shard has to evict next. The limit is the process's: a shard whose keys are worth more may
// outgrow the others. It reads what shards say their next victim is worth (Evictor::cheapest),
// which any core may read, and touches nothing else of them. Owned by one core.
#pragma once

#include <cstdint>

#include "freshet/base/rng.h"
#include "freshet/engine/keyspace.h"

namespace freshet {

class Balance {
 public:
  explicit Balance(uint64_t seed) : rng_(seed) {}

  // A shard that has something to evict, as far as is known; nullptr: none has.
  Shard* next(Keyspace& keyspace);

 private:
  // What a shard said may be old: each has its turn now and then, whatever it said.
  static constexpr uint32_t kLooks = 4, kTurn = 16;

  Rng rng_;
  uint32_t turn_ = 0;   // counts up
  uint32_t shard_ = 0;  // whose turn it was
};

}  // namespace freshet
