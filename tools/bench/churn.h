// What a limit of memory is worth: how far the resident set goes beyond maxmemory while keys of all
// sizes come, change and go.
#pragma once

#include <vector>

#include "options.h"
#include "picker.h"
#include "process.h"
#include "results.h"

namespace freshet {

// Sizes from `least` to `most` bytes, each power of two as often as the next.
struct Sizes {
  size_t least;
  size_t most;

  size_t draw(Random& random) const;
  double mean() const;
};

void measure_churn(const Options& options, const std::vector<Seat>& seats, Results& results);

}  // namespace freshet
