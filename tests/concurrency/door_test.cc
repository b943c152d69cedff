#include "freshet/engine/door.h"

#include <doctest/doctest.h>

#include "threads.h"

namespace freshet {

TEST_CASE("a plain counter behind a door loses no count to eight threads") {
  constexpr int kThreads = 8, kRounds = 20'000;
  Door door;
  int counter = 0;
  run_threads(kThreads, [&](int) {
    for (int i = 0; i < kRounds; ++i) {
      door.enter();
      ++counter;
      door.leave();
    }
  });
  CHECK(counter == kThreads * kRounds);
}

TEST_CASE("what was written behind a door is seen by the next one inside") {
  constexpr int kThreads = 4, kRounds = 5'000;
  Door door;
  long first = 0, second = 0;  // always equal, seen from inside
  std::atomic<int> torn{0};
  run_threads(kThreads, [&](int) {
    for (int i = 0; i < kRounds; ++i) {
      door.enter();
      if (first != second) torn.fetch_add(1);
      ++first;
      ++second;
      door.leave();
    }
  });
  CHECK(torn == 0);
}

}  // namespace freshet
