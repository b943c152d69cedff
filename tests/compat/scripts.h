// Raw bytes that are not a client library's: inline commands, broken protocol, replies switched
// off.
#pragma once

#include "draw.h"
#include "step.h"

namespace freshet::compat {

Step draw_script(Draw& draw);

}  // namespace freshet::compat
