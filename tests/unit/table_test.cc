#include "freshet/engine/table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>

#include "freshet/engine/entry.h"

namespace freshet {
namespace {

// A table of entries, the entries that it holds, and a model to compare with.
struct Fixture {
  Budget budget;
  Meter meter{budget};
  Hasher hasher{7};
  Table<Entry> table{hasher, meter};
  std::unordered_map<std::string, Entry*> model;

  ~Fixture() {
    for (auto& [key, entry] : model) Entry::free(entry);
  }
  void add(const std::string& name) {
    Entry* entry = Entry::make(name, Value::of(int64_t{1}), {});
    table.insert(hasher(name), entry);
    model.emplace(name, entry);
  }
  void drop(const std::string& name) {
    const auto found = model.find(name);
    table.erase(hasher(name), found->second);
    Entry::free(found->second);
    model.erase(found);
  }
  bool agrees() const {
    if (table.size() != model.size()) return false;
    return std::all_of(model.begin(), model.end(), [&](const auto& pair) {
      return table.find(hasher.key(pair.first)) == pair.second;
    });
  }
  std::set<std::string> walk() const {
    std::set<std::string> seen;
    uint64_t position = 0;
    do {
      position = table.scan(position,
                            [&](const Entry* entry) { CHECK(seen.emplace(entry->key()).second); });
    } while (position != 0);
    return seen;
  }
};

// Names whose positions share their 12 high bits.
std::vector<std::string> colliding(const Hasher& hasher, size_t count) {
  std::vector<std::string> names;
  for (uint64_t i = 0; names.size() < count; ++i) {
    std::string name = "c" + std::to_string(i);
    if (position_of(hasher(name)) >> (kPositionBits - 12) == 5) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

TEST_CASE("a table agrees with a map under random inserts, erases and look-ups") {
  Fixture f;
  Rng rng(3);
  for (int step = 0; step < 200'000; ++step) {
    // Grows for a while, then shrinks, so that segments are resized and split both ways.
    const bool growing = (step / 40'000) % 2 == 0;
    const std::string name = "k" + std::to_string(rng.below(30'000));
    const bool known = f.model.count(name) != 0;
    REQUIRE_EQ(f.table.find(f.hasher.key(name)) != nullptr, known);
    if (!known && (growing || rng.below(4) == 0)) f.add(name);
    if (known && (!growing || rng.below(4) == 0)) f.drop(name);
    if (step % 20'000 == 0) REQUIRE(f.agrees());
  }
  CHECK(f.agrees());
  CHECK_EQ(f.walk().size(), f.model.size());
}

TEST_CASE("keys whose positions collide are all found, scanned and erased") {
  Fixture f;
  const std::vector<std::string> names = colliding(f.hasher, 1500);
  for (const std::string& name : names) f.add(name);
  CHECK(f.agrees());
  CHECK_EQ(f.walk(), std::set<std::string>(names.begin(), names.end()));
  // The directory may not run away after keys that don't part.
  CHECK_LT(f.table.memory(), 1500 * 40);
  for (size_t i = 0; i < names.size(); i += 2) f.drop(names[i]);
  CHECK(f.agrees());
  for (size_t i = 1; i < names.size(); i += 2) f.drop(names[i]);
  CHECK_EQ(f.meter.bytes(), 0);
}

TEST_CASE("an emptied table gives all its memory back, and a large one is well filled") {
  Fixture f;
  for (int i = 0; i < 100'000; ++i) f.add("k" + std::to_string(i));
  CHECK_EQ(f.meter.bytes(), static_cast<int64_t>(f.table.memory()));
  CHECK_LT(f.table.memory(), 100'000 * 11);
  for (int i = 0; i < 95'000; ++i) f.drop("k" + std::to_string(i));
  CHECK(f.agrees());
  CHECK_LT(f.table.memory(), 5'000 * 40);
  for (int i = 95'000; i < 100'000; ++i) f.drop("k" + std::to_string(i));
  CHECK_EQ(f.table.memory(), 0);
  CHECK_EQ(f.meter.bytes(), 0);
}

TEST_CASE("a scan returns what stays exactly once while the table grows and shrinks") {
  for (const int size : {1, 8, 9, 10, 60, 500, 3000, 40'000}) {
    Fixture f;
    for (int i = 0; i < size; ++i) f.add("stay" + std::to_string(i));
    Rng rng(static_cast<uint64_t>(size));
    std::unordered_map<std::string, int> seen;
    uint64_t position = 0;
    int guests = 0, gone = 0, steps = 0;
    do {
      position = f.table.scan(position, [&](const Entry* e) { ++seen[std::string(e->key())]; });
      const bool growing = (++steps / 50) % 2 == 0;
      for (uint64_t n = rng.below(20); n > 0; --n) {
        if (growing) f.add("guest" + std::to_string(guests++));
        if (!growing && gone < guests) f.drop("guest" + std::to_string(gone++));
      }
    } while (position != 0 && steps < 1'000'000);
    CHECK_EQ(position, 0);
    for (int i = 0; i < size; ++i) CHECK_EQ(seen["stay" + std::to_string(i)], 1);
    for (const auto& [name, times] : seen) CHECK_EQ(times, 1);
  }
}

TEST_CASE("collect finds exactly the items of a tag in a range of positions") {
  Fixture f;
  for (int i = 0; i < 20'000; ++i) f.add("k" + std::to_string(i));
  Rng rng(5);
  for (int round = 0; round < 200; ++round) {
    const uint64_t from = rng.below(uint64_t{1} << kPositionBits);
    const uint64_t to = std::min(from + rng.below(uint64_t{1} << 38), uint64_t{1} << kPositionBits);
    const auto tag = static_cast<uint8_t>(1 + rng.below(255));
    std::vector<Entry*> found;
    f.table.collect(from, to, tag, found);
    std::set<Entry*> expected;
    for (const auto& [name, entry] : f.model) {
      const uint64_t hash = f.hasher(name);
      if (tag_of(hash) == tag && position_of(hash) >= from && position_of(hash) < to) {
        expected.insert(entry);
      }
    }
    REQUIRE_EQ(std::set<Entry*>(found.begin(), found.end()), expected);
    REQUIRE_EQ(found.size(), expected.size());
  }
}

TEST_CASE("every item of a table can be drawn, each about as often") {
  Fixture f;
  for (int i = 0; i < 1000; ++i) f.add("k" + std::to_string(i));
  Rng rng(11);
  std::unordered_map<Entry*, int> drawn;
  for (int i = 0; i < 200'000; ++i) ++drawn[f.table.random(rng)];
  CHECK_EQ(drawn.size(), 1000);
  int least = INT32_MAX, most = 0;
  for (const auto& [entry, times] : drawn) {
    least = std::min(least, times);
    most = std::max(most, times);
  }
  CHECK_GT(least, 100);  // 200 on average
  CHECK_LT(most, 400);
}

TEST_CASE("shed hands out every item once and leaves nothing behind") {
  Fixture f;
  for (int i = 0; i < 10'000; ++i) f.add("k" + std::to_string(i));
  size_t shed = 0;
  while (f.table.shed([&](Entry*) { ++shed; })) {
  }
  CHECK_EQ(shed, 10'000);
  CHECK_EQ(f.table.size(), 0);
  CHECK_EQ(f.meter.bytes(), 0);
}

}  // namespace freshet
