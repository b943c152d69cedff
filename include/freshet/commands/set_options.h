// The options of SET and of its relatives (GETEX, DEPSET): their grammar, and the deadline they ask
// for. Source: Redis 7.0, t_string.c.
#pragma once

#include <optional>
#include <string_view>

#include "freshet/base/time.h"
#include "freshet/commands/command.h"

namespace freshet {

struct SetOptions {
  enum class Only : uint8_t { kAlways, kIfAbsent, kIfPresent };
  enum class Expiry : uint8_t { kNone, kEx, kPx, kExat, kPxat, kKeepTtl, kPersist };

  Only only = Only::kAlways;
  bool get = false;
  Expiry expiry = Expiry::kNone;
  std::string_view time;  // of kEx … kPxat, as it was given

  // Takes the option at args[at] and moves `at` behind it. False if none stands there, or none that
  // goes with those taken before: what SET calls a syntax error.
  bool take_set(Args args, size_t& at);
  bool take_getex(Args args, size_t& at);

  // True if `time` says when the value dies.
  bool timed() const { return expiry >= Expiry::kEx && expiry <= Expiry::kPxat; }
  // That time, which may have passed; nullopt after an error in the name of `command`. REQUIRES:
  // timed().
  std::optional<Millis> deadline(Millis now, std::string_view command, Reply& reply) const;

 private:
  bool take_time(Args args, size_t& at);
};

}  // namespace freshet
