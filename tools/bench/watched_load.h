// A load by a thread of its own, and another client beside it that waits for the same server.
#pragma once

#include <string>

#include "load.h"
#include "watcher.h"

namespace freshet {

struct Watched {
  Waits waits;
  double seconds = 0;
  std::string error;  // of the load, or of the other client
};

// Returns when the load has reached its limits.
Watched watch(Watcher& watcher, Load& load, const Limits& limits);

}  // namespace freshet
