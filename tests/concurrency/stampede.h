// Four cores store, read, fetch and invalidate over the same names, a fifth hands memory back, and
// the record of it all goes to the checker.
#pragma once

#include <string>

#include "desk.h"
#include "history.h"

namespace freshet {

struct Stampede {
  Verdict verdict;
  int hits = 0, misses = 0;     // of reads
  int filled = 0, refused = 0;  // fills behind a fence
  std::string error;            // the first reply that should not have been one
};

// `commands`: of each core.
Stampede stampede(House& house, int commands);

}  // namespace freshet
