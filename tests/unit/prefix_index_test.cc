#include "freshet/engine/prefix_index.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "freshet/base/rng.h"

namespace freshet {
namespace {

Entry* entry_of(const std::string& name) { return Entry::make(name, Value::of(int64_t{1}), {}); }

// An index, and an ordered map that says what must be in it.
struct Fixture {
  Budget budget;
  Meter meter{budget};
  PrefixIndex index{meter};
  std::map<std::string, Entry*> model;
  Rng rng{1};

  ~Fixture() {
    for (auto& [name, entry] : model) Entry::free(entry);
  }
  void add(const std::string& name) {
    if (model.contains(name)) return;
    Entry* entry = entry_of(name);
    index.insert(entry);
    model.emplace(name, entry);
  }
  void drop(const std::string& name) {
    const auto found = model.find(name);
    index.erase(found->second);
    Entry::free(found->second);
    model.erase(found);
  }
  void swap(const std::string& name) {
    Entry* fresh = entry_of(name);
    index.replace(model[name], fresh);
    Entry::free(model[name]);
    model[name] = fresh;
  }
  std::string some() {
    return std::next(model.begin(), static_cast<ptrdiff_t>(rng.below(model.size())))->first;
  }
  bool agrees() const {
    return index.size() == model.size() && index.sound() &&
           index.memory() == static_cast<size_t>(meter.bytes()) && same("", "", SIZE_MAX);
  }
  // Does a visit see what the model says, the very entries, in order, and whether there are more?
  bool same(const std::string& prefix, const std::string& after, size_t most) const {
    std::vector<Entry*> seen, expected;
    const bool more =
        index.visit(prefix, after, most, [&](Entry* entry) { seen.push_back(entry); });
    auto at = model.lower_bound(prefix);
    size_t matches = 0;
    for (; at != model.end() && at->first.starts_with(prefix); ++at) {
      ++matches;
      if (expected.size() == most) {
        if (after.empty() || at->first > after) {
          return more && seen == expected && index.count(prefix, 1) == 1;
        }
      } else if (after.empty() || at->first > after) {
        expected.push_back(at->second);
      }
    }
    return !more && seen == expected && index.count(prefix, SIZE_MAX) == matches &&
           index.count(prefix, matches / 2) == matches / 2;
  }
};

// Of `kind`: 0 short over two letters, 1 any bytes, 2 a long common prefix, 3 numbered.
std::string random_name(Rng& rng, int kind, uint64_t range) {
  std::string name;
  switch (kind) {
    case 0:
      for (uint64_t left = rng.below(14); left != 0; --left) name += rng.below(2) ? 'b' : 'a';
      return name;
    case 1:
      for (uint64_t left = rng.below(5); left != 0; --left) {
        name += static_cast<char>(rng.below(2) ? rng.below(256) : rng.below(2) * 255);
      }
      return name;
    case 2:
      return std::string(600 + 100 * rng.below(2), 'x') + std::to_string(rng.below(range));
    default:
      return "user:" + std::to_string(rng.below(range));
  }
}

}  // namespace

TEST_CASE("an empty prefix index visits nothing and takes no memory") {
  Fixture f;
  CHECK(f.agrees());
  CHECK(f.same("a", "", 5));
  CHECK_FALSE(f.index.shed(1));
  CHECK_EQ(f.index.memory(), 0);
  CHECK_EQ(f.index.count("", 10), 0);
}

TEST_CASE(
    "a prefix index holds what an ordered map holds, whatever is inserted, erased, replaced") {
  for (int kind = 0; kind < 4; ++kind) {
    CAPTURE(kind);
    Fixture f;
    // Grows for three fifths of the time, then shrinks to nothing.
    constexpr int kSteps = 30'000;
    for (int step = 0; step < kSteps || !f.model.empty(); ++step) {
      const uint64_t grows = step < kSteps * 3 / 5 ? 6 : 2;
      const uint64_t draw = f.rng.below(10);
      if (draw < grows && step < kSteps) {
        f.add(random_name(f.rng, kind, 20'000));
      } else if (!f.model.empty()) {
        const auto found = f.model.lower_bound(random_name(f.rng, kind, 20'000));
        const std::string name = found == f.model.end() ? f.model.begin()->first : found->first;
        if (draw == 9 && step < kSteps) {
          f.swap(name);
        } else {
          f.drop(name);
        }
      }
      if (step % 500 == 0) REQUIRE(f.agrees());
      if (step % 100 != 0 || f.model.empty()) continue;
      const std::string name = f.some();
      const std::string prefix = name.substr(0, f.rng.below(name.size() + 1));
      REQUIRE(f.same(prefix, "", f.rng.below(200)));
      REQUIRE(f.same(prefix, f.some(), f.rng.below(200)));
      REQUIRE(f.same(prefix + '\xff', random_name(f.rng, kind, 20'000), 10));
    }
    CHECK_EQ(f.index.memory(), 0);
    CHECK_EQ(f.meter.bytes(), 0);
  }
}

TEST_CASE("the least keys of the nodes may be replaced or erased while others keep their place") {
  Fixture f;
  for (int i = 0; i < 20'000; ++i) f.add("k" + std::to_string(i));
  // Every node's first key is among those that go from the front, again and again.
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 40; ++i) f.swap(f.model.begin()->first);
    for (int i = 0; i < 40; ++i) f.drop(f.model.begin()->first);
    REQUIRE(f.index.sound());
  }
  std::vector<std::string> names;
  for (const auto& [name, entry] : f.model) names.push_back(name);
  for (const std::string& name : names) f.swap(name);
  REQUIRE(f.agrees());
  for (size_t i = 0; i < names.size(); i += 2) f.drop(names[i]);
  CHECK(f.agrees());
}

TEST_CASE("a walk in slices sees every key of a prefix once, the empty key too") {
  Fixture f;
  for (int i = 0; i < 3000; ++i) f.add("a" + std::to_string(i));
  for (int i = 0; i < 3000; ++i) f.add("b" + std::to_string(i));
  f.add("");
  f.add("a");
  f.add("b");
  for (const std::string prefix : {"", "a", "a1", "b2999", "c"}) {
    std::vector<std::string> seen;
    bool more = true;
    for (int calls = 0; more && calls < 1000; ++calls) {
      const std::string after = seen.empty() ? "" : seen.back();
      more = f.index.visit(prefix, after, 7,
                           [&](const Entry* entry) { seen.emplace_back(entry->key()); });
    }
    std::vector<std::string> expected;
    for (const auto& [name, entry] : f.model) {
      if (name.starts_with(prefix)) expected.push_back(name);
    }
    CHECK(seen == expected);
  }
}

TEST_CASE("a key costs at most 24 bytes in a prefix index, whatever order it came in") {
  constexpr size_t kKeys = 50'000;
  const auto per_key = [](const Fixture& f) {
    return static_cast<double>(f.index.memory()) / static_cast<double>(f.index.size());
  };
  const auto numbered = [](size_t i) {
    std::string digits = std::to_string(i);
    return "key:" + std::string(8 - digits.size(), '0') + digits;
  };
  Fixture up, down, shuffled;
  for (size_t i = 0; i < kKeys; ++i) up.add(numbered(i));
  for (size_t i = kKeys; i-- > 0;) down.add(numbered(i));
  while (shuffled.model.size() < kKeys) shuffled.add(numbered(shuffled.rng.below(10 * kKeys)));
  CHECK_LT(per_key(up), 13);
  CHECK_LT(per_key(down), 13);
  CHECK_LT(per_key(shuffled), 13);
  // What stays after erasing costs no more than 24 either: by chance, every other one, from an end.
  while (shuffled.model.size() > kKeys / 50) {
    shuffled.drop(shuffled.model.lower_bound(numbered(shuffled.rng.below(kKeys)))->first);
    if (shuffled.model.size() % 1000 == 0) REQUIRE_LT(per_key(shuffled), 24);
  }
  for (size_t i = 0; i < kKeys; i += 2) up.drop(numbered(i));
  CHECK_LT(per_key(up), 24);
  for (size_t i = 0; i + 5 < kKeys; ++i) down.drop(numbered(i));
  CHECK_LE(down.index.memory(), allocation_size(128));
}

TEST_CASE("a prefix index is given up in slices, and after its entries") {
  Fixture f;
  for (int i = 0; i < 10'000; ++i) f.add("k" + std::to_string(i));
  for (auto& [name, entry] : f.model) Entry::free(entry);
  f.model.clear();
  size_t before = f.index.memory();
  int slices = 0;
  while (f.index.shed(10)) {
    const size_t now = f.index.memory();
    REQUIRE_LT(now, before);
    REQUIRE_LE(before - now, 10 * allocation_size(1016));
    REQUIRE_EQ(now, static_cast<size_t>(f.meter.bytes()));
    before = now;
    ++slices;
  }
  CHECK_GT(slices, 15);
  CHECK_EQ(f.index.size(), 0);
  CHECK_EQ(f.meter.bytes(), 0);
  f.add("again");
  CHECK(f.agrees());
  f.drop("again");
  for (int i = 0; i < 1000; ++i) f.add("k" + std::to_string(i));
  f.index.clear();
  CHECK_EQ(f.meter.bytes(), 0);
}

}  // namespace freshet
