// The copies of a cache: what reaches them, and that they hold to their memory. How close their
// estimates come is hit_curve_test.cc's.
#include "freshet/engine/miniature.h"

#include <doctest/doctest.h>

#include "freshet/base/rng.h"

namespace freshet {
namespace {

constexpr Millis kNow = 1'700'000'000'000;

struct Subject {
  Subject() : copies(2, settings, budget) {
    settings.maxmemory = 1 << 20;
    settings.policy = EvictionPolicy::kAllKeysAdaptive;
  }
  Miniatures::Moment moment(uint32_t shard = 0) {
    return {kNow, shard, references[shard], 500'000, weight};
  }
  void get_and_set(uint64_t key, Millis deadline = kNever, uint32_t shard = 0) {
    references[shard] += Miniatures::kLeastWeight;  // of all keys
    copies.missed(hash_of(key), moment(shard));
    copies.stored({hash_of(key), 100, deadline}, moment(shard));
  }
  void find(uint64_t key, uint32_t shard = 0) {
    references[shard] += Miniatures::kLeastWeight;
    copies.hit({hash_of(key), 100}, moment(shard));
  }
  // One that is followed for long.
  static uint64_t hash_of(uint64_t key) { return Rng(key).next() & ~uint64_t{0xffffff}; }

  Settings settings;
  Budget budget;
  uint64_t references[2] = {1, 1};
  uint64_t weight = 1;
  Miniatures copies;
};

TEST_CASE("a key that left from a cache of any size is a miss for all copies") {
  Subject subject;
  subject.get_and_set(1);
  for (int i = 0; i < 3; ++i) subject.find(1);
  CHECK(subject.copies.read().hit_rates->at(0) == doctest::Approx(0.75));
  subject.copies.removed(Subject::hash_of(1));
  CHECK(subject.copies.read().keys == 0);
  subject.copies.missed(Subject::hash_of(1), subject.moment());
  CHECK(subject.copies.read().hit_rates->at(4) < 0.75);
}

TEST_CASE("a key whose deadline has passed is a miss") {
  Subject subject;
  subject.get_and_set(1, kNow - 1);
  subject.copies.restart();
  subject.references[0] = 0;
  subject.get_and_set(1);
  subject.find(1);
  CHECK(subject.copies.read().hit_rates->at(4) <= 0.5);
}

TEST_CASE("a shard that is emptied takes its keys along, not another's") {
  Subject subject;
  subject.get_and_set(1);
  subject.get_and_set(2, kNever, 1);
  subject.copies.removed_all(0);
  CHECK(subject.copies.read().keys == 1);
  subject.copies.removed_all(1);
  CHECK(subject.copies.read().keys == 0);
}

TEST_CASE("no more is followed than by the shard that follows least") {
  Subject subject;
  CHECK(subject.copies.read().rate == 1.0 / Miniatures::kLeastWeight);
  subject.weight = 64;
  subject.get_and_set(1);
  CHECK(subject.copies.read().rate == 1.0 / 64);
}

TEST_CASE("memory is bounded, counted, and comes back") {
  for (const EvictionPolicy policy : {EvictionPolicy::kAllKeysAdaptive, EvictionPolicy::kAllKeysLfu,
                                      EvictionPolicy::kVolatilePriority}) {
    Subject subject;
    subject.settings.policy = policy;
    Rng rng(1);
    for (int i = 0; i < 50'000; ++i) {
      const uint64_t key = rng.below(1 + rng.below(100'000));
      const uint64_t hash = Rng(key).next() & ~uint64_t{0xfff};
      subject.references[0] += Miniatures::kLeastWeight;
      subject.copies.missed(hash, subject.moment());
      subject.copies.stored({hash, rng.below(1000), i % 2 == 0 ? kNever : kNow + 1000,
                             static_cast<uint8_t>(rng.below(8))},
                            subject.moment());
      if (i % 100 == 0) subject.copies.removed(hash);
    }
    const Miniatures::Reading reading = subject.copies.read();
    CHECK(reading.keys > 50);
    CHECK(reading.keys <= 256);
    CHECK(reading.hit_rates);
    for (size_t i = 1; i < Miniatures::kShares.size(); ++i) {
      CHECK(reading.hit_rates->at(i) >= reading.hit_rates->at(i - 1) - 0.02);
    }
    CHECK(subject.budget.used() < 100'000);
    subject.copies.clear();
    CHECK(subject.copies.read().keys == 0);
    CHECK(subject.budget.used() <= 0);
  }
}

}  // namespace
}  // namespace freshet
