// Draws arguments: keys, values, numbers, deadlines, each from a small pool with the boundaries in
// it. The same seed draws the same on every machine. Knows no command.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "step.h"

namespace freshet::compat {

class Draw {
 public:
  explicit Draw(uint64_t seed) : state_(seed) {}

  uint64_t below(uint64_t n);
  bool chance(int percent) { return below(100) < static_cast<uint64_t>(percent); }
  long between(long low, long high);
  std::string number(long low, long high) { return std::to_string(between(low, high)); }
  std::string prefixed(std::string prefix, long low, long high) {
    return prefix += number(low, high);
  }
  std::string one_of(std::initializer_list<std::string_view> choices);
  std::string one_of(std::span<const std::string_view> choices);

  // Before each command: settles whether it deals in big values (on big keys only, so that a
  // command that is quadratic in its values rarely meets two of them).
  void next_command() { big_ = chance(6); }

  std::string key();
  Args keys(int low, int high);  // between `low` and `high` of them, with repetitions
  std::string value();
  std::string integer();      // for INCRBY
  std::string real();         // for INCRBYFLOAT
  std::string index();        // for GETRANGE, BITCOUNT
  std::string byte_offset();  // for SETRANGE
  std::string bit_offset();   // for SETBIT
  std::string db();
  std::string pattern();
  std::string nasty();  // what no argument should be; never a small positive integer

  // A deadline is far away or long gone, so that no reply hangs on when a command is run; and no
  // two far relative ones are equal, so that GT and LT do not hang on it either.
  std::string ttl_seconds();
  std::string ttl_millis();
  std::string at_seconds();
  std::string at_millis();

  std::string cased(std::string_view name);  // mostly as it is, at times in other case

 private:
  uint64_t far_seconds();
  std::string text(size_t length);
  std::string bytes(size_t length);

  uint64_t state_;
  uint64_t deadlines_ = 0;
  bool big_ = false;
};

// Every key that key() or nasty() may draw, so that a state can be compared key by key.
Args known_keys();
// Every database that db() draws and that exists.
std::span<const std::string_view> known_dbs();

}  // namespace freshet::compat
