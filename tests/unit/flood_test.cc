// Hash flooding: somebody who knew the seed could make any number of keys with one hash. The seed
// is drawn anew by each process, and under another one such keys are like any others.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "freshet/engine/entry.h"
#include "freshet/engine/table.h"
#include "../scale.h"

namespace freshet {
namespace {

constexpr uint64_t kKnown = 0x1234567812345678, kActual = 0x9876543219283746;
const int kKeys = scaled(1'000'000, 100'000);

// XXH3 (xxhash 0.8) folds a key of 32 bytes in two halves, each the product of two words that were
// mixed with secret and seed. The first word here makes the first product 0, so that the second
// word, which counts the keys, has no say in the hash.
std::string crafted(uint64_t i) {
  std::string key(32, 'x');
  uint64_t secret = 0;
  std::memcpy(&secret, XXH3_kSecret, sizeof secret);
  const uint64_t zero = secret + kKnown;
  std::memcpy(key.data(), &zero, sizeof zero);
  std::memcpy(key.data() + 8, &i, sizeof i);
  return key;
}

struct Load {
  size_t memory;   // of the table
  size_t fullest;  // items that one step of a scan meets: those of one home bucket
};

template <class F>
Load load(F&& name) {
  Budget budget;
  Meter meter{budget};
  const Hasher hasher(kActual);
  Table<Entry> table(hasher, meter);
  for (int i = 0; i < kKeys; ++i) {
    const std::string key = name(static_cast<uint64_t>(i));
    table.insert(hasher(key), Entry::make(key, Value::of(int64_t{1}), {}));
  }
  Load found{table.memory(), 0};
  uint64_t position = 0;
  do {
    size_t items = 0;
    position = table.scan(position, [&](const Entry*) { ++items; });
    found.fullest = std::max(found.fullest, items);
  } while (position != 0);
  table.for_each([](Entry* entry) { Entry::free(entry); });
  return found;
}

}  // namespace

TEST_CASE("a million keys that collide under another seed do no harm") {
  const Hasher known(kKnown);
  const uint64_t hash = known(crafted(0));
  for (int i = 0; i < kKeys; ++i) REQUIRE_EQ(known(crafted(static_cast<uint64_t>(i))), hash);

  const Load flood = load(crafted);
  const Load usual = load([](uint64_t i) { return "key:" + std::to_string(i); });
  CHECK_LT(flood.memory, usual.memory + usual.memory / 50);
  CHECK_LT(flood.fullest, 40);
  CHECK_LT(usual.fullest, 40);
}

}  // namespace freshet
