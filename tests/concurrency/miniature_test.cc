#include "freshet/engine/miniature.h"

#include <doctest/doctest.h>

#include "freshet/base/rng.h"
#include "threads.h"

namespace freshet {

TEST_CASE(
    "shards of several threads tell one set of copies, while policies change and others read") {
  constexpr uint32_t kShards = 3;
  constexpr int kRounds = 20'000;
  Settings settings;
  settings.maxmemory = 1 << 20;
  settings.policy = EvictionPolicy::kAllKeysAdaptive;
  Budget budget;
  Miniatures copies(kShards, settings, budget);
  std::atomic<int> strange{0};
  run_threads(kShards + 1, [&](int thread) {
    const auto shard = static_cast<uint32_t>(thread);
    Rng rng(shard);
    for (int i = 0; i < kRounds; ++i) {
      if (shard == kShards) {
        const Miniatures::Reading reading = copies.read();
        if (reading.hit_rates && !(reading.hit_rates->at(0) <= 1)) strange.fetch_add(1);
        if (i % 500 == 0) settings.policy = static_cast<EvictionPolicy>(rng.below(kPolicies));
        if (i % 1'000 == 0) copies.restart();
        continue;
      }
      const uint64_t hash = (rng.below(1 + rng.below(2'000)) * kShards + shard) << 20;
      const Miniatures::Moment moment{1'700'000'000'000 + i, shard, static_cast<uint64_t>(i) * 16,
                                      100'000, 1};
      if (i % 3 == 0) {
        copies.hit({hash, 100, i % 2 == 0 ? kNever : moment.now + 100}, moment);
      } else {
        copies.missed(hash, moment);
        copies.stored({hash, 100 + rng.below(100)}, moment);
      }
      if (i % 50 == 0) copies.removed(hash);
      if (i % 5'000 == 0) copies.removed_all(shard);
    }
  });
  CHECK(strange == 0);
  copies.clear();
  CHECK(copies.read().keys == 0);
  CHECK(budget.used() <= 0);
}

TEST_CASE("a limit that goes while shards tell of keys leaves none of them without its places") {
  constexpr uint32_t kShards = 3;
  constexpr int kRounds = 20'000;
  Settings settings;
  settings.policy = EvictionPolicy::kAllKeysAdaptive;
  Budget budget;
  Miniatures copies(kShards, settings, budget);
  run_threads(kShards + 1, [&](int thread) {
    const auto shard = static_cast<uint32_t>(thread);
    for (int i = 0; i < kRounds; ++i) {
      if (shard == kShards) {
        settings.maxmemory = i % 2 == 0 ? 1 << 20 : 0;
        std::this_thread::yield();
        continue;
      }
      const uint64_t hash = static_cast<uint64_t>(i % 100) << 20;
      const Miniatures::Moment moment{1'700'000'000'000 + i, shard, static_cast<uint64_t>(i) * 16,
                                      100'000, 1};
      copies.missed(hash, moment);
      copies.stored({hash, 100}, moment);
      copies.hit({hash, 100}, moment);
      copies.removed(hash);
    }
  });
  settings.maxmemory = 1 << 20;
  copies.stored({0, 100}, {1'700'000'100'000, 0, 16 * kRounds, 100'000, 1});
  CHECK(copies.read().keys >= 1);
  settings.maxmemory = 0;
  copies.missed(0, {1'700'000'100'000, 0, 16 * kRounds, 100'000, 1});
  CHECK(copies.read().keys == 0);
  CHECK(budget.used() <= 0);
}

}  // namespace freshet
