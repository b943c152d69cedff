// Makes a failing run short: drops chunks of steps, then shortens long arguments, as long as the
// run still fails. (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input,
// 2002.)
#pragma once

#include <chrono>
#include <vector>

#include "runner.h"
#include "step.h"

namespace freshet::compat {

// REQUIRES: `steps` failed with `mismatch`. Returns steps that failed too; the last one is where.
// Stops early when `patience` is over.
std::vector<Step> shrink(Runner* runner, std::vector<Step> steps, const Mismatch& mismatch,
                         std::chrono::seconds patience);

}  // namespace freshet::compat
