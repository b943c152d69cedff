// Entries that move together: pages become free, and nothing else changes.
#include "freshet/base/allocator.h"
#include "harness.h"

namespace freshet {
namespace {

constexpr int kKeys = 40'000;

std::string key_of(int i) { return "key:" + std::to_string(i); }
std::string value_of(int i) { return std::to_string(i) + std::string(200, 'v'); }

// Looks at all keys `rounds` times.
void compact(Cache& cache, int rounds) {
  for (uint32_t id = 0; id < cache.keyspace.size(); ++id) {
    Shard& shard = cache.keyspace.shard(id);
    for (int round = 0; round < rounds; ++round) {
      cache.pass(1000);  // it may rest
      do {
        shard.compact_slice(cache.session.now, Sparse::kPressing, 4);
      } while (shard.compactor.position != 0 || shard.compactor.database != 0);
    }
  }
}

uint64_t moved(Cache& cache) {
  uint64_t moved = 0;
  for (uint32_t id = 0; id < cache.keyspace.size(); ++id)
    moved += cache.keyspace.shard(id).stats.moved;
  return moved;
}

uint64_t looked_at(Cache& cache) {
  uint64_t entries = moved(cache);
  for (uint32_t id = 0; id < cache.keyspace.size(); ++id)
    entries += cache.keyspace.shard(id).stats.left_in_place;
  return entries;
}

// Of eight keys one stays.
void thin_out(Cache& cache) {
  for (int i = 0; i < kKeys; ++i) {
    if (i % 8 != 0) cache.run({"DEL", key_of(i)});
  }
}

}  // namespace

TEST_CASE("what deletions left half empty is given back") {
  Cache cache(2);
  for (int i = 0; i < kKeys; ++i) cache.run({"SET", key_of(i), value_of(i)});
  thin_out(cache);
  const AllocatorFigures before = allocator_figures();
  compact(cache, 8);
  const AllocatorFigures after = allocator_figures();
  if (!kGivesBack) return;
  CHECK(moved(cache) > kKeys / 16);
  CHECK(before.active - after.active > kKeys * 200 / 2);
}

TEST_CASE("a moved key is what it was: value, deadline, tags, place in the index, priority") {
  Cache cache(2);
  cache("CONFIG SET prefix-index yes");
  for (uint32_t id = 0; id < 2; ++id)
    cache.chore(id, [](Shard& shard) {
      while (shard.index_slice(1000)) {
      }
    });
  for (int i = 0; i < kKeys; ++i) {
    cache.run({"DEPSET", key_of(i), value_of(i), "EX", std::to_string(100 + i), "TAGS", "1",
               i % 16 == 0 ? "even" : "odd", "PRIORITY", "7"});
  }
  thin_out(cache);
  const std::string used = std::to_string(cache.keyspace.budget.used());
  compact(cache, 8);
  CHECK(std::to_string(cache.keyspace.budget.used()) == used);
  if (kGivesBack) CHECK(moved(cache) > kKeys / 16);
  for (int i = 0; i < kKeys; i += 8) {
    CHECK(cache.run({"GET", key_of(i)}).find(value_of(i)) != std::string::npos);
  }
  CHECK(cache("TTL key:8") == ":" + std::to_string(108 - 16) + "\r\n");
  CHECK(cache("KEYS key:3992*").substr(0, 4) == "*3\r\n");
  size_t pinned = 0;
  for (uint32_t id = 0; id < 2; ++id) pinned += cache.keyspace.shard(id).db(0).pinned;
  CHECK(pinned == kKeys / 8);
  CHECK(cache("INVALIDATE TAG even") == ":" + std::to_string(kKeys / 16) + "\r\n");
  CHECK(cache("DBSIZE") == ":" + std::to_string(kKeys / 16) + "\r\n");
}

TEST_CASE("a round that gains nothing is followed by a rest, unless keys make room") {
  Cache cache(1);
  for (int i = 0; i < kKeys; ++i) cache.run({"SET", key_of(i), value_of(i)});
  Shard& shard = cache.keyspace.shard(0);
  const Millis now = cache.session.now;
  const auto slice = [&](Millis when, Sparse sparse) {
    return shard.compact_slice(when, sparse, 4);
  };
  CHECK_FALSE(slice(now, Sparse::kNot));
  int slices = 0;
  while (slice(now, Sparse::kSomewhat) && slices < 100'000) ++slices;
  CHECK(slices > 30);
  CHECK(slices < 100'000);
  CHECK(shard.compactor.database == 0);
  CHECK(shard.compactor.position == 0);
  CHECK_FALSE(slice(now + 4000, Sparse::kSomewhat));
  CHECK(slice(now + 200, Sparse::kPressing));
  CHECK(slice(now + 6000, Sparse::kSomewhat));
}

// Each eviction looks at a few entries besides while keys make room: of a thousand in a turn, too
// many.
TEST_CASE("evictions of one turn compact no more than its share") {
  constexpr uint64_t kMostOfBucket = 12;  // with those that its neighbours keep
  Cache cache(4);
  cache.options.settings.policy = EvictionPolicy::kAllKeysAdaptive;
  for (int i = 0; i < kKeys; ++i) cache.run({"SET", key_of(i), value_of(i)});
  cache.options.settings.maxmemory = cache.keyspace.budget.used();
  cache.keyspace.sparse = Sparse::kPressing;
  int next = kKeys;
  for (int turn = 0; turn < 5; ++turn) {
    CAPTURE(turn);
    cache.router.new_turn();
    const uint64_t before = looked_at(cache);
    for (int i = 0; i < 1000; ++i, ++next) cache.run({"SET", key_of(next), value_of(next)});
    CHECK(looked_at(cache) > before);
    CHECK(looked_at(cache) - before <= Router::kCompactionsPerTurn * kMostOfBucket);
  }
}

TEST_CASE("few keys that are left move together, and then not again and again") {
  Cache cache(1);
  for (int i = 0; i < kKeys; ++i) cache.run({"SET", key_of(i), value_of(i)});
  compact(cache, 2);  // it knows full runs
  for (int i = 20; i < kKeys; ++i) cache.run({"DEL", key_of(i)});
  Shard& shard = cache.keyspace.shard(0);
  int slices = 0;
  while (shard.compact_slice(cache.session.now + 60'000, Sparse::kSomewhat, 4) && slices < 10'000)
    ++slices;
  CHECK(slices < 1000);
}

TEST_CASE("what is dead is not moved before it goes") {
  Cache cache(1);
  for (int i = 0; i < kKeys; ++i) cache.run({"SET", key_of(i), value_of(i)});
  thin_out(cache);
  Shard& shard = cache.keyspace.shard(0);
  const Millis now = cache.session.now;
  CHECK(cache("INVALIDATE PATTERN key:*") == ":" + std::to_string(kKeys / 8) + "\r\n");
  REQUIRE(shard.db(0).kills.pending());
  CHECK_FALSE(shard.compact_slice(now, Sparse::kPressing, 4));
  while (shard.reclaim_slice(now, 1000)) {
  }
  CHECK_FALSE(shard.db(0).kills.pending());
  CHECK(shard.compact_slice(now, Sparse::kPressing, 4));
}

}  // namespace freshet
