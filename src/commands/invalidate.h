// INVALIDATE's handler; its row stands in graph_cmds.cc.
#pragma once

#include "freshet/commands/context.h"

namespace freshet {

void invalidate(Context& c);

}  // namespace freshet
