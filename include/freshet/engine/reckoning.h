// What the eviction policies reckon with: the same for the cache and for its miniature copies.
// Functions of their arguments; any thread.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "freshet/base/rng.h"
#include "freshet/engine/settings.h"

namespace freshet::reckoning {

// --- Redis's counters (Redis 7.0, evict.c) ---

inline constexpr uint32_t kNewCounter = 5;  // LFU_INIT_VAL
inline constexpr uint32_t kMostCounter = 255;

// A counter once its key was not used for so many minutes.
inline uint32_t decayed(uint32_t counter, uint32_t minutes, const Settings& settings) {
  const auto period =
      static_cast<uint32_t>(settings.lfu_decay_time.load(std::memory_order_relaxed));
  return period == 0 ? counter : counter - std::min(counter, minutes / period);
}
// And when it is used: the larger, the less likely it grows.
inline uint32_t counted(uint32_t counter, const Settings& settings, Rng& rng) {
  if (counter >= kMostCounter) return counter;
  const auto factor =
      static_cast<uint64_t>(settings.lfu_log_factor.load(std::memory_order_relaxed));
  const uint64_t earned = counter > kNewCounter ? counter - kNewCounter : 0;
  return counter + (rng.below(earned * factor + 1) == 0);
}

// --- The learned policies ---

// A tick is a 32nd to a 64th of the keys, in references.
inline constexpr size_t kTicksPerKeys = 32;
inline constexpr size_t kSlotBytes = 16;  // of a key, beside its entry

// A tick is 2^so many references.
inline int tick_shift(size_t keys) {
  return std::bit_width(std::max<uint64_t>(keys / kTicksPerKeys, 1)) - 1;
}
// References from one lesson to the next, if so many keys are followed at most; the first eight
// come sooner.
inline size_t lesson_due(size_t followed, size_t keys, uint32_t lessons) {
  constexpr size_t kFollowedPerReference = 8;
  constexpr size_t kLessonsPerKeys = 5;
  constexpr uint32_t kFirstLessons = 8;
  const size_t soonest = followed / kFollowedPerReference;
  const size_t due = std::max(soonest, keys / kLessonsPerKeys);
  return lessons < kFirstLessons ? std::max(soonest / 2, due / 4) : due;
}
// A score that a priority comes first in, and the worth of the key among equals.
inline double ranked(uint32_t priority, double worth) { return priority + worth / (1 + worth); }

// --- Cost ---

// What it takes to make a value again, by powers of four: a step s stands for 4^s ms.
inline constexpr size_t kCostSteps = 8;
inline uint64_t cost_millis(size_t step) { return uint64_t{1} << 2 * step; }
// The nearest step, by ratio.
inline uint8_t cost_step(uint64_t millis) {
  const int octave = std::bit_width(std::max<uint64_t>(millis, 1)) - 1;
  return static_cast<uint8_t>(std::min<int>(kCostSteps - 1, (octave + 1) / 2));
}
// What `percent` of a size, or a cost, makes of a key's worth.
inline float weighed(double times, int percent) {
  return static_cast<float>(std::pow(times, static_cast<double>(percent) / 100));
}

// --- All ---

// Where a size stands in a table by its logarithm, in quarters of octaves.
inline size_t size_step(size_t size) {
  const int octave = std::bit_width(static_cast<uint64_t>(size) | 4) - 1;
  return static_cast<size_t>(octave) * 4 + ((size >> (octave - 2)) & 3);
}

// Keys to look at for one victim.
inline size_t samples(EvictionPolicy policy, const Settings& settings) {
  // With Redis's default of 5 the learned policies lose a quarter of a point.
  constexpr size_t kLearnedSamples = 8;
  if (is_random(policy)) return 1;
  auto samples = static_cast<size_t>(settings.maxmemory_samples.load(std::memory_order_relaxed));
  if (is_learned(policy)) samples = std::max(samples, kLearnedSamples);
  // The lowest priority goes first: of rare ones it has to see more.
  return is_priority(policy) ? std::min<size_t>(kMostSamples, 3 * samples) : samples;
}

}  // namespace freshet::reckoning
