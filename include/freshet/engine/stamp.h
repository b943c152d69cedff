// The four bytes that an entry keeps for the evictor. What they say depends on the policy under
// which they were written, which they name themselves: after a change of policy nothing has to be
// converted, old words are translated when they are met.
//
//   31      29 28 27  26 25                   0
//  | priority | - | kind |                      |
//
//   kClock     23 … 0  seconds of the last use, modulo 2^24 (194 days), as Redis's LRU clock
//   kCounter   23 … 8  minutes of the last decay, modulo 2^16; 7 … 0  Redis's logarithmic counter
//   kLearned   25 … 23 unit, 22 hit, 21 20 gap, 19 … 16 frequency, 15 … 0 tick of the last use
//
// A tick is 2^shift references of the shard; `unit` is that shift modulo 8, so that the unit may
// follow the number of keys and words written before are still understood. The priority is kept
// XORed with its default: a word of 0 has it.
#pragma once

#include <algorithm>
#include <cstdint>

namespace freshet {

inline constexpr uint8_t kDefaultPriority = 3;  // 0 … 7
inline constexpr uint8_t kTopPriority = 7;      // goes only when nothing else is left

namespace stamp {

enum Kind : uint32_t { kClock = 0, kCounter = 1, kLearned = 2 };

inline constexpr uint32_t kPriorityMask = 7u << 29;
inline constexpr uint32_t kClockMask = 0xffffff;
inline constexpr int kGapShift = 20, kUnitShift = 23, kKindShift = 26;
inline constexpr uint32_t kHit = 1u << 22;
inline constexpr uint32_t kMostFrequency = 15;

constexpr Kind kind(uint32_t word) { return static_cast<Kind>((word >> kKindShift) & 3); }
constexpr uint8_t priority(uint32_t word) {
  return static_cast<uint8_t>((word >> 29) ^ kDefaultPriority);
}
constexpr uint32_t with_priority(uint32_t word, uint8_t priority) {
  return (word & ~kPriorityMask) | uint32_t{static_cast<uint8_t>(priority ^ kDefaultPriority)}
                                       << 29;
}

// kLearned.
constexpr uint32_t frequency(uint32_t word) { return (word >> 16) & kMostFrequency; }
// Priority and frequency of a key used once more, in place. What the frequency carries into the bit
// above it is taken off again: that is shorter than a comparison, for the bits stand where they do.
constexpr uint32_t once_more(uint32_t word) {
  const uint32_t more = (word & (kPriorityMask | kMostFrequency << 16)) + (1u << 16);
  return more - (more >> 4 & 1u << 16);
}
static_assert(once_more(0xa0420000) == 0xa0030000 && once_more(0xf0000) == 0xf0000);
constexpr uint32_t gap(uint32_t word) { return (word >> kGapShift) & 3; }
// What `tag` marks: kind and unit, in place.
constexpr uint32_t kTagMask = 31u << kUnitShift;
constexpr uint32_t learned_tag(int shift) {
  return uint32_t{kLearned} << kKindShift | (static_cast<uint32_t>(shift) & 7) << kUnitShift;
}

}  // namespace stamp
}  // namespace freshet
