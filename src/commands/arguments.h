// What handlers of several families ask of their arguments, and how they refuse them. Private to
// the command layer.
#pragma once

#include <optional>
#include <string_view>

#include "freshet/base/numbers.h"
#include "freshet/commands/context.h"
#include "freshet/commands/host.h"
#include "freshet/commands/options.h"

namespace freshet {

inline constexpr std::string_view kSyntaxError = "ERR syntax error";
inline constexpr std::string_view kNotAnInteger = "ERR value is not an integer or out of range";
inline constexpr std::string_view kTooLong =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";

// args[arg] as an integer; nullopt after the reply `error`.
inline std::optional<int64_t> int_arg(const Context& c, size_t arg,
                                      std::string_view error = kNotAnInteger) {
  const std::optional<int64_t> number = parse_int(c.args[arg]);
  if (!number) c.reply.error(error);
  return number;
}

// The most bytes that a string may have (proto-max-bulk-len).
inline int64_t max_string(const Context& c) {
  return c.host.options().proto_max_bulk_len.load(std::memory_order_relaxed);
}

}  // namespace freshet
