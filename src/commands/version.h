// The Redis release whose commands, replies and texts Freshet follows: clients read features off
// it.
#pragma once

#include <string_view>

namespace freshet {

inline constexpr std::string_view kRedisVersion = "7.0.15";

}  // namespace freshet
