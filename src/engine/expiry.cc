#include "freshet/engine/expiry.h"

#include <algorithm>
#include <bit>

#include "freshet/base/alloc.h"
#include "freshet/base/hash.h"

namespace freshet {

uint32_t ExpiryWheel::record_of(uint64_t hash) {
  return static_cast<uint32_t>(position_of(hash) >> (kPositionBits - 24)) << 8 | tag_of(hash);
}

ExpiryWheel::~ExpiryWheel() { clear(); }

void ExpiryWheel::clear() {
  for (Chunk* chunk = due_; chunk != nullptr;) {
    Chunk* next = chunk->next;
    free_chunk(chunk);
    chunk = next;
  }
  due_ = nullptr;
  if (levels_ != nullptr) {
    for (auto& level : levels_->slot) {
      for (Chunk*& slot : level) {
        while (slot != nullptr) {
          Chunk* next = slot->next;
          free_chunk(slot);
          slot = next;
        }
      }
    }
    levels_.reset();
    meter_.sub(sizeof(Levels));
  }
  records_ = 0;
}

ExpiryWheel::Chunk* ExpiryWheel::make_chunk(uint32_t capacity) {
  auto* chunk = static_cast<Chunk*>(allocate(bytes_for(capacity)));
  meter_.add(allocation_size(bytes_for(capacity)) + sizeof(Chunk*));
  chunk->count = 0;
  chunk->capacity = static_cast<uint16_t>(capacity);
  chunk->place = static_cast<uint32_t>(chunks_.size());
  chunks_.push_back(chunk);
  return chunk;
}

void ExpiryWheel::free_chunk(Chunk* chunk) {
  chunks_[chunk->place] = chunks_.back();
  chunks_[chunk->place]->place = chunk->place;
  chunks_.pop_back();
  if (chunks_.empty()) std::vector<Chunk*>().swap(chunks_);
  const size_t size = bytes_for(chunk->capacity);
  meter_.sub(allocation_size(size) + sizeof(Chunk*));
  deallocate(chunk, size);
}

// Most records stand in full chunks: a chunk with few is passed over most of the time.
uint32_t ExpiryWheel::random(Rng& rng) const {
  constexpr int kTries = 4;
  const Chunk* chunk = nullptr;
  for (int i = 0; i < kTries; ++i) {
    chunk = chunks_[rng.below(chunks_.size())];
    if (rng.below(kMostRecords) < chunk->count) break;
  }
  return chunk->records[rng.below(chunk->count)];
}

uint32_t ExpiryWheel::next() {
  if (hand_chunk_ >= chunks_.size()) hand_chunk_ = 0;
  if (hand_record_ >= chunks_[hand_chunk_]->count) {
    hand_record_ = 0;
    if (++hand_chunk_ == chunks_.size()) hand_chunk_ = 0;
  }
  return chunks_[hand_chunk_]->records[hand_record_++];
}

// A deadline that has passed stands in the present slot. One beyond the last level (after the year
// 142,000) stands in its last slot, and is put back when that comes.
ExpiryWheel::Place ExpiryWheel::place_of(Millis deadline) const {
  const uint64_t unit = deadline < 0 ? 0 : static_cast<uint64_t>(deadline) >> kUnitBits;
  if (unit <= now_) return {0, static_cast<int>(now_ & (kSlots - 1))};
  const int level = (63 - std::countl_zero(unit ^ now_)) / kDigitBits;
  if (level >= kLevels) return {kLevels - 1, kSlots - 1};
  return {level, static_cast<int>((unit >> (level * kDigitBits)) & (kSlots - 1))};
}

bool ExpiryWheel::same_slot(Millis a, Millis b) const { return place_of(a) == place_of(b); }

void ExpiryWheel::add(Millis deadline, uint32_t record) {
  if (levels_ == nullptr) {
    levels_ = std::make_unique<Levels>();
    meter_.add(sizeof(Levels));
  }
  const Place place = place_of(deadline);
  Chunk*& head = levels_->slot[place.level][place.slot];
  if (head == nullptr || head->count == head->capacity) {
    // 48 bytes, then doubling up to a page.
    const uint32_t capacity =
        head == nullptr ? 4 : std::min(kMostRecords, head->capacity * 2u + 8u);
    Chunk* chunk = make_chunk(capacity);
    chunk->next = head;
    head = chunk;
  }
  head->records[head->count++] = record;
  ++records_;
}

// Hands all chunks of a slot over to the due list.
void ExpiryWheel::make_due(int level, int slot, uint64_t start_unit, bool compacting) {
  Chunk*& head = levels_->slot[level][slot];
  while (head != nullptr) {
    Chunk* chunk = head;
    head = chunk->next;
    chunk->level = static_cast<uint8_t>(level);
    chunk->start = static_cast<Millis>(start_unit << kUnitBits);
    chunk->compacting = compacting;
    chunk->next = due_;
    due_ = chunk;
  }
}

void ExpiryWheel::advance(Millis now) {
  const uint64_t target = static_cast<uint64_t>(std::max<Millis>(now, 0)) >> kUnitBits;
  if (target <= now_) return;
  const uint64_t before = now_;
  now_ = target;
  if (levels_ == nullptr) return;
  for (int level = 0; level < kLevels; ++level) {
    const int shift = level * kDigitBits;
    // Level 0: the slot we leave and those we passed. Above: those we passed and the one we enter,
    // whose records now belong to finer levels.
    const uint64_t from = level == 0 ? before : (before >> shift) + 1;
    const uint64_t to = level == 0 ? target : (target >> shift) + 1;
    if (from >= to) break;
    const uint64_t first = to - from > kSlots ? to - kSlots : from;
    for (uint64_t at = first; at < to; ++at) {
      const int slot = static_cast<int>(at & (kSlots - 1));
      if (levels_->slot[level][slot] != nullptr) make_due(level, slot, at << shift, false);
    }
  }
}

int ExpiryWheel::take_due(uint32_t* records, Window& window) {
  Chunk* chunk = due_;
  if (chunk == nullptr) return 0;
  // Deadlines that had passed when they were added stand in a slot that starts after them: no lower
  // bound at level 0.
  window.start = chunk->level == 0 ? 0 : chunk->start;
  window.end = chunk->level == kLevels - 1
                   ? kNever
                   : chunk->start + (Millis{1} << (kUnitBits + chunk->level * kDigitBits));
  window.check_mark = chunk->compacting;
  const int count = std::min<int>(kBatch, chunk->count);
  chunk->count = static_cast<uint16_t>(chunk->count - count);
  std::copy_n(chunk->records + chunk->count, count, records);
  records_ -= static_cast<size_t>(count);
  if (chunk->count == 0) {
    due_ = chunk->next;
    free_chunk(chunk);
  }
  return count;
}

void ExpiryWheel::compact_if_stale(size_t live) {
  // Something due may be the last clean-up's: two at a time would confuse their marks.
  if (due_ != nullptr || records_ <= 2 * live + 4096) return;
  mark_ = !mark_;
  for (int level = 0; level < kLevels; ++level) {
    const int shift = level * kDigitBits;
    const uint64_t turn = now_ >> shift;
    for (int slot = 0; slot < kSlots; ++slot) {
      // The slot's digit at or after the present one, within the present turn of the level above.
      const uint64_t start = ((turn & ~uint64_t{kSlots - 1}) + static_cast<uint64_t>(slot))
                             << shift;
      if (levels_->slot[level][slot] != nullptr) make_due(level, slot, start, true);
    }
  }
}

}  // namespace freshet
