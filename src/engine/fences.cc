#include "freshet/engine/fences.h"

#include <algorithm>
#include <bit>

namespace freshet {

void ChangeTable::note(uint64_t name, uint64_t sequence, Millis when) {
  if (slots_.empty()) {
    const uint32_t wanted = settings_.fence_slots.load(std::memory_order_relaxed);
    const size_t sets = std::bit_ceil(std::max<size_t>(wanted / kWays, 1));
    slots_.resize(sets * kWays);
    forgotten_.resize(sets);
    meter_.add(bytes());
  }
  Slot* const set = &slots_[set_of(name) * kWays];
  Slot* oldest = set;
  for (Slot* slot = set; slot != set + kWays; ++slot) {
    if (slot->sequence != 0 && slot->name == name) {
      if (slot->sequence < sequence) *slot = {name, sequence, when};
      return;
    }
    if (slot->sequence < oldest->sequence) oldest = slot;
  }
  uint64_t& forgotten = forgotten_[set_of(name)];
  if (sequence < oldest->sequence) {
    forgotten = std::max(forgotten, sequence);
    return;
  }
  forgotten = std::max(forgotten, oldest->sequence);
  *oldest = {name, sequence, when};
}

void ChangeTable::matched(uint8_t db, const std::vector<KeyPattern>& patterns, uint64_t sequence) {
  if (sequence == 0) return;
  for (const KeyPattern& pattern : patterns) {
    if (matched_.size() == kPatterns) {
      matched_forgotten_ = matched_.front().sequence;
      matched_.pop_front();
    }
    matched_.push_back({sequence, db, pattern});
  }
}

bool ChangeTable::admits(uint64_t name, const Fence& fence) const {
  if (fences_.all_refused_since(fence.sequence)) return false;
  if (slots_.empty()) return true;
  const size_t set = set_of(name);
  if (forgotten_[set] > fence.sequence) return false;
  for (size_t i = set * kWays; i < (set + 1) * kWays; ++i) {
    const Slot& slot = slots_[i];
    if (slot.name == name && slot.sequence > fence.sequence) return slot.when <= fence.opened;
  }
  return true;
}

bool ChangeTable::admits_key(uint8_t db, const Key& key, const Fence& fence) const {
  if (matched_forgotten_ > fence.sequence || !admits(key_of(db, key), fence)) return false;
  for (auto one = matched_.rbegin(); one != matched_.rend(); ++one) {  // the newest first
    if (one->sequence <= fence.sequence) break;
    if (one->db == db && one->pattern.matches(key.view)) return false;
  }
  return true;
}

}  // namespace freshet
