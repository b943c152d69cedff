#include "freshet/engine/waste.h"

#include <doctest/doctest.h>

namespace freshet {
namespace {

constexpr int64_t kMib = 1 << 20;

// A cache at its limit whose pages are `factor` times what it counts, of keys alone.
int64_t resident(int64_t limit, int64_t waste, double factor) {
  return static_cast<int64_t>(static_cast<double>(limit - waste) * factor);
}

TEST_CASE("waste that does not matter is not counted") {
  Waste waste(10 * kMib);
  for (int i = 0; i < 100; ++i) CHECK(waste.look(1000 * kMib, 1049 * kMib, 100) == 0);
  for (int i = 0; i < 100; ++i) CHECK(waste.look(0, 5000 * kMib, 100) == 0);
}

TEST_CASE("a small cache is not asked to make room for the process itself") {
  Waste waste(10 * kMib);
  CHECK(waste.look(20 * kMib, 37 * kMib, 100) == 0);
  CHECK(waste.look(20 * kMib, 42 * kMib, 100) > 0);
}

TEST_CASE("keys make room for pages until the resident set is within a tenth of the limit") {
  Waste waste(10 * kMib);
  const int64_t limit = 1000 * kMib;
  int64_t bytes = 0;
  for (int i = 0; i < 300; ++i) bytes = waste.look(limit, resident(limit, bytes, 1.4), 10);
  CHECK(resident(limit, bytes, 1.4) <= 1100 * kMib);
  CHECK(resident(limit, bytes, 1.4) >= 1040 * kMib);
}

TEST_CASE("what is not wasted any more is given back to the keys") {
  Waste waste(10 * kMib);
  const int64_t limit = 1000 * kMib;
  for (int i = 0; i < 50; ++i) waste.look(limit, 1400 * kMib, 100);
  int64_t bytes = waste.look(limit, 1400 * kMib, 100);
  CHECK(bytes == limit / 2);  // never more
  for (int i = 0; i < 2000; ++i) bytes = waste.look(limit, resident(limit, bytes, 1.02), 100);
  CHECK(bytes == 0);
}

}  // namespace
}  // namespace freshet
