// How soon keys are used again, and what it is worth to keep one: the learned half of the adaptive
// policies. Plain numbers: no keys, no clock.
//
// Keys are told apart by class (how often a key was used, and how long the gap between its last two
// uses was) and age (ticks since its last use), in bins of half a power of two:
//
//   age      0 | 1 | - | 2 | 3 | 4 5 | 6 7 | 8 … 11 | … | 2048 and more      (in 24 bins)
//
// From keys that are followed whether they are in the cache or not (ReuseSample) it estimates the
// hazard of each class and bin: the chance that a key of that age is used before it is older
// (Kaplan and Meier 1958: those that have not been used yet count as long as they were seen, so
// eviction does not bias it). The value of keeping a key is its Gittins index (Gittins 1979): the
// best ratio, over all times one may wait, of the uses to expect to the time spent waiting.
//
// A Learner counts for one shard and is guarded by its door. Now and then it adds what it has
// counted to the Lessons that all shards share, and takes what came of them: with a few dozen keys
// a shard would learn little by itself.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "freshet/engine/door.h"
#include "freshet/engine/meter.h"

namespace freshet {

namespace reuse {

inline constexpr int kBins = 24;
inline constexpr int kGaps = 4;         // 0: not used twice yet
inline constexpr int kFrequencies = 4;  // 1, 2 3, 4 … 7, 8 … 15
inline constexpr int kClasses = kGaps * kFrequencies;

using Row = std::array<float, kBins>;
using Counts = std::array<Row, kClasses>;

inline int bin(uint32_t age) {
  if (age == 0) return 0;
  const int octave = 31 - std::countl_zero(age);
  const int half = uint64_t{age} * age >= uint64_t{2} << (2 * octave);
  return std::min(kBins - 1, 1 + 2 * octave + half);
}
// Of a gap of so many ticks: 1 … 3, thirds of the bins. The bounds are the first ages of bins 8 and
// 16.
inline uint32_t gap_class(uint32_t age) { return 1u + (age >= 12) + (age >= 182); }
inline uint32_t class_of(uint32_t frequency, uint32_t gap) {
  const auto octave = static_cast<uint32_t>(31 - std::countl_zero(frequency | 1));
  return octave * kGaps + gap;
}
// The same in ticks 2^doublings times as long.
Counts rescaled(const Counts& counts, int doublings);

}  // namespace reuse

// What all shards have learned. Any thread: guarded by a door of its own, behind which no other is
// entered.
class Lessons {
 public:
  // shards: of the process.
  Lessons(uint32_t shards, Budget& budget);
  ~Lessons();

  // Takes over what a shard has counted since it last told, and the keys that it follows, by class
  // and age; then learns. A tick of the shard's is 2^shift references.
  void add(uint32_t shard, const reuse::Counts& reused, const reuse::Counts& lost,
           const reuse::Counts& open, int shift);
  // Grows with each lesson.
  uint32_t number() const { return number_.load(std::memory_order_relaxed); }
  // Copies the index, for ticks of 2^shift references; returns the number of its lesson.
  // REQUIRES: number() != 0.
  uint32_t index(int shift, reuse::Counts& out);

 private:
  void set_shift(int shift);

  const float memory_;  // of what was counted, from one lesson to the next
  Budget& budget_;
  const uint32_t shards_;
  Door door_;  // guards what follows, but for number_

  std::atomic<uint32_t> number_{0};
  int shift_ = 0;
  reuse::Counts reused_ = {}, lost_ = {}, index_ = {};
  std::vector<reuse::Counts> open_;  // by shard; from the first lesson on
};

class Learner {
 public:
  Learner(uint32_t shard, Lessons& lessons);

  // A followed key of that class was used again at that age.
  void reused(uint32_t cls, int bin) { reused_[cls][static_cast<size_t>(bin)] += 1; }
  // It is followed no longer, and had come to that age.
  void lost(uint32_t cls, int bin) { lost_[cls][static_cast<size_t>(bin)] += 1; }
  // A tick has become 2^doublings times as long.
  void rescale(int doublings);
  // `open`: the followed keys, by their class and present age.
  void learn(const reuse::Counts& open, int shift);
  // Takes over what others have learned.
  void refresh(int shift) {
    if (lessons_.number() != number_) [[unlikely]]
      number_ = lessons_.index(shift, index_);
  }

  // The more a key is worth: uses to expect of a tick.
  float index(uint32_t cls, int bin) const { return index_[cls][static_cast<size_t>(bin)]; }

 private:
  const uint32_t shard_;
  Lessons& lessons_;
  uint32_t number_ = 0;
  reuse::Counts reused_ = {}, lost_ = {}, index_;
};

}  // namespace freshet
