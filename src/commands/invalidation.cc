#include "invalidation.h"

#include <algorithm>

#include "freshet/base/mutant.h"
#include "freshet/base/ticks.h"

namespace freshet {
namespace {

constexpr size_t kSlice = 64;  // keys, or names, of one step

using Selector = InvalidateRequest::Selector;

// The index leads to the matches, and they are not so many that it would be better to kill them at
// once and bury them later.
bool few_in_index(const InvalidateRequest& part, const Database& db) {
  constexpr size_t kMost = 10'000;
  return KeySweep::indexed(db, part.patterns) &&
         std::all_of(part.patterns.begin(), part.patterns.end(), [&](const auto& pattern) {
           return db.prefix->count(pattern.literal(), kMost) < kMost;
         });
}

}  // namespace

Invalidation::Invalidation(std::vector<InvalidateRequest> parts, uint8_t db, Millis now,
                           LoggedKill logged)
    : parts_(std::move(parts)),
      db_(db),
      stale_until_(options().soft == 0 ? 0 : now + options().soft),
      stage_(any(Selector::kKey) || any(Selector::kDeps) ? Stage::kNames : Stage::kShards),
      logged_(std::move(logged)) {
  cascade_.belongs_to(logged_.number);
}

bool Invalidation::any(Selector selector) const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [&](const Part& part) { return part.selector == selector; });
}

bool Invalidation::matches(std::string_view key) const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [&](const Part& part) { return part.matches(key); });
}

// A hard kill of a pattern also takes stale values; a cascade from it also starts at names that
// hold no value.
Invalidation::Stage Invalidation::after(Stage stage) const {
  const bool pattern = any(Selector::kPattern);
  switch (stage) {
    case Stage::kNames:
      return pattern || any(Selector::kTag) || any(Selector::kDeps) ? Stage::kShards
                                                                    : Stage::kCascade;
    case Stage::kShards:
      return pattern && stale_until_ == 0 ? Stage::kShelves : Stage::kWalks;
    case Stage::kShelves:
      return Stage::kWalks;
    case Stage::kWalks:
      return pattern && options().cascade ? Stage::kAbsent : Stage::kCascade;
    case Stage::kAbsent:
      return Stage::kCascade;
    case Stage::kCascade:
      return Stage::kCount;
    case Stage::kCount:
    case Stage::kDone:
      break;
  }
  return Stage::kDone;
}

void Invalidation::step(Router& router, Millis now) {
  using Work = bool (Invalidation::*)(Router&, Millis);
  static constexpr Work kWork[] = {
      &Invalidation::do_names, &Invalidation::do_shards, &Invalidation::do_shelves,
      &Invalidation::do_walks, &Invalidation::do_absent, &Invalidation::do_cascade,
      &Invalidation::do_count,
  };
  static_assert(std::size(kWork) == static_cast<size_t>(Stage::kDone));
  const Router::Collecting collecting(router, cascade_);
  if ((this->*kWork[static_cast<size_t>(stage_)])(router, now)) next_stage();
}

void Invalidation::reply(Reply& reply) const {
  if (options().async) {
    reply.ok();
  } else {
    reply.integer(static_cast<int64_t>(keys_));
  }
}

// --- By name -------------------------------------------------------------------------------------

// KEY kills the names; DEPS only bars fills that name them, and goes on to their dependents.
bool Invalidation::do_names(Router& router, Millis now) {
  const Part& part = parts_[part_];
  const bool named = part.selector == Selector::kKey || part.selector == Selector::kDeps;
  const size_t end = named ? std::min(at_ + kSlice, part.names.size()) : 0;
  for (; at_ < end; ++at_) {
    const Key key = part.names[at_].key();
    router.at(router.keyspace().id_of(key.hash), [&](Shard& shard) {
      Space space(shard, shard.index_of(db_), now, true);
      if (part.selector == Selector::kKey) {
        kill_name(space, key);
      } else {
        shard.changes.changed(ChangeTable::dependents_of(db_, key));
      }
    });
  }
  if (named && at_ < part.names.size()) return false;
  at_ = 0;
  return ++part_ == parts_.size();
}

// A name may be gone (evicted, or a signal that never held a value) while values made from it live.
// A cascade from that name reaches them all the same.
void Invalidation::kill_name(Space& space, const Key& key) {
  Entry* entry = space.peek(key);  // what was killed softly before goes to the shelf by that
  if (stale_until_ == 0) {
    space.written(key);
  } else {
    space.shard().changes.changed(ChangeTable::key_of(db_, key));
  }
  if (entry != nullptr) {
    keys_ += space.kill(key, entry, death());
  } else if (options().cascade) {
    space.changed(key, kNever, death());
  }
}

// --- By node -------------------------------------------------------------------------------------

void Invalidation::start_walk(const Part& part, Space& space, const InvalidateName& name) {
  const Node* node = part.node(space.db().graph, name);
  if (node == nullptr) return;
  space.shard().stats.keys_examined += node->count;
  walks_.push_back({space.shard().id(), &part, name});
}

void Invalidation::take(uint32_t shard, const Killed& killed, Space& space) {
  keys_ += killed.keys;
  if (killed.number == 0) return;
  counted_.push_back({shard, killed.number, space.db().kills.find(killed.number)->tally});
}

void Invalidation::kill_nodes(const Part& part, Space& space) {
  Shard& shard = space.shard();
  if (mutant(kTagShardForgotten) && shard.id() == 1) return;
  const Graph& graph = space.db().graph;
  const uint64_t sequence = shard.fences.any() ? shard.fences.next() : 0;
  for (const InvalidateName& name : part.names) {
    if (part.selector != Selector::kTag) break;
    shard.changes.changed_at(ChangeTable::tag_of(db_, name.key()), sequence);
  }
  if (part.all_tags) {
    if (const InvalidateName* rarest = part.rarest(graph)) start_walk(part, space, *rarest);
    return;
  }
  for (const InvalidateName& name : part.names) {
    if (part.cascade) {
      start_walk(part, space, name);
    } else if (Node* node = part.node(graph, name)) {
      const Killed killed = space.kill_members(node, stale_until_, sequence, logged_.number);
      if (killed.refused) {
        walks_.push_back({shard.id(), &part, name});
      } else {
        take(shard.id(), killed, space);
      }
    }
  }
}

bool Invalidation::do_walks(Router& router, Millis now) {
  if (at_ == walks_.size() || mutant(kRepliesTooSoon)) return true;
  Walk& walk = walks_[at_];
  router.at(walk.shard, [&](Shard& shard) {
    Space space(shard, shard.index_of(db_), now, true);
    const Node* node = walk.part->node(space.db().graph, walk.name);
    if (node == nullptr) {
      walk.left = 0;
      return;
    }
    space.visit_members(node, walk.left, kSlice, [&](Entry* entry) {
      if (walk.part->condemns(space.db().graph, entry))
        keys_ += space.kill(shard.hasher.key(entry->key()), entry, death());
    });
  });
  if (walk.left == 0) ++at_;
  return at_ == walks_.size();
}

// --- Shard by shard ------------------------------------------------------------------------------

bool Invalidation::do_shards(Router& router, Millis now) {
  router.at(static_cast<uint32_t>(at_), [&](Shard& shard) {
    Space space(shard, shard.index_of(db_), now, true);
    while (part_ < parts_.size() && kill_part(parts_[part_], space)) ++part_;
  });
  if (part_ < parts_.size()) return false;
  part_ = 0;
  return ++at_ == router.keyspace().size();
}

// True when the shard's victims are all dead, or wait for their walk.
bool Invalidation::kill_part(const Part& part, Space& space) {
  if (part.selector == Selector::kKey) return true;
  if (part.selector == Selector::kPattern) return kill_pattern(part, space);
  kill_nodes(part, space);
  return true;
}

bool Invalidation::kill_pattern(const Part& part, Space& space) {
  const bool singly = part.cascade || !sweep_.begins() || few_in_index(part, space.db());
  return singly ? kill_one_by_one(part, space) : kill_matching(part, space);
}

// Because dependents die as well, or because there are few.
bool Invalidation::kill_one_by_one(const Part& part, Space& space) {
  Shard& shard = space.shard();
  if (sweep_.begins()) bar_matching(part, shard);
  const bool over = sweep_.next(space, part.patterns, kSlice);
  for (Entry* entry : sweep_.found()) {
    keys_ += space.kill(shard.hasher.key(entry->key()), entry, death());
  }
  return over;
}

// False: too many patterns are being worked off in this shard; it helps with that first.
bool Invalidation::kill_matching(const Part& part, Space& space) {
  if (space.db().kills.patterns() >= Space::kMostPatterns) {
    const Kill* first = space.db().kills.first_pattern();
    if (space.count_slice(first->number, kSlice)) space.bury_slice(kSlice);
    return false;
  }
  const uint64_t sequence = bar_matching(part, space.shard());
  take(space.shard().id(),
       space.kill_matching(part.patterns, stale_until_, sequence, logged_.number), space);
  return true;
}

// Late fills of what matches are refused, whether it is here now or not. The sequence from which
// on, 0 if no fence is open.
uint64_t Invalidation::bar_matching(const Part& part, Shard& shard) {
  const uint64_t sequence = shard.fences.any() ? shard.fences.next() : 0;
  shard.changes.matched(db_, part.patterns, sequence);
  return sequence;
}

bool Invalidation::do_shelves(Router& router, Millis now) {
  router.at(static_cast<uint32_t>(at_), [&](Shard& shard) {
    Space space(shard, shard.index_of(db_), now, true);
    const auto match = [&](std::string_view key) { return matches(key); };
    position_ = space.db().shelf.drop_if(position_, match);
  });
  at_ += position_ == 0;
  return at_ == router.keyspace().size();
}

bool Invalidation::do_absent(Router& router, Millis now) {
  router.at(static_cast<uint32_t>(at_), [&](Shard& shard) {
    Space space(shard, shard.index_of(db_), now, true);
    std::vector<std::string> names;
    position_ = space.db().graph.name_table().scan(position_, [&](Name* name) {
      if (matches(name->key())) names.emplace_back(name->key());
    });
    for (const std::string& name : names) {
      const Key key = shard.hasher.key(name);
      if (space.peek(key) == nullptr)
        space.changed(key, kNever, {Cause::kInvalidated, true, stale_until_});
    }
  });
  at_ += position_ == 0;
  return at_ == router.keyspace().size();
}

bool Invalidation::do_cascade(Router& router, Millis now) {
  keys_ += cascade_.deliver(router, now, kSlice);
  return cascade_.empty();
}

bool Invalidation::do_count(Router& router, Millis now) {
  if (at_ < counted_.size()) {
    const Counted& counted = counted_[at_];
    router.at(counted.shard, [&](Shard& shard) {
      Space space(shard, shard.index_of(db_), now, true);
      if (!counted.tally->complete && !space.count_slice(counted.number, kSlice)) return;
      keys_ += counted.tally->killed;
      ++at_;
    });
  }
  // To count may be to bury, which tells other shards.
  if (!do_cascade(router, now) || at_ < counted_.size()) return false;
  if (options().async) router.keyspace().last_async.store(keys_, std::memory_order_relaxed);
  finish(router);
  return true;
}

void Invalidation::finish(Router& router) {
  logged_.keys = keys_;
  logged_.depth = cascade_.deepest();
  logged_.ticks = ticks() - logged_.ticks;
  router.keyspace().invalidations.add(std::move(logged_));
}

}  // namespace freshet
