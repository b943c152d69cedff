// Which keys somebody follows, by their hash. Each who follows a part of all keys says which bits
// of a hash have to be 0 for that, and one compare tells whether any does: most keys are followed
// by nobody. Owned by one shard.
#pragma once

#include <cstdint>

namespace freshet {

class Followed {
 public:
  enum Who { kCurve, kEvictor };
  static constexpr uint64_t kNone = ~uint64_t{0};

  // If true, each has to look for itself.
  bool any(uint64_t hash) const { return (hash & common_) == 0; }
  void tell(Who who, uint64_t mask) {
    masks_[who] = mask;
    common_ = masks_[kCurve] & masks_[kEvictor];
  }

 private:
  uint64_t common_ = kNone;
  uint64_t masks_[2] = {kNone, kNone};
};

}  // namespace freshet
