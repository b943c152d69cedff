#include "server/housekeeper.h"

#include <utility>

#include "freshet/base/ticks.h"

namespace freshet {
namespace {

// Behind one door:
constexpr size_t kRecords = 64;  // of the expiry wheel: about 10 us
constexpr size_t kBuckets = 4;   // entered in the prefix index, or compacted: about 20 us

constexpr int64_t kNearly = 16;  // memory is nearly full when less than this part is free

}  // namespace

Housekeeper::Housekeeper(Router& router, std::vector<uint32_t> shards)
    : router_(router), shards_(std::move(shards)) {}

bool Housekeeper::work(Millis now, uint64_t most) {
  const uint64_t begin = ticks(), end = begin + most;
  busy_ = false;
  const bool over = trim(now, begin + most / 2);
  bool left = over;
  // While keys have to go, entries stay where they are: fewer move later, and free more. Unless
  // keys go to make room for pages.
  const Sparse sparse = router_.keyspace().sparse.load(std::memory_order_relaxed);
  if (sparse == Sparse::kPressing || (sparse == Sparse::kSomewhat && !over))
    left |= compact(now, sparse, begin + most / 4 * 3);
  return settle(now, end) || left;
}

bool Housekeeper::settle(Millis now, uint64_t end) {
  for (size_t quiet = 0; quiet < shards_.size();) {
    const bool left = tend(shards_[next_], now);
    next_ = next_ + 1 == shards_.size() ? 0 : next_ + 1;
    quiet = left ? 0 : quiet + 1;
    busy_ |= left;
    if (ticks() >= end) return quiet < shards_.size();
  }
  return false;
}

// Entries move together while pages are half empty. True if there is more to gain.
bool Housekeeper::compact(Millis now, Sparse sparse, uint64_t end) {
  for (size_t quiet = 0; quiet < shards_.size();) {
    bool left = false;
    router_.at(shards_[compacted_],
               [&](Shard& shard) { left = shard.compact_slice(now, sparse, kBuckets); });
    compacted_ = compacted_ + 1 == shards_.size() ? 0 : compacted_ + 1;
    quiet = left ? 0 : quiet + 1;
    busy_ |= left;
    if (ticks() >= end) return quiet < shards_.size();
  }
  return false;
}

// One slice for one shard; true if it has more to do.
bool Housekeeper::tend(uint32_t id, Millis now) {
  const Keyspace& keyspace = router_.keyspace();
  const bool expire = keyspace.settings.active_expire.load(std::memory_order_relaxed);
  const int64_t limit = keyspace.settings.maxmemory.load(std::memory_order_relaxed);
  const bool nearly_full = limit != 0 && keyspace.budget.used() > limit - limit / kNearly;
  bool left = false;
  {
    const Router::Collecting collecting(router_, cascade_);
    router_.at(id, [&](Shard& shard) {
      if (expire) left = shard.expire_slice(now, kRecords) >= kRecords;
      left |= shard.reclaim_slice(now, kRecords);
      left |= shard.index_slice(kBuckets);
      shard.follow_policy(now, nearly_full);
      left |= shard.trim_graph(now, router_.keyspace().graphs);
      shard.leases.sweep(now, kRecords);
    });
  }
  cascade_.deliver(router_, now, kRecords);
  return left || !cascade_.empty();
}

// CONFIG SET maxmemory may leave much to evict. True if there is more.
bool Housekeeper::trim(Millis now, uint64_t end) {
  Keyspace& keyspace = router_.keyspace();
  const int64_t limit = keyspace.settings.maxmemory.load(std::memory_order_relaxed);
  if (limit == 0) return false;
  if (keyspace.settings.policy.load(std::memory_order_relaxed) == EvictionPolicy::kNoEviction)
    return false;
  while (keyspace.budget.used() > limit) {
    bool evicted = false;
    {
      const Router::Collecting collecting(router_, cascade_);
      evicted = router_.evict_somewhere(now).has_value();
    }
    cascade_.deliver(router_, now, kRecords);
    if (!evicted) return false;
    busy_ = true;
    if (ticks() >= end) return true;
  }
  return false;
}

}  // namespace freshet
