// Keeps late fills out. Who reads a value from elsewhere opens a fence first; while any is open,
// every change leaves its sequence number in its shard's fixed table, by hash of the name, so that
// changes of absent names are remembered too. A fill whose name (or whose slot) bears a number
// above the fence's is refused. A false refusal is possible, a false accept is not.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace freshet {

// Shared by all shards. Any thread.
class Fences {
 public:
  // The sequence that the fence begins at.
  uint64_t open() {
    open_.fetch_add(1);  // seq_cst: a change that begins after this sees it
    return sequence_.fetch_add(1) + 1;
  }
  void close() { open_.fetch_sub(1); }
  bool any() const { return open_.load() != 0; }

  uint64_t next() { return sequence_.fetch_add(1) + 1; }
  // Something changed that can't be told by name: a pattern, a flush, a swap. All open fences
  // refuse.
  void refuse_all() {
    if (any()) all_refused_at_.store(next());
  }
  bool all_refused_since(uint64_t fence) const { return all_refused_at_.load() > fence; }

 private:
  std::atomic<int> open_{0};
  std::atomic<uint64_t> sequence_{0};
  std::atomic<uint64_t> all_refused_at_{0};
};

// One shard's memory of what changed. REQUIRES: the shard's door held.
class ChangeTable {
 public:
  explicit ChangeTable(Fences& fences) : fences_(fences) {}

  void changed(uint64_t hash) {
    if (fences_.any()) [[unlikely]]
      at_[slot(hash)] = fences_.next();
  }
  // May a value read behind `fence` be stored under this name?
  bool admits(uint64_t hash, uint64_t fence) const {
    return at_[slot(hash)] < fence && !fences_.all_refused_since(fence);
  }

 private:
  static constexpr size_t kSlots = 1024;
  static size_t slot(uint64_t hash) { return (hash >> 8) & (kSlots - 1); }

  Fences& fences_;
  std::array<uint64_t, kSlots> at_{};
};

}  // namespace freshet
