// All shards of the process, and what they share: the hash seed, the settings, the memory budget.
// Immutable after construction; the shards guard themselves.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <memory>
#include <vector>

#include "freshet/engine/invalidation_log.h"
#include "freshet/engine/shard.h"

namespace freshet {

inline constexpr uint32_t kMaxShards = 4096;

// Cascades so far: changes that killed dependents. Any thread; touched once a cascade.
struct CascadeFigures {
  std::atomic<uint64_t> count{0};
  std::atomic<uint64_t> deepest{0};          // levels
  std::atomic<uint64_t> widest{0};           // keys
  std::atomic<uint64_t> levels{0}, keys{0};  // of all of them
  // How many cascades had up to 1, 2, 4, 8 … levels, and keys; the last place has all others.
  static constexpr size_t kSizes = 21;
  std::array<std::atomic<uint64_t>, kSizes> depths{}, widths{};

  void add(uint64_t depth, uint64_t width) {
    count.fetch_add(1, std::memory_order_relaxed);
    levels.fetch_add(depth, std::memory_order_relaxed);
    keys.fetch_add(width, std::memory_order_relaxed);
    depths[size_of(depth)].fetch_add(1, std::memory_order_relaxed);
    widths[size_of(width)].fetch_add(1, std::memory_order_relaxed);
    raise(deepest, depth);
    raise(widest, width);
  }
  void reset() {
    count = deepest = widest = levels = keys = 0;
    for (auto& one : depths) one = 0;
    for (auto& one : widths) one = 0;
  }

 private:
  // The place in depths and widths: of the smallest power of two that is not below the value.
  static size_t size_of(uint64_t value) {
    const auto place = static_cast<size_t>(value < 2 ? 0 : std::bit_width(value - 1));
    return place < kSizes ? place : kSizes - 1;
  }
  static void raise(std::atomic<uint64_t>& most, uint64_t value) {
    uint64_t present = most.load(std::memory_order_relaxed);
    while (present < value &&
           !most.compare_exchange_weak(present, value, std::memory_order_relaxed)) {
    }
  }
};

class Keyspace {
 public:
  // shards: 1 … kMaxShards. databases: 1 … 256.
  Keyspace(uint32_t shards, int databases, uint64_t seed, const Settings& settings_);

  uint32_t size() const { return size_; }
  Shard& shard(uint32_t id) { return *shards_[id]; }
  uint32_t id_of(uint64_t hash) const { return shard_of(hash, size()); }
  Shard& home(const Key& key) { return shard(id_of(key.hash)); }
  int databases() const { return shards_[0]->databases(); }

  const Hasher hasher;
  const Settings& settings;
  Budget budget;
  Budget graphs;  // what declarations take of it, as the shards last said
  Fences fences;
  Lessons lessons;
  Miniatures miniatures;
  CascadeFigures cascades;
  InvalidationLog invalidations;
  // Whether pages are half empty, so that entries should move. Told by who knows the resident set.
  std::atomic<Sparse> sparse{Sparse::kNot};
  std::atomic<uint64_t> last_async{0};  // keys killed by the INVALIDATE … ASYNC that ended last

 private:
  const uint32_t size_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace freshet
