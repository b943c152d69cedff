// Why a key that is missing is missing, and which logged kill took it, as far as is remembered: a
// slot of eight bytes for each of 8,192 hashes. A later death in the same slot pushes the earlier
// one out. Owned by one shard.
#pragma once

#include <cstdint>
#include <vector>

namespace freshet {

enum class Cause : uint8_t { kNeverSet, kExpired, kEvicted, kDeleted, kInvalidated };
inline constexpr int kCauses = 5;

class Obituary {
 public:
  // `kill`: InvalidationLog's number of what killed it; 0: nothing that is logged.
  void died(uint64_t hash, Cause cause, uint32_t kill) {
    if (slots_.empty()) slots_.resize(kSlots);
    slots_[index(hash)] = {word(hash) | static_cast<uint32_t>(cause), kill};
  }
  Cause cause_of(uint64_t hash) const {
    const Slot found = slot(hash);
    return static_cast<Cause>(found.word & 7);
  }
  uint32_t kill_of(uint64_t hash) const { return slot(hash).kill; }

 private:
  struct Slot {
    uint32_t word = 0;
    uint32_t kill = 0;
  };
  static_assert(sizeof(Slot) == 8);

  static constexpr size_t kSlots = 8192;
  static size_t index(uint64_t hash) { return (hash >> 8) & (kSlots - 1); }
  static uint32_t word(uint64_t hash) { return static_cast<uint32_t>(hash >> 16) & ~7u; }
  // kNeverSet is 0: what is not found was never set.
  Slot slot(uint64_t hash) const {
    if (slots_.empty()) return {};
    const Slot& found = slots_[index(hash)];
    return (found.word & ~7u) == word(hash) ? found : Slot{};
  }

  std::vector<Slot> slots_;
};

}  // namespace freshet
