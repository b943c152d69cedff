// What the figures of Freshet must be beside those of redis-server in the same run. The targets are
// meant for the default scale; a smaller one does not have the load that they speak of.
#pragma once

#include <optional>
#include <vector>

#include "results.h"

namespace freshet {

enum class Bound { kAtLeast, kAtMost };

struct Target {
  const char* what;
  Line line;
  const char* table;
  const char* metric;
  Bound bound;
  double value;
  int digits;  // of what is shown
};

struct Verdict {
  const Target* target;
  std::optional<double> measured;  // nothing: n/a
  bool met;
};

const std::vector<Target>& targets();

bool meets(const Target& target, double measured);

// In the order of targets(), without those whose row was not run.
std::vector<Verdict> verdicts(const Results& results);

}  // namespace freshet
