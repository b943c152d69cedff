// What a key and an idle connection cost in memory. Each row has a fresh server.
#pragma once

#include <vector>

#include "options.h"
#include "process.h"
#include "results.h"

namespace freshet {

void measure_memory(const Options& options, const std::vector<Seat>& seats, Results& results);

}  // namespace freshet
