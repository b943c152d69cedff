#include "freshet/engine/followed.h"

#include <doctest/doctest.h>

#include "freshet/engine/mrc.h"

namespace freshet {

TEST_CASE("a hash is followed if anybody follows it, and by nobody at first") {
  Followed followed;
  CHECK(!followed.any(0x1200));
  followed.tell(Followed::kCurve, 0x300);
  CHECK(followed.any(0x1000));
  CHECK(!followed.any(0x1100));
  followed.tell(Followed::kEvictor, 0x700);
  CHECK(followed.any(0x0400));  // by the curve alone
  CHECK(!followed.any(0x1200));
  followed.tell(Followed::kCurve, Followed::kNone);
  CHECK(!followed.any(0x0400));
  CHECK(followed.any(0x0800));
}

TEST_CASE("a curve that follows fewer keys, or all again, says so") {
  Budget budget;
  Meter meter(budget);
  Followed followed;
  Mrc mrc(meter, 64);
  mrc.report_to(followed);
  const auto agree = [&] {
    for (uint64_t key = 0; key < 4096; ++key) {
      if (followed.any(key << 8) != mrc.follows(key << 8)) return false;
    }
    return true;
  };
  CHECK(agree());
  CHECK_EQ(mrc.weight(), 1u);
  const Mrc::Totals totals{1, 0, 0, uint64_t{1} << 40};
  for (uint64_t key = 1; key < 4096; ++key) {
    if (mrc.follows(key << 8)) mrc.stored(key << 8, 100, kNever, totals);
  }
  CHECK(mrc.weight() > 1);
  CHECK(agree());
  mrc.clear();
  CHECK_EQ(mrc.weight(), 1u);
  CHECK(agree());
}

}  // namespace freshet
