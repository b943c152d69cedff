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
  Settings settings;
  Waste waste(settings, 10 * kMib);
  for (int i = 0; i < 100; ++i) CHECK(waste.look(1000 * kMib, 1000 * kMib, 1039 * kMib, 100) == 0);
  settings.waste_percent = 3;
  CHECK(waste.look(1000 * kMib, 1000 * kMib, 1039 * kMib, 100) > 0);
  for (int i = 0; i < 100; ++i) CHECK(waste.look(0, 5000 * kMib, 5000 * kMib, 100) == 0);
}

TEST_CASE("a small cache is not asked to make room for the process itself") {
  Settings settings;
  Waste waste(settings, 10 * kMib);
  CHECK(waste.look(20 * kMib, 20 * kMib, 37 * kMib, 100) == 0);
  CHECK(waste.look(20 * kMib, 20 * kMib, 42 * kMib, 100) > 0);
}

TEST_CASE("keys make room for pages until the resident set is near the limit") {
  Settings settings;
  Waste waste(settings, 10 * kMib);
  const int64_t limit = 1000 * kMib;
  int64_t bytes = 0;
  for (int i = 0; i < 300; ++i) {
    bytes = waste.look(limit, limit - bytes, resident(limit, bytes, 1.4), 10);
  }
  CHECK(resident(limit, bytes, 1.4) <= 1060 * kMib);
  CHECK(resident(limit, bytes, 1.4) >= 1030 * kMib);
}

TEST_CASE("no more is asked for while keys have yet to make the room") {
  Settings settings;
  Waste waste(settings, 10 * kMib);
  const int64_t limit = 1000 * kMib;
  CHECK(waste.look(limit, 1100 * kMib, 1200 * kMib, 100) == 0);
  const int64_t asked = waste.look(limit, limit, 1200 * kMib, 100);
  CHECK(asked > limit / 10);
  for (int i = 0; i < 100; ++i) CHECK(waste.look(limit, limit, 1200 * kMib, 10) == asked);
  CHECK(waste.look(limit, limit - asked, 1200 * kMib, 10) > asked);
}

TEST_CASE("pages that were there when the limit fell are waited for, and not for ever") {
  Settings settings;
  Waste waste(settings, 10 * kMib);
  const int64_t limit = 1000 * kMib;
  CHECK(waste.look(2 * limit, 2 * limit, 2050 * kMib, 10) == 0);
  CHECK(waste.look(limit, 2 * limit, 2050 * kMib, 10) == 0);  // it falls
  for (int i = 0; i < 1000; ++i) CHECK(waste.look(limit, 1500 * kMib, 2050 * kMib, 10) == 0);
  // Keys have made room. In some seconds entries may move together.
  int64_t bytes = 0;
  for (int i = 0; i < 1000; ++i) bytes = waste.look(limit, limit, 2050 * kMib, 10);
  CHECK(bytes == 0);
  SUBCASE("they come back") {
    for (int i = 0; i < 100; ++i) bytes = waste.look(limit, limit, 1020 * kMib, 10);
    CHECK(bytes == 0);
    // What comes anew has no excuse.
    for (int i = 0; i < 100; ++i) bytes = waste.look(limit, limit - bytes, 1200 * kMib, 10);
    CHECK(bytes > limit / 10);
  }
  SUBCASE("they don't") {
    for (int i = 0; i < 2000; ++i) bytes = waste.look(limit, limit - bytes, 2050 * kMib, 10);
    CHECK(bytes == limit / 2);
  }
}

TEST_CASE("a limit where there was none has fallen, too") {
  Settings settings;
  Waste waste(settings, 10 * kMib);
  CHECK(waste.look(0, 2000 * kMib, 2050 * kMib, 10) == 0);
  for (int i = 0; i < 100; ++i) CHECK(waste.look(1000 * kMib, 1000 * kMib, 2050 * kMib, 10) == 0);
}

TEST_CASE("what is not wasted any more is given back to the keys") {
  Settings settings;
  Waste waste(settings, 10 * kMib);
  const int64_t limit = 1000 * kMib;
  int64_t bytes = 0;
  for (int i = 0; i < 51; ++i) bytes = waste.look(limit, limit - bytes, 1400 * kMib, 100);
  CHECK(bytes == limit / 2);  // never more
  for (int i = 0; i < 2000; ++i) {
    bytes = waste.look(limit, limit - bytes, resident(limit, bytes, 1.02), 100);
  }
  CHECK(bytes == 0);
}

TEST_CASE("entries move while the resident set is over what is used by bytes and by percent") {
  Settings settings;
  Waste waste(settings, 10 * kMib);
  CHECK(waste.sparse(100 * kMib, 117 * kMib) == Sparse::kNot);
  CHECK(waste.sparse(100 * kMib, 119 * kMib) == Sparse::kSomewhat);
  CHECK(waste.sparse(1000 * kMib, 1029 * kMib) == Sparse::kNot);
  CHECK(waste.sparse(1000 * kMib, 1031 * kMib) == Sparse::kSomewhat);
  settings.compact_percent = 10;
  CHECK(waste.sparse(1000 * kMib, 1031 * kMib) == Sparse::kNot);
  settings.compact_bytes = 200 * kMib;
  CHECK(waste.sparse(1000 * kMib, 1201 * kMib) == Sparse::kNot);
  CHECK(waste.sparse(1000 * kMib, 1211 * kMib) == Sparse::kSomewhat);
}

TEST_CASE("it is pressing once keys make room, and never if nothing may be moved") {
  Settings settings;
  Waste waste(settings, 10 * kMib);
  CHECK(waste.look(1000 * kMib, 1000 * kMib, 1200 * kMib, 100) > 0);
  CHECK(waste.sparse(900 * kMib, 1200 * kMib) == Sparse::kPressing);
  settings.compacts = false;
  CHECK(waste.sparse(900 * kMib, 1200 * kMib) == Sparse::kNot);
}

}  // namespace
}  // namespace freshet
