// What the resident set is beyond what is used: pages that hold less than was once in them.
//
// Two remedies. Entries move together, and pages become free (Compactor). And while the process is
// further over maxmemory than it may be, what is over counts as used, so that keys make room for
// pages.
#pragma once

#include <cstdint>

#include "freshet/base/time.h"
#include "freshet/engine/compactor.h"
#include "freshet/engine/settings.h"

namespace freshet {

class Waste {
 public:
  // `resident`: of the process, now, while it holds nothing yet.
  Waste(const Settings& settings, int64_t resident) : settings_(settings), at_start_(resident) {}

  // Bytes that count as used from now on. To be called again and again, `elapsed` after the last
  // time: it comes near the right number in steps, since pages come back some time after their
  // keys. It does not rise while keys have yet to make the room that was asked for, nor, for some
  // seconds, because the limit fell: until entries have moved together, pages can't follow the keys
  // that go. `limit`: 0 if there is none, or nothing can be evicted. `used`: without bytes().
  int64_t look(int64_t limit, int64_t used, int64_t resident, Millis elapsed);
  int64_t bytes() const { return bytes_; }
  // Whether entries should move. `used`: without bytes().
  Sparse sparse(int64_t used, int64_t resident) const;

 private:
  const Settings& settings_;
  const int64_t at_start_;
  int64_t bytes_ = 0;
  int64_t limit_ = 0;    // at the last look; INT64_MAX: none
  int64_t excused_ = 0;  // of what is over, since it was there when the limit fell
  Millis patience_ = 0;  // for so long
};

}  // namespace freshet
