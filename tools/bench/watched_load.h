// A load by a thread of its own, and another client beside it that waits for the same server.
#pragma once

#include <string>

#include "load.h"
#include "results.h"
#include "watcher.h"

namespace freshet {

struct Watched {
  Waits waits;
  double seconds = 0;
  std::string error;  // of the load, or of the other client
};

// Few connections and short pipelines, the keys in turn: what another client waits for is what the
// server does, not a queue.
LoadSpec short_load(const Operation& operation, const Space& space);

// Returns when the load has reached its limits.
Watched watch(Watcher& watcher, Load& load, const Limits& limits);

// How much longer the server let the other client wait than under the steady load, in ms.
double beyond_ms(const Watched& steady, const Watched& loaded);
// All columns of a table about that; see wait_columns() in tables.cc.
void report_waits(const Line& line, const char* table, const Watched& steady, const Watched& loaded,
                  Results& results);

}  // namespace freshet
