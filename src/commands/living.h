// How many living keys declare a tag or a dependency. Known at once, unless victims of some kill
// lie among them: then the dead have to be told from the living, in slices.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "freshet/commands/context.h"

namespace freshet {

// The members of a node, wherever they are.
struct Members {
  std::string name;
  bool of_tag;  // else of a dependency
};

struct CountedMembers {
  Router& router;
  uint8_t db;  // Database::id
  Millis now;
  size_t keys;
};

// Writes the reply of who asked. No door is held.
using WriteCount = std::function<void(const CountedMembers& counted, Reply& reply)>;

// Counts the living in the selected database and has the reply written, now or by a task. A key
// past its deadline, but not yet collected, may be counted.
void reply_living(Context& c, Members members, WriteCount write);

}  // namespace freshet
