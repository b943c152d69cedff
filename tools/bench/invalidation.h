// How long it takes to invalidate many keys at once, and how long another client has to wait
// meanwhile.
#pragma once

#include <vector>

#include "options.h"
#include "process.h"
#include "results.h"

namespace freshet {

void measure_invalidation(const Options& options, const std::vector<Seat>& seats, Results& results);

}  // namespace freshet
