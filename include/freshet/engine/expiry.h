// Which keys are due: a hierarchical timing wheel of 4-byte records.
//
// Eight levels of 64 slots; a slot of level 0 spans 16 ms, of level n 16 ms * 64^n. A deadline
// stands in the level of the highest 6-bit digit in which it differs from now (Varghese and Lauck
// 1987). When time enters a slot, its records become due: they expire, or move to a finer level.
//
// A record is not a pointer but 24 bits of the key's position and its 8-bit tag, so nothing has to
// be taken out when a key dies or gets another deadline: a record that finds no key with a deadline
// in its window is simply dropped. When dead records outnumber live keys, every record is looked at
// once more and dropped or kept (`compact`); a mark on the entry keeps two records of one key from
// both staying.
//
// Owned by one shard's database; REQUIRES: its door held.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "freshet/base/time.h"
#include "freshet/engine/entry.h"
#include "freshet/engine/meter.h"
#include "freshet/engine/table.h"

namespace freshet {

class ExpiryWheel {
 public:
  // A key's record: where in the table to look for it.
  static uint32_t record_of(uint64_t hash);

  // The span of deadlines that a due record stands for: [start, end). `check_mark`: it comes from a
  // compaction, and an entry that bears mark() already has its record.
  struct Window {
    Millis start;
    Millis end;
    bool check_mark;
    bool holds(Millis deadline) const { return deadline >= start && deadline < end; }
  };

  explicit ExpiryWheel(Meter& meter) : meter_(meter) {}
  ~ExpiryWheel();
  ExpiryWheel(const ExpiryWheel&) = delete;
  ExpiryWheel& operator=(const ExpiryWheel&) = delete;

  void add(Millis deadline, uint32_t record);
  // True if both deadlines share a slot: one record serves both.
  bool same_slot(Millis a, Millis b) const;

  // After a look at a key by a due record: true if its deadline lies in the record's window, and it
  // has to be filed anew.
  bool keeps(const Window& window, Entry* entry) const {
    if (!entry->has_deadline() || !window.holds(entry->deadline())) return false;
    if (window.check_mark && entry->wheel_mark() == mark_) return false;
    entry->set_wheel_mark(mark_);
    return true;
  }

  // Moves time on; slots that were reached become due.
  void advance(Millis now);
  // Takes up to 16 due records; their count. 0: nothing is due.
  static constexpr int kBatch = 16;
  int take_due(uint32_t* records, Window& window);
  bool has_due() const { return due_ != nullptr; }

  size_t records() const { return records_; }
  // A record by chance, nearly each with the same chance. REQUIRES: records() != 0.
  uint32_t random(Rng& rng) const;
  // The records in turn, again and again, though they come and go. REQUIRES: records() != 0.
  uint32_t next();
  // Starts over with fresh records when more than half must be dead. `live`: keys with a deadline.
  void compact_if_stale(size_t live);
  bool mark() const { return mark_; }
  void clear();

 private:
  static constexpr int kUnitBits = 4, kDigitBits = 6, kLevels = 8, kSlots = 64;
  static constexpr uint32_t kMostRecords = 1016;  // of a chunk: a page

  struct Chunk {
    Chunk* next;
    Millis start;  // of the slot's window; set when it becomes due
    uint16_t count, capacity;
    uint8_t level;
    bool compacting;
    uint32_t place;  // in chunks_
    uint32_t records[];
  };
  struct Levels {
    Chunk* slot[kLevels][kSlots] = {};
  };
  struct Place {
    int level;
    int slot;
    bool operator==(const Place&) const = default;
  };

  Chunk* make_chunk(uint32_t capacity);
  static size_t bytes_for(uint32_t capacity) { return sizeof(Chunk) + capacity * sizeof(uint32_t); }
  Place place_of(Millis deadline) const;
  void make_due(int level, int slot, uint64_t start_unit, bool compacting);
  void free_chunk(Chunk* chunk);

  Meter& meter_;
  std::unique_ptr<Levels> levels_;  // made with the first deadline
  Chunk* due_ = nullptr;
  std::vector<Chunk*> chunks_;  // all of them, in any order
  size_t hand_chunk_ = 0, hand_record_ = 0;
  uint64_t now_ = 0;  // in units of 16 ms
  size_t records_ = 0;
  bool mark_ = false;
};

// Appends the entries that a record may stand for.
inline void find_recorded(const Table<Entry>& table, uint32_t record, std::vector<Entry*>& out) {
  constexpr int kShift = kPositionBits - 24;
  const uint64_t from = uint64_t{record >> 8} << kShift;
  table.collect(from, from + (uint64_t{1} << kShift), static_cast<uint8_t>(record), out);
}

}  // namespace freshet
