#include "door_simulation.h"

#include <algorithm>
#include <utility>

namespace freshet {

double Outcome::hottest() const {
  return held.empty() ? 0 : *std::max_element(held.begin(), held.end()) / nanos;
}

Simulation::Simulation(const Waiting& waiting, int cores, uint32_t doors, Plan& plan, uint64_t seed)
    : waiting_(waiting),
      plan_(plan),
      random_(seed),
      cores_(static_cast<size_t>(cores)),
      doors_(doors) {
  outcome_.cores = cores;
  outcome_.held.resize(doors);
}

Outcome Simulation::run(double warm_up, double nanos) {
  counted_from_ = warm_up;
  outcome_.nanos = nanos;
  for (size_t core = 0; core < cores_.size(); ++core) start(static_cast<int>(core));
  while (!events_.empty() && events_.top().at < warm_up + nanos) {
    const Event event = events_.top();
    events_.pop();
    now_ = event.at;
    handle(event);
  }
  now_ = warm_up + nanos;
  for (size_t id = 0; id < doors_.size(); ++id) {
    const ModelDoor& door = doors_[id];
    if (door.holder != kNobody) outcome_.held[id] += now_ - std::max(door.since, counted_from_);
    for (const int core : door.waiting) {
      outcome_.waited += now_ - std::max(cores_[static_cast<size_t>(core)].since, counted_from_);
    }
  }
  return std::move(outcome_);
}

void Simulation::handle(const Event& event) {
  switch (event.kind) {
    case Kind::kArrive:
      arrive(event.core);
      break;
    case Kind::kLook:
      look(event.core, event.door, event.taken);
      break;
    case Kind::kDone:
      done(event.core);
      break;
    case Kind::kGone:
      leave(event.core);
      break;
  }
}

void Simulation::start(int core) {
  ModelCore& me = cores_[static_cast<size_t>(core)];
  me.visit = &plan_.next(core, now_);
  me.entered = 0;
  const Visit& visit = *me.visit;
  if (visit.doors.empty()) {
    schedule(now_ + visit.before + visit.inside, core, Kind::kDone);
  } else {
    schedule(now_ + visit.before, core, Kind::kArrive);
  }
}

void Simulation::arrive(int core) {
  ModelCore& me = cores_[static_cast<size_t>(core)];
  const uint32_t id = me.visit->doors[me.entered];
  me.since = now_;
  if (doors_[id].holder == kNobody) {
    take(core, id);
  } else {
    doors_[id].waiting.push_back(core);
  }
}

void Simulation::look(int core, uint32_t id, uint64_t taken) {
  ModelDoor& door = doors_[id];
  if (door.taken != taken) return;  // somebody was faster; the next release calls again
  door.waiting.erase(std::find(door.waiting.begin(), door.waiting.end(), core));
  take(core, id);
}

// Those who look before the line has reached the new holder see the door free and try, too; each of
// them takes the line away once.
void Simulation::take(int core, uint32_t id) {
  ModelDoor& door = doors_[id];
  ModelCore& me = cores_[static_cast<size_t>(core)];
  const auto rivals = std::count_if(door.waiting.begin(), door.waiting.end(), [&](int other) {
    return cores_[static_cast<size_t>(other)].look <= now_ + waiting_.line;
  });
  door.holder = core;
  door.since = now_;
  ++door.taken;
  if (now_ >= counted_from_) {
    const double waited = now_ - me.since;
    ++outcome_.entries;
    outcome_.waited += now_ - std::max(me.since, counted_from_);
    outcome_.waits.record(static_cast<uint64_t>(waited));
  }
  const Visit& visit = *me.visit;
  const double moved = door.last == core || door.last == kNobody ? 0 : visit.moved;
  const double in = now_ + visit.enter + moved + static_cast<double>(rivals) * waiting_.line;
  if (++me.entered == visit.doors.size()) {
    schedule(in + visit.inside, core, Kind::kDone);
  } else {
    schedule(in, core, Kind::kArrive);
  }
}

// Whoever waits has a copy of the door's line, which the one who leaves has to get back first.
void Simulation::done(int core) {
  const Visit& visit = *cores_[static_cast<size_t>(core)].visit;
  const bool watched = std::any_of(visit.doors.begin(), visit.doors.end(),
                                   [&](uint32_t id) { return !doors_[id].waiting.empty(); });
  if (watched) {
    outcome_.held_longer += now_ >= counted_from_;
    schedule(now_ + waiting_.line, core, Kind::kGone);
  } else {
    leave(core);
  }
}

void Simulation::leave(int core) {
  const Visit& visit = *cores_[static_cast<size_t>(core)].visit;
  for (const uint32_t id : visit.doors) {
    ModelDoor& door = doors_[id];
    outcome_.held[id] += std::max(0.0, now_ - std::max(door.since, counted_from_));
    door.last = std::exchange(door.holder, kNobody);
    if (!door.waiting.empty()) call_waiting(id);
  }
  if (now_ >= counted_from_) outcome_.commands += visit.commands;
  start(core);
}

// Nobody is told that a door is free. Each finds out when it looks next.
void Simulation::call_waiting(uint32_t id) {
  ModelDoor& door = doors_[id];
  int first = kNobody;
  for (const int core : door.waiting) {
    ModelCore& other = cores_[static_cast<size_t>(core)];
    const bool spinning = now_ - other.since < waiting_.spins * waiting_.pause;
    other.look = now_ + uniform(spinning ? waiting_.pause : waiting_.yield);
    if (first == kNobody || other.look < cores_[static_cast<size_t>(first)].look) first = core;
  }
  schedule(cores_[static_cast<size_t>(first)].look, first, Kind::kLook, id, door.taken);
}

}  // namespace freshet
