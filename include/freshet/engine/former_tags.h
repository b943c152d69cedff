// Which tags a missing key had: so that its misses count for them. Of the keys that the curve of
// hit ratios follows, for only their look-ups are counted by name. A slot of 20 bytes for each of
// 256 hashes; a later death in the same slot pushes the earlier one out. Owned by one shard;
// REQUIRES: its door held.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "freshet/engine/meter.h"

namespace freshet {

class FormerTags {
 public:
  // The first of a key's tags, as TopNames::sign has them; 0: no more.
  using Tags = std::array<uint32_t, 4>;

  explicit FormerTags(Meter& meter) : meter_(meter) {}
  ~FormerTags() { clear(); }
  FormerTags(const FormerTags&) = delete;
  FormerTags& operator=(const FormerTags&) = delete;

  // A key left. Without tags it is only forgotten what it had before.
  void died(uint64_t hash, const Tags& tags) {
    const bool tagged = tags[0] != 0;
    if (!tagged && of(hash)[0] == 0) return;
    if (slots_.empty()) {
      slots_.resize(kSlots);
      meter_.add(kBytes);
    }
    slots_[index(hash)] = tagged ? Slot{word(hash), tags} : Slot{};
  }
  Tags of(uint64_t hash) const {
    if (slots_.empty()) return {};
    const Slot& slot = slots_[index(hash)];
    return slot.word == word(hash) ? slot.tags : Tags{};
  }
  void clear() {
    if (!slots_.empty()) meter_.sub(kBytes);
    slots_ = std::vector<Slot>();
  }

 private:
  struct Slot {
    uint32_t word = 0;  // of the key's hash
    Tags tags = {};
  };
  static_assert(sizeof(Slot) == 20);

  static constexpr int kIndexBits = 8;
  static constexpr size_t kSlots = size_t{1} << kIndexBits;
  static constexpr size_t kBytes = kSlots * sizeof(Slot);
  // The hashes of followed keys have zeros in common: Fibonacci hashing spreads them.
  static uint64_t spread(uint64_t hash) { return hash * 0x9e3779b97f4a7c15; }
  static size_t index(uint64_t hash) { return spread(hash) >> (64 - kIndexBits); }
  static uint32_t word(uint64_t hash) { return static_cast<uint32_t>(spread(hash) >> 24); }

  Meter& meter_;
  std::vector<Slot> slots_;
};

}  // namespace freshet
