// How long another client waits while a table grows from nothing under load.
#pragma once

#include <vector>

#include "options.h"
#include "process.h"
#include "results.h"

namespace freshet {

void measure_growth(const Options& options, const std::vector<Seat>& seats, Results& results);

}  // namespace freshet
