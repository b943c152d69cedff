// Floors for the hit ratio of each policy on generated workloads. The figures in the tests are a
// point or so below what was measured.
#include <doctest/doctest.h>

#include "workloads.h"

namespace freshet::eviction {
namespace {

constexpr size_t kLength = FRESHET_EVICTION_REFERENCES;
constexpr bool kFull = kLength >= 200'000;  // what is learned needs some time

constexpr EvictionPolicy kLearned = EvictionPolicy::kAllKeysAdaptive;
constexpr EvictionPolicy kLru = EvictionPolicy::kAllKeysLru;
constexpr EvictionPolicy kLfu = EvictionPolicy::kAllKeysLfu;
constexpr EvictionPolicy kRandom = EvictionPolicy::kAllKeysRandom;

TEST_CASE("on Zipf the learning policy beats the others, and stays below what is possible") {
  const Stream stream = zipf(kLength, 50'000, 0.9, 1);
  constexpr size_t kCapacity = 1000;
  const double learned = hit_ratio(stream, {kLearned, kCapacity});
  const double lru = hit_ratio(stream, {kLru, kCapacity});
  const double random = hit_ratio(stream, {kRandom, kCapacity});
  const double best = best_hit_ratio(stream, kCapacity);
  MESSAGE("zipf: learned ", learned, " lru ", lru, " random ", random, " best ", best);
  CHECK_LT(learned, best);
  CHECK_GT(lru, random);
  if (kFull) {
    CHECK_GT(learned, lru + 5);
    CHECK_GT(learned, hit_ratio(stream, {kLfu, kCapacity}));
    CHECK_GT(learned, 48);
  }
}

TEST_CASE("keys that come once do not push out the others") {
  const Stream stream = scans(kLength, 20'000, 2);
  const double learned = hit_ratio(stream, {kLearned, 500});
  const double lru = hit_ratio(stream, {kLru, 500});
  MESSAGE("scans: learned ", learned, " lru ", lru);
  CHECK_GT(learned, lru);
  if (kFull) CHECK_GT(learned, lru + 5);
}

TEST_CASE("of a loop that does not fit, as much is hit as fits") {
  const Stream stream = loop(kLength, 5000);
  CHECK_LT(hit_ratio(stream, {kLru, 1000}), 1);
  const double learned = hit_ratio(stream, {kLearned, 1000});
  MESSAGE("loop: learned ", learned);
  if (kFull) CHECK_GT(learned, 17);
}

TEST_CASE("what was popular is forgotten when something else is") {
  const Stream stream = shifting(kLength, 5000, 3);
  const double learned = hit_ratio(stream, {kLearned, 500});
  MESSAGE("shifting: learned ", learned, " lru ", hit_ratio(stream, {kLru, 500}));
  CHECK_GT(learned, hit_ratio(stream, {kLru, 500}));
  CHECK_GT(learned, hit_ratio(stream, {kLfu, 500}));
}

TEST_CASE("eight shards hit nearly as often as one") {
  const Stream stream = zipf(kLength, 50'000, 0.9, 5);
  const double one = hit_ratio(stream, {kLearned, 4000, 1});
  const double eight = hit_ratio(stream, {kLearned, 4000, 8});
  MESSAGE("one ", one, " eight ", eight);
  CHECK_GT(eight, one - (kFull ? 0.7 : 2));
}

}  // namespace
}  // namespace freshet::eviction
