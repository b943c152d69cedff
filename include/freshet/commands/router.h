// The only place that knows how a shard is reached. One router a core; it opens doors, runs the
// handler, leaves, and carries what the shards have to tell each other before the reply goes out.
//
// Doors are entered in ascending order of shard, and never one below another that is held. With one
// core there is nobody to keep out, and no door is touched.
#pragma once

#include <deque>
#include <vector>

#include "freshet/commands/command.h"
#include "freshet/commands/context.h"
#include "freshet/engine/keyspace.h"

namespace freshet {

class Router {
 public:
  // `locking`: other cores use the same keyspace.
  Router(Keyspace& keyspace, bool locking) : keyspace_(keyspace), locking_(locking) {}

  Keyspace& keyspace() { return keyspace_; }
  const Hasher& hasher() const { return keyspace_.hasher; }

  // Runs a data command whose arity fits. Everything it killed is dead when this returns.
  void run(const Command& command, Context& context);

  // Calls f(Shard&) for every shard, one door after another.
  template <class F>
  void each(F&& f) {
    for (uint32_t id = 0; id < keyspace_.size(); ++id) at(id, f);
  }
  // Calls f(Shard&) for one shard, behind its door.
  template <class F>
  void at(uint32_t id, F&& f) {
    if (all_held_) {
      f(keyspace_.shard(id));
      return;
    }
    enter(id);
    f(keyspace_.shard(id));
    leave(id);
  }

  // Carries pending notes to where they belong until none is left. Returns how many keys died of
  // it. REQUIRES: no door held, or all.
  size_t deliver(Millis now);
  bool has_notes() const { return !notes_.empty(); }
  bool all_held() const { return all_held_; }

  // Evicts towards the limit, a slice at most; false if memory is over it and nothing can be
  // evicted. REQUIRES: no door held.
  static constexpr int kEvictionsPerCommand = 128;
  bool make_room(Millis now);

  // Prefetching in two steps, for a batch of commands about to run. Each opens the door of the
  // shard: cheaper than a miss in the cache.
  void prefetch_bucket(int db, uint64_t hash);
  void prefetch_item(int db, uint64_t hash);

 private:
  void enter(uint32_t id) {
    if (locking_) keyspace_.shard(id).door.enter();
  }
  void leave(uint32_t id) {
    Shard& shard = keyspace_.shard(id);
    if (!shard.notes.empty()) [[unlikely]]
      take_notes(shard);
    if (locking_) shard.door.leave();
  }
  void take_notes(Shard& shard);
  void enter_all();
  void leave_all();
  void run_together(const Command& command, Context& context);
  void run_all(const Command& command, Context& context);
  void note_changes(const Command& command);
  void hash_keys(const Command& command, Context& context);
  size_t deliver_changed(const Note& note, Millis now);
  void deliver_deadline(const Note& note, Millis now);
  void deliver_released(const Note& note, Millis now);

  friend class Context;
  Keyspace& keyspace_;
  const bool locking_;
  bool all_held_ = false;
  bool wants_all_ = false;
  uint32_t next_victim_ = 0;
  std::deque<Note> notes_;
  std::vector<int> indexes_;
  std::vector<Context::Hashed> hashed_;
  std::vector<uint32_t> held_;
};

template <class F>
void Context::each(F&& f) const {
  router.each([&](Shard& shard) {
    Space space(shard, db, now, no_touch);
    f(space);
  });
}

}  // namespace freshet
