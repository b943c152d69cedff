// Why a key that is missing is missing, as far as is remembered: one word for each of 8,192 slots,
// by hash. A later death in the same slot pushes the earlier one out. Owned by one shard.
#pragma once

#include <cstdint>
#include <vector>

namespace freshet {

enum class Cause : uint8_t { kNeverSet, kExpired, kEvicted, kDeleted, kInvalidated };
inline constexpr int kCauses = 5;

class Obituary {
 public:
  void died(uint64_t hash, Cause cause) {
    if (slots_.empty()) slots_.resize(kSlots);
    slots_[index(hash)] = word(hash) | static_cast<uint32_t>(cause);
  }
  Cause cause_of(uint64_t hash) const {
    if (slots_.empty()) return Cause::kNeverSet;
    const uint32_t found = slots_[index(hash)];
    return (found & ~7u) == word(hash) ? static_cast<Cause>(found & 7) : Cause::kNeverSet;
  }

 private:
  static constexpr size_t kSlots = 8192;
  static size_t index(uint64_t hash) { return (hash >> 8) & (kSlots - 1); }
  static uint32_t word(uint64_t hash) { return static_cast<uint32_t>(hash >> 16) & ~7u; }

  std::vector<uint32_t> slots_;
};

}  // namespace freshet
