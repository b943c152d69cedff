// The only place that knows how a shard is reached. One router a core; it opens doors, runs the
// handler, leaves, and carries what the shards have to tell each other before the reply goes out.
//
// Doors are entered in ascending order of shard, and never one below another that is held. With one
// core there is nobody to keep out, and no door is touched.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "freshet/commands/cascade.h"
#include "freshet/commands/command.h"
#include "freshet/commands/context.h"
#include "freshet/engine/balance.h"
#include "freshet/engine/keyspace.h"

namespace freshet {

class Router {
 public:
  // `locking`: other cores use the same keyspace.
  Router(Keyspace& keyspace, bool locking)
      : keyspace_(keyspace), locking_(locking), balance_(keyspace.hasher.digest("balance")) {}

  Keyspace& keyspace() { return keyspace_; }
  const Hasher& hasher() const { return keyspace_.hasher; }

  // Runs a data command whose arity fits. `keys`: as Command::hash_keys has them, or empty. When
  // this returns everything that it killed is dead, unless it left a task behind (Context::task):
  // then that has to be done first.
  void run(const Command& command, Context& context, std::span<const KeyArg> keys) {
    if (command.verb != Verb::kAt || keys.empty()) [[unlikely]]
      return run_otherwise(command, context, keys);
    context.set_keys(keys);
    run_at(command, context);
    if (wants_all_ || !own_.empty()) [[unlikely]]
      finish(command, context);
  }

  // While it lives, what shards have to tell each other is added to a certain cascade.
  class Collecting {
   public:
    Collecting(Router& router, Cascade& cascade) : router_(router), before_(router.collected_) {
      router_.collected_ = &cascade;
    }
    ~Collecting() { router_.collected_ = before_; }
    Collecting(const Collecting&) = delete;
    Collecting& operator=(const Collecting&) = delete;

   private:
    Router& router_;
    Cascade* before_;
  };

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

  // Calls f() behind the doors of several shards, given in ascending order.
  template <class F>
  void together(const std::vector<uint32_t>& ids, F&& f) {
    for (const uint32_t id : ids) enter(id);
    f();
    for (const uint32_t id : ids) leave(id);
  }

  bool all_held() const { return all_held_; }

  // Is memory within its limit?
  bool has_room() const {
    const int64_t limit = keyspace_.settings.maxmemory.load(std::memory_order_relaxed);
    return limit == 0 || keyspace_.budget.used() <= limit;
  }
  // Evicts towards the limit, a slice at most: as much as commands have stored since the last call,
  // and of what was over the limit before (CONFIG SET maxmemory lowered it) the turn's share. False
  // if memory is over it and nothing can be evicted. REQUIRES: no door held.
  static constexpr int kEvictionsPerCommand = 128, kSparePerTurn = 128;
  static constexpr int kCompactionsPerTurn = 128;
  bool make_room(Millis now);
  // A turn of the event loop begins. Who has none gets no share but the first.
  void new_turn() {
    spare_ = kSparePerTurn;
    spare_compactions_ = kCompactionsPerTurn;
    if (has_room()) came_ = 0;
  }
  // Has the shard evict whose next victim is worth least; how many bytes that freed, nothing if
  // there is nothing to evict. REQUIRES: no door held.
  std::optional<int64_t> evict_somewhere(Millis now);

  // Prefetching in two steps, for a batch of commands about to run. Each opens the door of the
  // shard: cheaper than a miss in the cache.
  void prefetch_bucket(int db, uint64_t hash) {
    Shard& shard = enter_home(hash);
    shard.db(db).keys.prefetch_bucket(hash);
    if (locking_) shard.door.leave();
  }
  void prefetch_item(int db, uint64_t hash) {
    Shard& shard = enter_home(hash);
    shard.db(db).keys.prefetch_item(hash);
    if (locking_) shard.door.leave();
  }
  // The same for what the value declares: Graph::kPrefetchSteps more steps.
  void prefetch_declared(int db, uint64_t hash, int step);

 private:
  void enter(uint32_t id) {
    if (locking_) keyspace_.shard(id).door.enter();
  }
  Shard& enter_home(uint64_t hash) {
    Shard& shard = keyspace_.shard(keyspace_.id_of(hash));
    if (locking_) shard.door.enter();
    return shard;
  }
  void leave(uint32_t id) { leave(keyspace_.shard(id)); }
  void leave(Shard& shard) {
    if (!shard.notes.empty()) [[unlikely]]
      take_notes(shard);
    if (locking_) shard.door.leave();
  }
  void take_notes(Shard& shard);
  void enter_all();
  void leave_all();
  void run_at(const Command& command, Context& context) {
    Shard& shard = enter_home(context.keys_[0].hash);
    context.only_ = &shard;
    run_behind_doors(command, context, [&] { return shard.meter.bytes(); });
    leave(shard);
    context.only_ = nullptr;
  }
  void run_otherwise(const Command& command, Context& context, std::span<const KeyArg> keys);
  void finish(const Command& command, Context& context);
  void run_together(const Command& command, Context& context);
  void run_all(const Command& command, Context& context);
  int64_t held_bytes() const;
  // `bytes`: says what the shards whose doors are held take.
  template <class F>
  void run_behind_doors(const Command& command, Context& context, F&& bytes) {
    if (!(command.flags & kWrite)) return command.data(context);
    const int64_t before = bytes();
    command.data(context);
    // Is it a write of the keys that the row names, and does anybody have to know?
    if (!(command.flags & kOwnWrites) && keyspace_.fences.watched()) note_writes(context);
    came_ += bytes() - before;
  }
  void note_writes(const Context& context);
  void settle(Context& context);

  friend class Context;
  Keyspace& keyspace_;
  const bool locking_;
  bool all_held_ = false;
  bool wants_all_ = false;
  Balance balance_;
  int64_t came_ = 0;           // bytes that commands stored since the last make_room()
  int spare_ = kSparePerTurn;  // evictions that nobody owes, left in this turn
  int spare_compactions_ = kCompactionsPerTurn;  // of buckets, left in this turn
  Cascade own_;                                  // of the present command
  Cascade* collected_ = &own_;
  std::vector<KeyArg> keys_;    // of a command whose keys nobody hashed before
  std::vector<uint32_t> held_;  // shards, while a command runs behind several doors
};

inline Space Context::space(const Key& key, int database) const {
  if (only_ != nullptr) [[likely]]
    return Space(*only_, database, now, no_touch);
  return Space(router.keyspace().home(key), database, now, no_touch);
}

template <class F>
void Context::each(F&& f) const {
  router.each([&](Shard& shard) {
    Space space(shard, db, now, no_touch);
    f(space);
  });
}

}  // namespace freshet
