// CACHESTATS MRC: the hit ratio by memory, of all shards together.
#pragma once

#include "freshet/commands/context.h"

namespace freshet {

void report_hit_curve(Context& c);

}  // namespace freshet
