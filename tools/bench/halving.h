// How long another client waits while memory goes to a lower limit under load.
#pragma once

#include <vector>

#include "options.h"
#include "process.h"
#include "results.h"

namespace freshet {

void measure_halving(const Options& options, const std::vector<Seat>& seats, Results& results);

}  // namespace freshet
