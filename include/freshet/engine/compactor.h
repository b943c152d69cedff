// Which entries should move so that pages become free. What evictions and deletions leave of a run
// of pages is no use to values of another size; entries of runs that hold fewer than others of
// their size move to those, and the run is given back whole.
//
// It goes through the keys, round and round, and rests after a round that hardly gained: many times
// as long as that took, so that what can't be gained costs little, unless keys make room meanwhile.
// It moves nothing: it says who. Owned by one shard; REQUIRES: its door held.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "freshet/base/time.h"
#include "freshet/engine/entry.h"

namespace freshet {

// How the resident set is: near what is used; over it; so far over it that keys make room.
enum class Sparse : uint8_t { kNot, kSomewhat, kPressing };

class Compactor {
 public:
  // Where it will look next.
  int database = 0;
  uint64_t position = 0;

  // Keeps of `entries` (kAtOnce at most, or it forgets the others) those that should move.
  static constexpr size_t kAtOnce = 64;
  void choose(std::vector<Entry*>& entries, Millis now);
  // The chosen stand in other places now, in the same order.
  void moved(const std::vector<Entry*>& entries);
  // It has been through all keys.
  void end_round(Millis now);
  bool rests(Millis now, Sparse sparse) const;

 private:
  static constexpr size_t kSizes = 128;  // quarters of octaves

  // Of each size: how full a run is, as a share, that an entry stands in; 0: none seen.
  std::array<float, kSizes> fullness_ = {};
  std::array<float, kAtOnce> left_ = {};  // how full the runs of the chosen were
  // In this round. A move gains if the new run is fuller: another shard's entries, or another
  // core's, may leave no such run, and then an entry would move for ever.
  size_t looked_at_ = 0, gained_ = 0;
  Millis begun_ = 0;
  bool lean_ = false;  // the last round hardly gained
  Millis ended_ = 0, took_ = 0;
};

}  // namespace freshet
