// The background work of the shards that one core keeps: expiry, reclaiming, trimming to maxmemory.
// In slices: some tens of records behind a door, at most a given time at once. It knows no timer.
#pragma once

#include <cstdint>
#include <vector>

#include "freshet/commands/router.h"

namespace freshet {

class Housekeeper {
 public:
  Housekeeper(Router& router, std::vector<uint32_t> shards);

  // Works until nothing is left or `most` ticks have passed; true if something is left.
  bool work(Millis now, uint64_t most);
  // True if the last call found something to do.
  bool busy() const { return busy_; }

 private:
  bool settle(Millis now, uint64_t end);
  bool compact(Millis now, Sparse sparse, uint64_t end);
  bool tend(uint32_t id, Millis now);
  bool trim(Millis now, uint64_t end);

  Router& router_;
  Cascade cascade_;  // of what expired here, or was evicted
  const std::vector<uint32_t> shards_;
  size_t next_ = 0, compacted_ = 0;
  bool busy_ = false;
};

}  // namespace freshet
