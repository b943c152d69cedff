// What changes mean to other shards, on its way there: a list of notes, delivered one by one, a
// slice of the dependents at a time. Each kill may add notes of its own; a chain of a million keys
// needs no stack, for the list is one. Owned by the core that carries it.
#pragma once

#include <string>
#include <vector>

#include "freshet/base/mutant.h"
#include "freshet/engine/invalidation_log.h"
#include "freshet/engine/shard.h"

namespace freshet {

class Router;

class Cascade {
 public:
  void add(Note note) {
    if (mutant(kCascadeCutShort) && note.kind == Note::kChanged && note.depth > 1) return;
    notes_.push_back({std::move(note)});
  }
  bool empty() const { return notes_.empty(); }
  // What it kills is part of an invalidation that logs itself, under that number.
  void belongs_to(uint32_t number) { number_ = number, logs_ = false; }
  // Who caused it, for the log; must live until deliver() has returned.
  void caused_by(const Origin* origin) { origin_ = origin; }
  // Levels of the deepest cascade so far.
  uint32_t deepest() const { return deepest_ever_; }
  // Delivers what is about `most` keys' work; how many live keys died of it. REQUIRES: no door
  // held.
  uint64_t deliver(Router& router, Millis now, size_t most);

 private:
  // The newest is delivered first. `shard` and `left` tell where it stands: the shards below have
  // it, and of that shard's dependents so many are left.
  struct Pending {
    Note note;
    uint32_t shard = 0;
    uint32_t left = UINT32_MAX;
  };

  size_t deliver_some(Router& router, Millis now, Pending& pending, size_t most);
  static void deliver_released(Router& router, Millis now, const Note& note);
  void begin(Router& router, Millis now, const Note& note);
  void finish(Router& router);

  std::vector<Pending> notes_;
  uint64_t killed_ = 0;  // since it was last empty
  uint32_t deepest_ = 0;
  uint32_t deepest_ever_ = 0;
  const Origin* origin_ = nullptr;
  uint32_t number_ = 0;  // in the invalidation log, from the first kill on
  bool logs_ = true;     // itself, when it is done
  LoggedKill log_entry_;
};

}  // namespace freshet
