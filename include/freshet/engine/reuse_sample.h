// A fixed part of all keys by their hash, followed from use to use whether the cache holds them or
// not (SHARDS, Waldspurger et al. 2015). When more are met than there is room for, the part is
// halved. 16 bytes a place, and twice as many places as keys. Owned by one shard; REQUIRES: its
// door held.
#pragma once

#include <cstddef>
#include <cstdint>

#include "freshet/engine/learner.h"
#include "freshet/engine/meter.h"

namespace freshet {

class ReuseSample {
 public:
  // most: a power of two.
  ReuseSample(Meter& meter, size_t most);
  ~ReuseSample();
  ReuseSample(const ReuseSample&) = delete;
  ReuseSample& operator=(const ReuseSample&) = delete;

  // Whether a hash is followed.
  bool holds(uint64_t hash) const { return (hash & mask_) == 0; }
  // The bits of a hash that are 0 then.
  uint64_t mask() const { return mask_; }
  // One in so many keys is.
  uint64_t rate() const { return (mask_ >> kMaskShift) + 1; }
  size_t size() const { return size_; }
  size_t most() const { return most_; }

  // A followed key was used. `now`: references so far, modulo 2^32; a tick is 2^shift of them.
  // `cls`: what it is from now on.
  void see(uint64_t hash, uint32_t now, int shift, uint32_t cls, Learner& learner);
  // Has the learner learn from those that are followed. Those older than any bin are given up.
  void teach(uint32_t now, int shift, Learner& learner);

 private:
  static constexpr int kMaskShift = 8;  // the tag's bits are left out: they are never all 0

  struct Seen {
    uint64_t hash;  // 0: an empty place
    uint32_t when;
    uint32_t cls;
  };
  size_t home(uint64_t hash) const { return (hash * 0x9e3779b97f4a7c15ull) >> shift_; }
  void erase(size_t at);
  void halve(uint32_t now, int shift, Learner& learner);
  size_t bytes() const { return 2 * most_ * sizeof(Seen); }

  Meter& meter_;
  const size_t most_;
  const int shift_;
  Seen* places_;
  size_t size_ = 0;
  uint64_t mask_ = 0;
};

}  // namespace freshet
