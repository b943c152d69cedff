// The clocks of the HTTP threads.
#pragma once

#include <ctime>

#include "freshet/base/time.h"

namespace freshet {

inline Millis clock_millis(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return Millis{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

// Unix milliseconds.
inline Millis wall_clock_millis() { return clock_millis(CLOCK_REALTIME); }
// Milliseconds that never go back.
inline Millis monotonic_millis() { return clock_millis(CLOCK_MONOTONIC); }

}  // namespace freshet
