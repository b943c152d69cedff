// Keeps late fills out. Who reads a value from elsewhere opens a fence first: WARM for a batch,
// FETCH with a lease. While any is open, every change leaves its sequence number in its shard's
// table, by hash of the name, so that changes of absent names are remembered too. A fill whose key,
// or one of whose dependencies or tags, bears a number above the fence's is refused. What falls out
// of the table leaves its number with its place: a false refusal is possible, a false accept is
// not.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "freshet/base/hash.h"
#include "freshet/base/time.h"
#include "freshet/engine/key_pattern.h"
#include "freshet/engine/meter.h"
#include "freshet/engine/settings.h"

namespace freshet {

// Shared by all shards. Any thread.
class Fences {
 public:
  // `incarnation`: a number no other process had, for the tokens.
  explicit Fences(uint64_t incarnation_) : incarnation(incarnation_) {}

  // The sequence that the fence begins at.
  uint64_t open() {
    watch();
    open_.fetch_add(1);  // seq_cst: a change that begins after this sees it
    return sequence_.fetch_add(1) + 1;
  }
  void close() {
    open_.fetch_sub(1);
    unwatch();
  }
  bool any() const { return open_.load() != 0; }

  // Somebody has to know which keys are written: a fence, or a shelf with stale values.
  void watch() { watchers_.fetch_add(1); }
  void unwatch() { watchers_.fetch_sub(1); }
  bool watched() const { return watchers_.load() != 0; }

  uint64_t next() { return sequence_.fetch_add(1) + 1; }
  // Something changed that can't be told by name: a flush, a swap. All open fences refuse.
  void refuse_all() {
    if (any()) all_refused_at_.store(next());
  }
  bool all_refused_since(uint64_t fence) const { return all_refused_at_.load() > fence; }

  const uint64_t incarnation;

 private:
  std::atomic<int64_t> open_{0};
  std::atomic<int64_t> watchers_{0};
  std::atomic<uint64_t> sequence_{0};
  std::atomic<uint64_t> all_refused_at_{0};
};

// Where a fence stands. `opened`: the time, by which an expiry before it is told from one after it.
struct Fence {
  uint64_t sequence = 0;
  Millis opened = INT64_MIN;
};

// One shard's memory of what changed: eight-way sets, 24 bytes a name. REQUIRES: the shard's door
// held.
class ChangeTable {
 public:
  ChangeTable(Fences& fences, Meter& meter, const Settings& settings)
      : fences_(fences), meter_(meter), settings_(settings) {}
  ~ChangeTable() { meter_.sub(bytes()); }

  // What a name is here: keys and tags of different databases are different names.
  static uint64_t key_of(uint8_t db, const Key& key) { return mix(key.hash, db); }
  static uint64_t tag_of(uint8_t db, const Key& tag) { return mix(tag.hash, 0x100u + db); }
  // What was made from a name, as INVALIDATE DEPS names it: not the name itself.
  static uint64_t dependents_of(uint8_t db, const Key& name) { return mix(name.hash, 0x200u + db); }

  void changed(uint64_t name) {
    if (fences_.any()) [[unlikely]]
      note(name, fences_.next(), kNever);
  }
  // A value was found dead at `deadline`: changed for fences that were open by then.
  void expired(uint64_t name, Millis deadline) {
    if (fences_.any()) [[unlikely]]
      note(name, fences_.next(), deadline);
  }
  // It changed when the sequence was that; 0: no fence was open then.
  void changed_at(uint64_t name, uint64_t sequence) {
    if (sequence != 0) note(name, sequence, kNever);
  }
  // All keys that match changed then.
  void matched(uint8_t db, const std::vector<KeyPattern>& patterns, uint64_t sequence);

  // May a value read behind `fence` be stored under this name?
  bool admits(uint64_t name, const Fence& fence) const;
  // The same for a key, which a pattern may have matched, too.
  bool admits_key(uint8_t db, const Key& key, const Fence& fence) const;

  size_t bytes() const { return slots_.size() * sizeof(Slot) + forgotten_.size() * 8; }

 private:
  static constexpr size_t kWays = 8;
  static constexpr size_t kPatterns = 4096;  // remembered

  struct Slot {
    uint64_t name;
    uint64_t sequence;  // 0: empty
    Millis when;        // it changed for fences that were open by then; kNever: for all
  };
  struct Matched {
    uint64_t sequence;
    uint8_t db;
    KeyPattern pattern;
  };

  static uint64_t mix(uint64_t hash, uint64_t space) {
    return (hash ^ space * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
  }
  size_t set_of(uint64_t name) const { return (name >> 20) & (forgotten_.size() - 1); }
  void note(uint64_t name, uint64_t sequence, Millis when);

  Fences& fences_;
  Meter& meter_;
  const Settings& settings_;
  std::vector<Slot> slots_;          // made with the first change behind a fence
  std::vector<uint64_t> forgotten_;  // by set: the highest sequence that fell out of it
  std::deque<Matched> matched_;
  uint64_t matched_forgotten_ = 0;
};

}  // namespace freshet
