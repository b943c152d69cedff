#include "freshet/commands/router.h"

#include <algorithm>

#include "freshet/base/numbers.h"

namespace freshet {

void Router::run(const Command& command, Context& context) {
  if (command.verb == Verb::kAt) {
    const size_t arg = static_cast<size_t>(command.keys.first);
    hashed_.assign(1, {arg, keyspace_.hasher(context.args[arg])});
    context.hashed_ = hashed_;
    const uint32_t id = keyspace_.id_of(hashed_[0].hash);
    enter(id);
    command.data(context);
    if (command.flags & kWrite) keyspace_.shard(id).changes.changed(hashed_[0].hash);
    leave(id);
  } else if (command.verb == Verb::kTogether) {
    run_together(command, context);
  } else if (command.verb == Verb::kAll) {
    run_all(command, context);
  } else {
    command.data(context);
  }
  if (wants_all_) [[unlikely]]
    run_all(command, context);
  if (!notes_.empty()) [[unlikely]]
    deliver(context.now);
}

void Router::hash_keys(const Command& command, Context& context) {
  indexes_.clear();
  command.find_keys(context.args, indexes_);
  std::sort(indexes_.begin(), indexes_.end());
  hashed_.clear();
  for (const int index : indexes_) {
    const auto arg = static_cast<size_t>(index);
    hashed_.push_back({arg, keyspace_.hasher(context.args[arg])});
  }
  context.hashed_ = hashed_;
}

void Router::run_together(const Command& command, Context& context) {
  hash_keys(command, context);
  held_.clear();
  for (const Context::Hashed& key : hashed_) held_.push_back(keyspace_.id_of(key.hash));
  std::sort(held_.begin(), held_.end());
  held_.erase(std::unique(held_.begin(), held_.end()), held_.end());
  for (const uint32_t id : held_) enter(id);
  command.data(context);
  note_changes(command);
  for (const uint32_t id : held_) leave(id);
}

void Router::run_all(const Command& command, Context& context) {
  wants_all_ = false;
  if (context.hashed_.empty()) hash_keys(command, context);
  enter_all();
  command.data(context);
  note_changes(command);
  leave_all();
}

// A write changes its keys for the fences, whether they held a value or not. REQUIRES: their doors
// held.
void Router::note_changes(const Command& command) {
  if (!(command.flags & kWrite) || !keyspace_.fences.any()) return;
  for (const Context::Hashed& key : hashed_) {
    keyspace_.shard(keyspace_.id_of(key.hash)).changes.changed(key.hash);
  }
}

void Router::enter_all() {
  for (uint32_t id = 0; id < keyspace_.size(); ++id) enter(id);
  all_held_ = true;
}

void Router::leave_all() {
  all_held_ = false;
  for (uint32_t id = 0; id < keyspace_.size(); ++id) leave(id);
}

void Router::take_notes(Shard& shard) {
  for (Note& note : shard.notes) notes_.push_back(std::move(note));
  shard.notes.clear();
}

size_t Router::deliver(Millis now) {
  if (all_held_) {
    for (uint32_t id = 0; id < keyspace_.size(); ++id) take_notes(keyspace_.shard(id));
  }
  size_t killed = 0;
  while (!notes_.empty()) {
    const Note note = std::move(notes_.front());
    notes_.pop_front();
    switch (note.kind) {
      case Note::kChanged:
        killed += deliver_changed(note, now);
        break;
      case Note::kDeadline:
        deliver_deadline(note, now);
        break;
      case Note::kReleased:
        deliver_released(note, now);
        break;
    }
    if (all_held_) {
      for (uint32_t id = 0; id < keyspace_.size(); ++id) take_notes(keyspace_.shard(id));
    }
  }
  return killed;
}

size_t Router::deliver_changed(const Note& note, Millis now) {
  size_t killed = 0;
  for (uint32_t id = 0; id < keyspace_.size(); ++id) {
    if (!(note.mask & keyspace_.shard(id).mask_bit())) continue;
    at(id, [&](Shard& shard) {
      Space space(shard, shard.index_of(note.db), now);
      const size_t count =
          space.kill_dependents(note.key(), Cause::kInvalidated, true, note.deadline);
      shard.stats.killed_by_change += count;
      killed += count;
    });
  }
  return killed;
}

void Router::deliver_deadline(const Note& note, Millis now) {
  for (uint32_t id = 0; id < keyspace_.size(); ++id) {
    if (!(note.mask & keyspace_.shard(id).mask_bit())) continue;
    at(id, [&](Shard& shard) {
      Space(shard, shard.index_of(note.db), now).bound_dependents(note.key(), note.deadline);
    });
  }
}

// A shard's last dependent of a name is gone: its bit goes too, unless a new one has come
// meanwhile. With more than 64 shards a bit stands for several, and all of them are asked.
void Router::deliver_released(const Note& note, Millis now) {
  const uint32_t home = keyspace_.id_of(note.hash);
  std::vector<uint32_t> asked;
  for (uint32_t id = 0; id < keyspace_.size(); ++id) {
    if (id == home || id % 64 == note.from % 64) asked.push_back(id);
  }
  if (!all_held_) {
    for (const uint32_t id : asked) enter(id);
  }
  bool held = false;
  for (const uint32_t id : asked) {
    Shard& shard = keyspace_.shard(id);
    if (id % 64 != note.from % 64) continue;
    held |= shard.db(shard.index_of(note.db)).graph.dependency(note.key()) != nullptr;
  }
  if (!held) {
    Shard& shard = keyspace_.shard(home);
    Space(shard, shard.index_of(note.db), now).detach(note.key(), keyspace_.shard(note.from));
  }
  if (!all_held_) {
    for (const uint32_t id : asked) leave(id);
  }
}

bool Router::make_room(Millis now) {
  const int64_t limit = keyspace_.settings.maxmemory.load(std::memory_order_relaxed);
  if (limit == 0 || keyspace_.budget.used() <= limit) return true;
  if (keyspace_.settings.policy.load(std::memory_order_relaxed) == EvictionPolicy::kNoEviction) {
    return false;
  }
  // Shards take turns. A full round without a victim means that there is nothing left to evict. One
  // command evicts no more than a slice; what is over the limit then, the cores' timers take off.
  uint32_t empty = 0;
  for (int evicted = 0; evicted < kEvictionsPerCommand && keyspace_.budget.used() > limit;) {
    next_victim_ = (next_victim_ + 1) % keyspace_.size();
    bool found = false;
    at(next_victim_, [&](Shard& shard) { found = shard.evict_one(now); });
    if (!notes_.empty()) deliver(now);
    empty = found ? 0 : empty + 1;
    if (empty == keyspace_.size()) return false;
    evicted += found;
  }
  return true;
}

void Router::prefetch_bucket(int db, uint64_t hash) {
  Shard& shard = keyspace_.shard(keyspace_.id_of(hash));
  if (locking_) shard.door.enter();
  shard.db(db).keys.prefetch_bucket(hash);
  if (locking_) shard.door.leave();
}

void Router::prefetch_item(int db, uint64_t hash) {
  Shard& shard = keyspace_.shard(keyspace_.id_of(hash));
  if (locking_) shard.door.enter();
  shard.db(db).keys.prefetch_item(hash);
  if (locking_) shard.door.leave();
}

// --- Context -------------------------------------------------------------------------------------

Key Context::key(size_t arg) const {
  const auto found =
      std::lower_bound(hashed_.begin(), hashed_.end(), arg,
                       [](const Hashed& hashed, size_t at) { return hashed.arg < at; });
  if (found != hashed_.end() && found->arg == arg) return {args[arg], found->hash};
  return router.hasher().key(args[arg]);
}

Space Context::space(const Key& key, int database) const {
  return Space(router.keyspace().home(key), database, now, no_touch);
}

void Context::need_all() { router.wants_all_ = true; }
bool Context::all_held() const { return router.all_held_; }

Value encode(std::string_view bytes) {
  if (bytes.size() <= kMaxIntDigits) {
    if (const auto number = parse_int(bytes)) return Value::of(*number);
  }
  return Value::of(bytes);
}

Value Context::value(size_t arg) const {
  if (blob_of != nullptr && args[arg].size() > kInlineLimit) {
    if (Blob* blob = blob_of(parser, arg)) {
      blob->ref();
      return Value::of(blob);
    }
  }
  return encode(args[arg]);
}

void Context::reply_value(const Entry* entry) const {
  switch (entry->encoding()) {
    case Encoding::kInline:
      reply.bulk(entry->inline_bytes());
      break;
    case Encoding::kInt:
      reply.bulk(entry->number());
      break;
    case Encoding::kBlob:
      reply.bulk(entry->blob());
      break;
  }
}

}  // namespace freshet
