#include "freshet/commands/cascade.h"

#include <utility>

#include "freshet/base/ticks.h"
#include "freshet/commands/router.h"

namespace freshet {

uint64_t Cascade::deliver(Router& router, Millis now, size_t most) {
  if (empty()) return 0;
  const uint64_t before = killed_;
  const Router::Collecting collecting(router, *this);
  while (!empty() && most != 0) {
    Pending pending = std::move(notes_.back());
    notes_.pop_back();
    const size_t below = notes_.size();
    size_t used = 1;
    if (pending.note.kind == Note::kReleased) {
      deliver_released(router, now, pending.note);
      pending.shard = UINT32_MAX;
    } else {
      used = deliver_some(router, now, pending, most);
    }
    // What it brought forth comes first: so the list stays as short as the graph is deep.
    if (pending.shard < router.keyspace().size()) {
      notes_.insert(notes_.begin() + static_cast<ptrdiff_t>(below), std::move(pending));
    }
    most -= std::min(most, used);
  }
  const uint64_t killed = killed_ - before;
  if (empty()) finish(router);
  return killed;
}

// Goes on with a note, in up to one shard that holds dependents; how many keys it looked at.
size_t Cascade::deliver_some(Router& router, Millis now, Pending& pending, size_t most) {
  const Note& note = pending.note;
  const uint32_t shards = router.keyspace().size();
  const auto skip = [&] {
    while (pending.shard < shards && !(note.mask >> (pending.shard % 64) & 1)) ++pending.shard;
  };
  skip();
  if (pending.shard == shards) return 1;
  size_t looked = 1;
  router.at(pending.shard, [&](Shard& shard) {
    Space space(shard, shard.index_of(note.db), now, true);
    const Node* node = space.db().graph.dependency(note.key());
    if (node == nullptr) {
      pending.left = 0;
      return;
    }
    if (number_ == 0 && note.kind == Note::kChanged) begin(router, now, note);
    const Death death{Cause::kInvalidated, true, note.stale_until, note.depth + 1, number_};
    space.visit_members(node, pending.left, most, [&](Entry* entry) {
      ++looked;
      if (note.kind == Note::kDeadline) return space.bound_dependent(entry, note.deadline);
      if (space.db().graph.of(entry)->created() >= note.deadline) return;
      if (!space.kill(shard.hasher.key(entry->key()), entry, death)) return;
      ++killed_;
      deepest_ = std::max(deepest_, note.depth);
    });
  });
  if (pending.left == 0) {
    ++pending.shard;
    pending.left = UINT32_MAX;
    skip();  // so that a note that is done leaves the list, however long the chain
  }
  return looked;
}

// A shard's last dependent of a name is gone: its bit goes too, unless a new one has come
// meanwhile. With more than 64 shards a bit stands for several, and all of them are asked.
void Cascade::deliver_released(Router& router, Millis now, const Note& note) {
  Keyspace& keyspace = router.keyspace();
  const uint32_t home = keyspace.id_of(note.hash);
  std::vector<uint32_t> asked;
  for (uint32_t id = 0; id < keyspace.size(); ++id) {
    if (id == home || id % 64 == note.from % 64) asked.push_back(id);
  }
  router.together(asked, [&] {
    for (const uint32_t id : asked) {
      Shard& shard = keyspace.shard(id);
      if (id % 64 != note.from % 64) continue;
      if (shard.db(shard.index_of(note.db)).graph.dependency(note.key()) != nullptr) return;
    }
    Shard& shard = keyspace.shard(home);
    Space(shard, shard.index_of(note.db), now, true).detach(note.key(), keyspace.shard(note.from));
  });
}

// Dependents are about to die of a change: it gets a number, which they keep.
void Cascade::begin(Router& router, Millis now, const Note& note) {
  number_ = log_entry_.number = router.keyspace().invalidations.next();
  log_entry_.kind = KillKind::kChange;
  log_entry_.time = now;
  log_entry_.ticks = ticks();
  log_entry_.what = note.name;
  log_entry_.origin = origin_ == nullptr ? Origin{} : *origin_;
}

void Cascade::finish(Router& router) {
  if (killed_ != 0) router.keyspace().cascades.add(deepest_, killed_);
  deepest_ever_ = std::max(deepest_ever_, deepest_);
  if (logs_ && number_ != 0) {
    log_entry_.keys = killed_;
    log_entry_.depth = deepest_;
    log_entry_.ticks = ticks() - log_entry_.ticks;
    if (killed_ != 0) router.keyspace().invalidations.add(std::move(log_entry_));
    log_entry_ = {};
    number_ = 0;
  }
  if (notes_.capacity() > 64) std::vector<Pending>().swap(notes_);
  killed_ = 0;
  deepest_ = 0;
}

}  // namespace freshet
