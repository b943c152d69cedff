#include "freshet/engine/expiry.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "../scale.h"
#include "freshet/engine/keyspace.h"
#include "freshet/engine/space.h"

namespace freshet {
namespace {

constexpr Millis kStart = 1'700'000'000'000;
constexpr Millis kSlot = 16;
constexpr Millis kDay = 86'400'000;

// One shard whose clock the test moves.
struct Fixture {
  Settings settings;
  Keyspace keyspace{1, 2, 9, settings};
  Shard& shard = keyspace.shard(0);
  Millis now = kStart;

  Fixture() { expire(); }
  Space space() { return Space(shard, 0, now); }
  Key key(std::string_view name) { return shard.hasher.key(name); }
  void set(const std::string& name, Millis deadline) {
    Space at = space();
    at.assign(key(name), Value::of(int64_t{1}), deadline, at.write(key(name)));
  }
  void extend(const std::string& name, Millis deadline) {
    Space at = space();
    at.set_deadline(key(name), at.peek(key(name)), deadline);
  }
  void del(const std::string& name) {
    Space at = space();
    at.remove(key(name), at.peek(key(name)), Cause::kDeleted);
  }
  // Still kept, whether past its deadline or not.
  bool kept(std::string_view name) { return shard.db(0).keys.find(key(name)) != nullptr; }
  size_t size() { return shard.db(0).keys.size(); }
  void expire() { shard.expire_slice(now, 1'000'000); }
  size_t records() { return shard.db(0).wheel.records(); }
};

}  // namespace

TEST_CASE("every deadline fires not early, and at most one slot late") {
  Fixture f;
  Rng rng(1);
  std::multimap<Millis, std::string> deadlines;
  constexpr int kKeys = scaled(5000, 1000);
  for (int i = 0; i < kKeys; ++i) {
    const Millis deadline = kStart + 1 + static_cast<Millis>(rng.below(300'000));
    const std::string name = "k" + std::to_string(i);
    f.set(name, deadline);
    deadlines.emplace(deadline, name);
  }
  while (!deadlines.empty() && f.now < kStart + 400'000) {
    f.now += 1 + static_cast<Millis>(rng.below(40));
    f.expire();
    while (!deadlines.empty() && deadlines.begin()->first + kSlot <= f.now) {
      REQUIRE_FALSE(f.kept(deadlines.begin()->second));
      deadlines.erase(deadlines.begin());
    }
    size_t alive = 0;
    for (const auto& [deadline, name] : deadlines) alive += deadline > f.now && f.kept(name);
    const auto later = std::distance(deadlines.upper_bound(f.now), deadlines.end());
    REQUIRE_EQ(alive, static_cast<size_t>(later));
  }
  CHECK_EQ(f.size(), 0);
  CHECK_EQ(f.shard.stats.expired, kKeys);
}

TEST_CASE("far deadlines come down level by level and fire on time") {
  Fixture f;
  const Millis ages[] = {50,          1'100,      70'000,      4'500'000,
                         290'000'000, 400 * kDay, 9000 * kDay, 99'000 * kDay};
  for (const Millis age : ages) f.set("k" + std::to_string(age), kStart + age);
  for (const Millis age : ages) {
    const std::string name = "k" + std::to_string(age);
    // In steps that grow, as time passes in a server: no step is longer than what has passed.
    for (Millis step = 10; f.now < kStart + age - 1; step += step / 4) {
      f.now = std::min(f.now + step, kStart + age - 1);
      f.expire();
      REQUIRE(f.kept(name));
    }
    f.now = kStart + age + kSlot;
    f.expire();
    CHECK_FALSE(f.kept(name));
  }
}

TEST_CASE("a pause of any length loses no deadline") {
  for (const Millis pause : {Millis{100}, Millis{2'000}, Millis{70'000}, Millis{200'000},
                             Millis{10'000'000}, 30 * kDay, 3000 * kDay}) {
    Fixture f;
    Rng rng(static_cast<uint64_t>(pause));
    for (int i = 0; i < 2000; ++i) {
      f.set("k" + std::to_string(i),
            kStart + 1 + static_cast<Millis>(rng.below(static_cast<uint64_t>(pause - kSlot))));
    }
    f.set("later", kStart + pause + 5'000);
    f.now += pause;
    f.expire();
    CHECK_EQ(f.size(), 1);
    f.now += 5'000 + kSlot;
    f.expire();
    CHECK_EQ(f.size(), 0);
  }
}

TEST_CASE("an extended deadline counts, an earlier one too, and one taken away never fires") {
  Fixture f;
  f.set("longer", kStart + 100);
  f.extend("longer", kStart + 100'000);
  f.set("nearby", kStart + 100'000);
  f.extend("nearby", kStart + 100'005);  // the same slot: no record of its own
  f.set("shorter", kStart + 100'000);
  f.extend("shorter", kStart + 100);
  f.set("persisted", kStart + 100);
  f.extend("persisted", kNever);
  f.now = kStart + 200;
  f.expire();
  CHECK(f.kept("longer"));
  CHECK(f.kept("nearby"));
  CHECK_FALSE(f.kept("shorter"));
  CHECK(f.kept("persisted"));
  f.now = kStart + 100'004;
  f.expire();
  CHECK(f.kept("nearby"));
  f.now = kStart + 100'005 + kSlot;
  f.expire();
  CHECK_FALSE(f.kept("longer"));
  CHECK_FALSE(f.kept("nearby"));
  CHECK(f.kept("persisted"));
  CHECK_EQ(f.shard.db(0).with_deadline, 0);
}

TEST_CASE("setting and deleting keys with deadlines over and over keeps few records") {
  Fixture f;
  f.set("stays", kStart + kDay);
  size_t most = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string name = "k" + std::to_string(i % 100);
    f.set(name, kStart + kDay + i);
    f.del(name);
    if (i % 1000 == 0) {
      f.now += 1;
      f.expire();
      f.expire();
      most = std::max(most, f.records());
    }
  }
  CHECK_LT(most, 8'000);
  f.now = kStart + kDay + kSlot;
  f.expire();
  CHECK_EQ(f.size(), 0);
}

TEST_CASE("a clean-up of records loses none of the living") {
  Fixture f;
  for (int i = 0; i < 1000; ++i) f.set("live" + std::to_string(i), kStart + 1'000'000 + i * 977);
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 20'000; ++i) {
      f.set("x", kStart + 2'000'000 + i * 31);
      f.del("x");
    }
    f.now += 20;
    // In small slices, with changes in between.
    for (int slice = 0; slice < 3000; ++slice) {
      f.shard.expire_slice(f.now, 16);
      if (slice % 100 == 0) f.extend("live" + std::to_string(slice / 100), kStart + 1'500'000);
    }
    REQUIRE_LT(f.records(), 8'000);
  }
  CHECK_EQ(f.size(), 1000);
  f.now = kStart + 3'000'000;
  f.expire();
  CHECK_EQ(f.size(), 0);
  CHECK_EQ(f.shard.stats.expired, 1000);
}

TEST_CASE("a slice looks at no more than its budget and says so") {
  Fixture f;
  for (int i = 0; i < 1000; ++i) f.set("k" + std::to_string(i), kStart + 10);
  f.now += 100;
  const size_t done = f.shard.expire_slice(f.now, 64);
  CHECK_GE(done, 64);
  CHECK_LT(done, 64 + ExpiryWheel::kBatch);
  CHECK_EQ(f.size(), 1000 - done);
}

TEST_CASE("a wheel gives its memory back") {
  Budget budget;
  Meter meter(budget);
  {
    ExpiryWheel wheel(meter);
    wheel.advance(kStart);
    for (int i = 0; i < 10'000; ++i) wheel.add(kStart + i * 1'000, static_cast<uint32_t>(i));
    CHECK_GT(meter.bytes(), 40'000);
    wheel.advance(kStart + 5'000'000);
    uint32_t records[ExpiryWheel::kBatch];
    ExpiryWheel::Window window;
    while (wheel.take_due(records, window) != 0) {
    }
    wheel.clear();
    CHECK_EQ(meter.bytes(), 0);
    wheel.add(kStart, 1);
  }
  CHECK_EQ(meter.bytes(), 0);
}

}  // namespace freshet
