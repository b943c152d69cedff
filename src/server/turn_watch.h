// How much cpu time the turns of a core take, while somebody wants to know (DEBUG TURNS). What the
// core waits for is not in it: sleep, other threads on its cpu, a hypervisor that says so.
//
// Owned by its core; longest() any thread may call.
#pragma once

#include <atomic>
#include <cstdint>

#include "freshet/commands/host.h"
#include "freshet/commands/stats.h"

namespace freshet {

class TurnWatch {
 public:
  // A turn begins. `wanted`: the number of the watch that is on, 0: none.
  void turn(uint32_t wanted) {
    if (wanted == 0) [[likely]]
      return;
    note(wanted);
  }

  // Of that watch; nothing if no turn has begun since it did.
  Host::LongestTurns longest(uint32_t watch) const;

 private:
  void note(uint32_t wanted);

  uint64_t began_ = 0;  // cpu time of the thread when the turn under way began
  uint64_t last_ = 0;   // what the turn before it took
  Count one_, two_;     // ns
  std::atomic<uint32_t> watch_{0};
};

}  // namespace freshet
