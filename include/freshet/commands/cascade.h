// What changes mean to other shards, on its way there: a list of notes, delivered one by one, a
// slice of the dependents at a time. Each kill may add notes of its own; a chain of a million keys
// needs no stack, for the list is one. Owned by the core that carries it.
#pragma once

#include <vector>

#include "freshet/base/mutant.h"
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
  void finish(Router& router);

  std::vector<Pending> notes_;
  uint64_t killed_ = 0;  // since it was last empty
  uint32_t deepest_ = 0;
};

}  // namespace freshet
