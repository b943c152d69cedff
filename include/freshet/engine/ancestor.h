// A name that a loop check has come to: what some value was made from, directly or not. Owned by
// the walk that found it, which keeps them in a Table.
#pragma once

#include <cstdint>
#include <string_view>

namespace freshet {

struct Ancestor {
  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), name_size}; }

  Ancestor* parent;  // whose declarations named it first; nullptr: it was given
  Ancestor* early;   // the last one on the way here that an error still spells, from the given on
  Ancestor* next;    // in the list of those that are open
  uint32_t name_size;
  uint32_t steps;   // from the given, which are 1, by `parent`
  uint32_t level;   // the most steps that are known to lead here; the same without a limit
  uint32_t looked;  // at so many of its dependencies
  bool open;        // some are left
};

}  // namespace freshet
