// The monotonic clock, for a tool whose business is wall time.
#pragma once

#include <cstdint>
#include <ctime>

namespace freshet {

inline uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000ULL + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace freshet
