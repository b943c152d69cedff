// Memory in use: counted exactly by each shard, summed loosely for the whole process.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "freshet/base/alloc.h"

namespace freshet {

// Bytes that all shards and connections together hold. Any thread.
class Budget {
 public:
  void add(int64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  // Lags behind by at most Meter::kLag a shard.
  int64_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> used_{0};
};

// One owner's count; tells the Budget only when it has moved by kLag, so that the shared line stays
// quiet. REQUIRES: the owner's door held (or its thread).
class Meter {
 public:
  static constexpr int64_t kLag = 4096;

  explicit Meter(Budget& budget) : budget_(budget) {}
  ~Meter() { budget_.add(-published_); }
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  void add(size_t bytes) { move(static_cast<int64_t>(bytes)); }
  void sub(size_t bytes) { move(-static_cast<int64_t>(bytes)); }
  // The same for keys with their values, which are counted on their own as well.
  void add_entry(size_t bytes) {
    entry_bytes_ += static_cast<int64_t>(bytes);
    add(bytes);
  }
  void sub_entry(size_t bytes) {
    entry_bytes_ -= static_cast<int64_t>(bytes);
    sub(bytes);
  }
  int64_t bytes() const { return bytes_; }
  int64_t entry_bytes() const { return entry_bytes_; }
  // The same with the allocator's own needs: what it adds to the resident set, and what the Budget
  // counts.
  int64_t cost() const { return with_overhead(bytes_); }
  // What the Budget has not heard of yet.
  int64_t unpublished() const { return cost() - published_; }

 private:
  void move(int64_t delta) {
    bytes_ += delta;
    const int64_t unheard = unpublished();
    if (unheard > kLag || unheard < -kLag) [[unlikely]] {
      budget_.add(unheard);
      published_ += unheard;
    }
  }

  Budget& budget_;
  int64_t bytes_ = 0;
  int64_t entry_bytes_ = 0;
  int64_t published_ = 0;
};

}  // namespace freshet
