// What the prefix index costs and what it is worth: a few matches among many keys, without it and
// with it.
#pragma once

#include <vector>

#include "options.h"
#include "process.h"
#include "results.h"

namespace freshet {

void measure_prefix_index(const Options& options, const std::vector<Seat>& seats, Results& results);

}  // namespace freshet
