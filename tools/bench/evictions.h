// What it costs to make room: SETs of new keys at the limit of memory, beside the same SETs without
// one.
#pragma once

#include <vector>

#include "options.h"
#include "process.h"
#include "results.h"

namespace freshet {

void measure_evictions(const Options& options, const std::vector<Seat>& seats, Results& results);

}  // namespace freshet
