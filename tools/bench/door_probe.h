// What doors, and the work behind them, cost on this machine.
#pragma once

#include <vector>

#include "door_store.h"
#include "door_times.h"

namespace freshet {

// `times` with all that can be measured here filled in. With one cpu, nothing can be said about
// what another core held last: those times stay as given.
DoorTimes measure_doors(DoorStore& store, DoorTimes times);

// The steps alone, with the keys that `load` wants.
DoorTimes measure_steps(DoorStore& store, const DoorLoad& load, DoorTimes times);

// Real threads, one (without doors) or two, each on a cpu of its own, running batches as ServerPlan
// does.
struct Pace {
  double per_microsecond;  // commands; the median slice, 0 if none was good
  size_t slices;           // during which no thread lost its cpu
};
// With two stores the threads share none: a control, which meets all that two cpus have in common
// except the doors.
Pace race_doors(std::vector<DoorStore*> stores, const DoorLoad& load, int threads, double outside);

}  // namespace freshet
