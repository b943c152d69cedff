// Bytes as text a person can read and paste. Knows commands, scripts and replies; prints nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "step.h"

namespace freshet::compat {

// As redis-cli prints and reads it: "a\x00b\r\n".
std::string quoted(std::string_view bytes);

// Like quoted(), but at most `limit` bytes of it, and how many were left out.
std::string quoted(std::string_view bytes, size_t limit);

// One line for redis-cli (a command), for a shell (a script: printf piped into nc) or a comment.
std::string pasteable(const Step& step);

}  // namespace freshet::compat
