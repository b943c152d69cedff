// Cores that want doors, in simulated time: a discrete-event model of
// include/freshet/engine/door.h. It knows what a door costs and how cores wait at it, not what they
// do inside: a Plan says that. Times are nanoseconds. The same plan and seed give the same outcome.
#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "histogram.h"
#include "picker.h"

namespace freshet {

// What a core does next: work outside, then doors in ascending order, then work behind all of them.
struct Visit {
  std::vector<uint32_t> doors;  // may be empty
  double before = 0;            // outside, before the first door
  double enter = 0;             // each door that this core was the last to hold; leaving included
  double moved = 0;       // more, for a door (and what is behind it) that another core held last
  double inside = 0;      // work once all doors are held
  uint64_t commands = 0;  // that are done with it
};

class Plan {
 public:
  virtual ~Plan() = default;
  // The next visit of a core that is free at `now`. Holds until the core's next call.
  virtual const Visit& next(int core, double now) = 0;
};

// How the processor and Door::wait treat who finds a door taken.
struct Waiting {
  double line = 0;   // until a cache line that another core wrote is here
  double pause = 0;  // between two looks at a door, at first
  double yield = 0;  // later, when each look is followed by sched_yield
  int spins = 100;   // looks of the first kind
};

struct Outcome {
  double nanos = 0;  // simulated
  int cores = 0;
  uint64_t commands = 0;
  uint64_t entries = 0;      // of doors
  uint64_t held_longer = 0;  // releases that had to fetch the line back from those who waited
  double waited = 0;         // summed over cores
  Histogram waits;           // at a door, each entry
  std::vector<double> held;  // of each door

  double per_microsecond() const { return static_cast<double>(commands) / nanos * 1000; }
  double waiting_share() const { return waited / (nanos * cores); }
  double hottest() const;  // the share of the time that the most wanted door was held
};

class Simulation {
 public:
  Simulation(const Waiting& waiting, int cores, uint32_t doors, Plan& plan, uint64_t seed);

  // What happened in `nanos` after a start of `warm_up` that is not counted. Once.
  Outcome run(double warm_up, double nanos);

 private:
  static constexpr int kNobody = -1;

  enum class Kind { kArrive, kLook, kDone, kGone };
  struct Event {
    double at;
    uint64_t order;  // of scheduling: decides between events of one moment
    int core;
    Kind kind;
    uint32_t door;   // kLook
    uint64_t taken;  // kLook: stale if the door has been taken since
    bool operator<(const Event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  struct ModelDoor {
    int holder = kNobody;
    int last = kNobody;
    uint64_t taken = 0;
    double since = 0;  // held
    std::vector<int> waiting;
  };
  struct ModelCore {
    const Visit* visit = nullptr;
    size_t entered = 0;
    double since = 0;  // waiting at a door
    double look = 0;   // when it will look at the door that it waits for
  };

  void schedule(double at, int core, Kind kind, uint32_t door = 0, uint64_t taken = 0) {
    events_.push({at, order_++, core, kind, door, taken});
  }
  void handle(const Event& event);
  void start(int core);
  void arrive(int core);
  void look(int core, uint32_t id, uint64_t taken);
  void take(int core, uint32_t id);
  void done(int core);
  void leave(int core);
  void call_waiting(uint32_t id);
  double uniform(double most) {
    return most * static_cast<double>(random_.next() >> 11) / 9007199254740992.0;  // 2^53
  }

  const Waiting waiting_;
  Plan& plan_;
  Random random_;
  std::priority_queue<Event> events_;
  uint64_t order_ = 0;
  double now_ = 0;
  double counted_from_ = 0;
  std::vector<ModelCore> cores_;
  std::vector<ModelDoor> doors_;
  Outcome outcome_;
};

}  // namespace freshet
