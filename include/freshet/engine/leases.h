// Leases: who is about to fill which missing key. One at a time for each key; a bounded table,
// eight-way sets. A lease pushed out by others is over, and its fill will be refused.
//
// One table a shard; REQUIRES: its door held.
#pragma once

#include <cstdint>
#include <vector>

#include "freshet/base/time.h"
#include "freshet/engine/fences.h"
#include "freshet/engine/meter.h"
#include "freshet/engine/settings.h"

namespace freshet {

inline constexpr Millis kLongestLease = 60'000;

struct Lease {
  uint64_t name = 0;  // ChangeTable::key_of
  Fence fence;        // fence.sequence is the token's number; 0: this place is free
  Millis deadline = 0;
};

class Leases {
 public:
  Leases(Fences& fences, Meter& meter, const Settings& settings)
      : fences_(fences), meter_(meter), settings_(settings) {}
  ~Leases();

  size_t size() const { return size_; }
  // The lease of a name, or nullptr if it has none or that is past its deadline.
  Lease* find(uint64_t name, Millis now);
  // Opens a fence. In place of an earlier lease of that name, if there is one.
  const Lease& give(uint64_t name, Millis now, Millis for_millis);
  void end(Lease* lease);
  // Ends those past their deadline among the next `most` places.
  void sweep(Millis now, size_t most);

 private:
  static constexpr size_t kWays = 8;
  Lease* set_of(uint64_t name) {
    return &places_[((name >> 20) & (places_.size() / kWays - 1)) * kWays];
  }

  Fences& fences_;
  Meter& meter_;
  const Settings& settings_;
  std::vector<Lease> places_;  // made with the first lease
  size_t size_ = 0;
  size_t swept_ = 0;
};

}  // namespace freshet
