#include "freshet/commands/set_options.h"

#include <algorithm>
#include <string>

#include "commands/arguments.h"
#include "freshet/base/text.h"

namespace freshet {

// A unit may be given twice, the last time counts; two units may not stand together.
bool SetOptions::take_time(Args args, size_t& at) {
  Expiry unit;
  if (is_word(args[at], "ex")) {
    unit = Expiry::kEx;
  } else if (is_word(args[at], "px")) {
    unit = Expiry::kPx;
  } else if (is_word(args[at], "exat")) {
    unit = Expiry::kExat;
  } else if (is_word(args[at], "pxat")) {
    unit = Expiry::kPxat;
  } else {
    return false;
  }
  if (at + 1 == args.size() || (expiry != Expiry::kNone && expiry != unit)) return false;
  expiry = unit;
  time = args[at + 1];
  at += 2;
  return true;
}

bool SetOptions::take_set(Args args, size_t& at) {
  const std::string_view word = args[at];
  if (is_word(word, "nx") && only != Only::kIfPresent) {
    only = Only::kIfAbsent;
  } else if (is_word(word, "xx") && only != Only::kIfAbsent) {
    only = Only::kIfPresent;
  } else if (is_word(word, "get")) {
    get = true;
  } else if (is_word(word, "keepttl") && !timed()) {
    expiry = Expiry::kKeepTtl;
  } else {
    return take_time(args, at);
  }
  ++at;
  return true;
}

bool SetOptions::take_getex(Args args, size_t& at) {
  if (!is_word(args[at], "persist") || timed()) return take_time(args, at);
  expiry = Expiry::kPersist;
  ++at;
  return true;
}

std::optional<Millis> SetOptions::deadline(Millis now, std::string_view command,
                                           Reply& reply) const {
  const std::optional<int64_t> given = parse_int(time);
  if (!given) {
    reply.error(kNotAnInteger);
    return std::nullopt;
  }
  const bool seconds = expiry == Expiry::kEx || expiry == Expiry::kExat;
  const bool relative = expiry == Expiry::kEx || expiry == Expiry::kPx;
  Millis at = 0;
  if (*given <= 0 || __builtin_mul_overflow(*given, seconds ? 1000 : 1, &at) ||
      __builtin_add_overflow(at, relative ? now : 0, &at)) {
    reply.error("ERR invalid expire time in '" + std::string(command) + "' command");
    return std::nullopt;
  }
  return std::min(at, kNever - 1);  // the last millisecond stands for "never" here
}

}  // namespace freshet
