// Words for time. Nothing here reads a clock: time is handed in by whoever owns one.
#pragma once

#include <cstdint>

namespace freshet {

using Millis = int64_t;  // since the Unix epoch

inline constexpr Millis kNever = INT64_MAX;  // a deadline that does not come

}  // namespace freshet
