// Declarations for values that are about to be stored.
#pragma once

#include "freshet/commands/context.h"

namespace freshet {

// What `entry` of `from` declares, once more, for a value that will be stored as `to` in database
// `db`: names, priority, age and hits. The names become attached at their homes. The result
// goes to Space::assign. A value can't be made from itself: `to` among the dependencies is left
// out. REQUIRES: all doors held, unless `to` lives in the shard and database of `from`, where the
// names are attached already.
Declared redeclare(Context& c, const Space& from, const Entry* entry, const Key& to, int db);

}  // namespace freshet
