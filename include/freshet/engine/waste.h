// What of maxmemory the allocator needs for itself: pages that hold less than was once in them. It
// is counted as used, so that keys make room for it, but only as far as it would carry the resident
// set over a tenth more than maxmemory.
#pragma once

#include <cstdint>

#include "freshet/base/time.h"

namespace freshet {

class Waste {
 public:
  // `resident`: of the process, now, while it holds nothing yet.
  explicit Waste(int64_t resident) : at_start_(resident) {}

  // Bytes that count as used from now on. To be called again and again, `elapsed` after the last
  // time: it comes near the right number in steps, since pages come back some time after their
  // keys.
  int64_t look(int64_t limit, int64_t resident, Millis elapsed);
  int64_t bytes() const { return bytes_; }

 private:
  const int64_t at_start_;
  int64_t bytes_ = 0;
};

}  // namespace freshet
