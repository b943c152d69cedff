// The curve of hit ratios against an exact LRU of every size: distances counted one by one.
#include "freshet/engine/mrc.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "freshet/base/rng.h"

namespace freshet {
namespace {

constexpr Millis kStart = 1'700'000'000'000;
constexpr uint64_t kFar = uint64_t{1} << 40;

// A list of keys by last use, and what a look-up would have needed.
class Exact {
 public:
  // The bytes that an LRU cache needs to still hold the key; 0 if it is new.
  uint64_t use(uint64_t key, size_t bytes) {
    uint64_t above = 0;
    for (size_t i = keys_.size(); i-- > 0;) {
      above += keys_[i].second;
      if (keys_[i].first != key) continue;
      keys_.erase(keys_.begin() + static_cast<ptrdiff_t>(i));
      keys_.emplace_back(key, bytes);
      return above;
    }
    keys_.emplace_back(key, bytes);
    return 0;
  }

 private:
  std::vector<std::pair<uint64_t, size_t>> keys_;
};

class Subject {
 public:
  explicit Subject(size_t most) : meter(budget), mrc(meter, most) {}

  // A GET, and on a miss the SET that follows.
  void use(uint64_t hash, size_t bytes, bool found, Millis deadline = kNever) {
    ++(found ? totals.hits : totals.misses);
    if (!mrc.follows(hash)) return;
    if (found) return mrc.hit(hash, bytes, deadline, totals);
    mrc.missed(hash, totals);
    if (mrc.follows(hash)) mrc.stored(hash, bytes, deadline, totals);
  }
  void ask(uint64_t hash) {
    ++totals.misses;
    if (mrc.follows(hash)) mrc.missed(hash, totals);
  }
  double hits(double bytes) { return mrc.hits_within(bytes, totals); }

  Budget budget;
  Meter meter;
  Mrc mrc;
  Mrc::Totals totals{kStart, 0, 0, kFar};
};

// Popular keys are drawn far more often than others.
uint64_t skewed(Rng& rng, uint64_t keys) {
  const double chance = static_cast<double>(rng.next() >> 11) * 0x1p-53;
  return static_cast<uint64_t>(std::pow(static_cast<double>(keys), chance));
}
uint64_t hash_of(uint64_t key) { return Rng(key).next(); }
size_t bytes_of(uint64_t key) { return 32 + hash_of(key) % 400; }

TEST_CASE("with all keys followed the curve is that of an exact LRU in bytes") {
  Subject subject(1024);
  Exact exact;
  Rng rng(3);
  std::vector<uint64_t> needed;
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t key = skewed(rng, 900);
    const uint64_t distance = exact.use(key, bytes_of(key));
    if (distance != 0) needed.push_back(distance);
    subject.use(hash_of(key), bytes_of(key), distance != 0);
  }
  REQUIRE(subject.mrc.read(subject.totals).rate == 1);
  for (const double bytes : {2e3, 1e4, 3e4, 1e5, 2e5}) {
    const auto hits = std::count_if(needed.begin(), needed.end(), [bytes](uint64_t distance) {
      return static_cast<double>(distance) <= bytes;
    });
    CHECK(subject.hits(bytes) == doctest::Approx(hits).epsilon(0.01));
  }
}

TEST_CASE("with few keys followed the curve comes close to the exact one") {
  Subject subject(1024);
  Exact exact;
  Rng rng(5);
  std::vector<uint64_t> needed;
  constexpr int kReferences = 60'000;
  for (int i = 0; i < kReferences; ++i) {
    const uint64_t key = i % 8 == 0 ? 100'000 + static_cast<uint64_t>(i) : skewed(rng, 6'000);
    const uint64_t distance = i % 8 == 0 ? 0 : exact.use(key, bytes_of(key));
    if (distance != 0) needed.push_back(distance);
    subject.use(hash_of(key), i % 8 == 0 ? 0 : bytes_of(key), distance != 0);
  }
  const Mrc::Reading reading = subject.mrc.read(subject.totals);
  CHECK(reading.rate <= 1.0 / 4);
  CHECK(reading.keys <= 2048);
  for (const double bytes : {5e4, 1e5, 3e5, 1e6}) {
    const auto hits = std::count_if(needed.begin(), needed.end(), [bytes](uint64_t distance) {
      return static_cast<double>(distance) <= bytes;
    });
    CHECK(std::abs(subject.hits(bytes) - static_cast<double>(hits)) / kReferences < 0.05);
  }
}

TEST_CASE("a key that is asked for and never stored is a miss at any size") {
  Subject subject(64);
  for (int i = 0; i < 100; ++i) subject.ask(hash_of(1));
  CHECK(subject.hits(1e12) == 0);
}

TEST_CASE("an evicted key would have been a hit in a larger cache, one that was deleted not") {
  Subject subject(64);
  subject.use(hash_of(1), 1000, false);
  subject.use(hash_of(2), 1000, false);
  subject.use(hash_of(1), 1000, false);  // evicted meanwhile: nobody said that it was removed
  CHECK(subject.hits(1500) == 0);
  CHECK(subject.hits(3000) == 1);
  subject.mrc.removed(hash_of(2));
  subject.use(hash_of(2), 1000, false);
  CHECK(subject.hits(1e12) == 1);
}

TEST_CASE("a key past its deadline is a miss at any size, and goes when room is needed") {
  Subject subject(64);
  subject.use(hash_of(1), 100, false, kStart + 5'000);
  subject.totals.now += 6'000;
  subject.use(hash_of(1), 100, false);
  CHECK(subject.hits(1e12) == 0);
  subject.use(hash_of(2), 100, false, subject.totals.now + 1'000);
  subject.totals.now += 2'000;
  for (uint64_t i = 0; i < 200; ++i) subject.use(hash_of(1), 100, true);
  CHECK(subject.mrc.read(subject.totals).keys == 1);
}

TEST_CASE("what lies beyond the horizon is given up before any key is followed no longer") {
  Subject subject(64);
  subject.totals.horizon = 4'000;
  for (uint64_t key = 0; key < 5'000; ++key) subject.use(hash_of(key), 100, false);
  const Mrc::Reading reading = subject.mrc.read(subject.totals);
  CHECK(reading.rate == 1);
  CHECK(reading.keys <= 128);
}

TEST_CASE("a small cache spends little on it") {
  Subject small(1024), large(1024);
  small.totals.horizon = Mrc::kHorizon * 100'000;
  large.totals.horizon = Mrc::kHorizon * 10'000'000;
  for (uint64_t key = 0; key < 50'000; ++key) {
    small.use(hash_of(key), 20, false);
    large.use(hash_of(key), 20, false);
  }
  CHECK(small.meter.bytes() < 5'000);
  CHECK(large.meter.bytes() > 10 * small.meter.bytes());
}

TEST_CASE("a restart forgets what was counted and keeps the keys; old windows are forgotten") {
  Subject subject(64);
  subject.use(hash_of(1), 100, false);
  subject.use(hash_of(1), 100, true);
  CHECK(subject.hits(1e6) == 1);
  subject.mrc.restart();
  subject.totals.hits = subject.totals.misses = 0;
  CHECK(subject.mrc.read(subject.totals).since == 0);
  subject.totals.now += 10;
  subject.use(hash_of(1), 100, true);
  CHECK(subject.hits(1e6) == 1);
  CHECK(subject.mrc.read(subject.totals).since == kStart + 10);
  for (int i = 0; i < 100'000; ++i) subject.use(hash_of(1), 100, true);
  CHECK(subject.mrc.read(subject.totals).references < 20'000);
}

TEST_CASE("after clear all keys are followed again, and all memory is given back in the end") {
  Budget budget;
  Meter meter(budget);
  {
    Mrc mrc(meter, 64);
    Mrc::Totals totals{kStart, 0, 0, kFar};
    for (uint64_t key = 0; key < 1'000; ++key) {
      if (mrc.follows(hash_of(key))) mrc.stored(hash_of(key), 100, kNever, totals);
    }
    CHECK(mrc.read(totals).keys > 0);
    mrc.clear();
    CHECK(meter.bytes() == 0);
    CHECK(mrc.read(totals).keys == 0);
    CHECK(mrc.follows(UINT64_MAX));
    mrc.stored(1, 10, kNever, totals);
    CHECK(meter.bytes() > 0);
  }
  CHECK(meter.bytes() == 0);
}

}  // namespace
}  // namespace freshet
