#include "invalidation.h"

#include <algorithm>

#include "freshet/base/mutant.h"
#include "freshet/base/ticks.h"

namespace freshet {
namespace {

constexpr size_t kSlice = 64;  // keys, or names, of one step

using Selector = InvalidateRequest::Selector;

}  // namespace

Invalidation::Invalidation(InvalidateRequest request, uint8_t db, Millis now, LoggedKill logged)
    : request_(std::move(request)),
      db_(db),
      stale_until_(request_.soft == 0 ? 0 : now + request_.soft),
      stage_(request_.selector == Selector::kKey || request_.selector == Selector::kDeps
                 ? Stage::kNames
                 : Stage::kShards),
      logged_(std::move(logged)) {
  cascade_.belongs_to(logged_.number);
}

// A hard kill of a pattern also takes stale values; a cascade from it also starts at names that
// hold no value.
Invalidation::Stage Invalidation::after(Stage stage) const {
  const bool pattern = request_.selector == Selector::kPattern;
  switch (stage) {
    case Stage::kNames:
      return request_.selector == Selector::kKey ? Stage::kCascade : Stage::kShards;
    case Stage::kShards:
      return pattern && stale_until_ == 0 ? Stage::kShelves : Stage::kWalks;
    case Stage::kShelves:
      return Stage::kWalks;
    case Stage::kWalks:
      return pattern && request_.cascade ? Stage::kAbsent : Stage::kCascade;
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
  if (request_.async) {
    reply.ok();
  } else {
    reply.integer(static_cast<int64_t>(keys_));
  }
}

// --- By name -------------------------------------------------------------------------------------

// KEY kills the names; DEPS only bars fills that name them, and goes on to their dependents.
bool Invalidation::do_names(Router& router, Millis now) {
  const size_t end = std::min(at_ + kSlice, request_.names.size());
  for (; at_ < end; ++at_) {
    const Key key = request_.names[at_].key();
    router.at(router.keyspace().id_of(key.hash), [&](Shard& shard) {
      Space space(shard, shard.index_of(db_), now, true);
      if (request_.selector == Selector::kKey) {
        kill_name(space, key);
      } else {
        shard.changes.changed(ChangeTable::dependents_of(db_, key));
      }
    });
  }
  return at_ == request_.names.size();
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
  } else if (request_.cascade) {
    space.changed(key, kNever, death());
  }
}

// --- By node -------------------------------------------------------------------------------------

bool Invalidation::condemned(Space& space, Entry* entry) const {
  return !request_.all_tags || request_.carries_all(space.db().graph, entry);
}

void Invalidation::start_walk(Space& space, const InvalidateName& name) {
  const Node* node = request_.node(space.db().graph, name);
  if (node == nullptr) return;
  space.shard().stats.keys_examined += node->count;
  walks_.push_back({space.shard().id(), name});
}

void Invalidation::take(uint32_t shard, const Killed& killed, Space& space) {
  keys_ += killed.keys;
  if (killed.number == 0) return;
  counted_.push_back({shard, killed.number, space.db().kills.find(killed.number)->tally});
}

void Invalidation::kill_nodes(Space& space) {
  Shard& shard = space.shard();
  if (mutant(kTagShardForgotten) && shard.id() == 1) return;
  const Graph& graph = space.db().graph;
  const uint64_t sequence = shard.fences.any() ? shard.fences.next() : 0;
  for (const InvalidateName& name : request_.names) {
    if (request_.selector != Selector::kTag) break;
    shard.changes.changed_at(ChangeTable::tag_of(db_, name.key()), sequence);
  }
  if (request_.all_tags) {
    if (const InvalidateName* rarest = request_.rarest(graph)) start_walk(space, *rarest);
    return;
  }
  for (const InvalidateName& name : request_.names) {
    if (request_.cascade) {
      start_walk(space, name);
    } else if (Node* node = request_.node(graph, name)) {
      const Killed killed = space.kill_members(node, stale_until_, sequence, logged_.number);
      if (killed.refused) {
        walks_.push_back({shard.id(), name});
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
    const Node* node = request_.node(space.db().graph, walk.name);
    if (node == nullptr) {
      walk.left = 0;
      return;
    }
    space.visit_members(node, walk.left, kSlice, [&](Entry* entry) {
      if (condemned(space, entry))
        keys_ += space.kill(shard.hasher.key(entry->key()), entry, death());
    });
  });
  if (walk.left == 0) ++at_;
  return at_ == walks_.size();
}

// --- Shard by shard ------------------------------------------------------------------------------

bool Invalidation::do_shards(Router& router, Millis now) {
  bool over = true;
  router.at(static_cast<uint32_t>(at_), [&](Shard& shard) {
    Space space(shard, shard.index_of(db_), now, true);
    if (by_node()) {
      kill_nodes(space);
    } else {
      over = kill_pattern(space);
    }
  });
  at_ += over;
  return at_ == router.keyspace().size();
}

// True when the shard's victims are all dead.
bool Invalidation::kill_pattern(Space& space) {
  const bool singly = request_.cascade || !sweep_.begins() || few_in_index(space.db());
  return singly ? kill_one_by_one(space) : kill_matching(space);
}

// The index leads to the matches, and they are not so many that it would be better to kill them at
// once and bury them later.
bool Invalidation::few_in_index(const Database& db) const {
  constexpr size_t kMost = 10'000;
  return KeySweep::indexed(db, request_.patterns) &&
         std::all_of(request_.patterns.begin(), request_.patterns.end(), [&](const auto& pattern) {
           return db.prefix->count(pattern.literal(), kMost) < kMost;
         });
}

// Because dependents die as well, or because there are few.
bool Invalidation::kill_one_by_one(Space& space) {
  Shard& shard = space.shard();
  if (sweep_.begins()) bar_matching(shard);
  const bool over = sweep_.next(space, request_.patterns, kSlice);
  for (Entry* entry : sweep_.found()) {
    keys_ += space.kill(shard.hasher.key(entry->key()), entry, death());
  }
  return over;
}

// False: too many patterns are being worked off in this shard; it helps with that first.
bool Invalidation::kill_matching(Space& space) {
  if (space.db().kills.patterns() >= Space::kMostPatterns) {
    const Kill* first = space.db().kills.first_pattern();
    if (space.count_slice(first->number, kSlice)) space.bury_slice(kSlice);
    return false;
  }
  const uint64_t sequence = bar_matching(space.shard());
  take(space.shard().id(),
       space.kill_matching(request_.patterns, stale_until_, sequence, logged_.number), space);
  return true;
}

// Late fills of what matches are refused, whether it is here now or not. The sequence from which
// on, 0 if no fence is open.
uint64_t Invalidation::bar_matching(Shard& shard) {
  const uint64_t sequence = shard.fences.any() ? shard.fences.next() : 0;
  shard.changes.matched(db_, request_.patterns, sequence);
  return sequence;
}

bool Invalidation::do_shelves(Router& router, Millis now) {
  router.at(static_cast<uint32_t>(at_), [&](Shard& shard) {
    Space space(shard, shard.index_of(db_), now, true);
    const auto match = [&](std::string_view key) { return request_.matches(key); };
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
      if (request_.matches(name->key())) names.emplace_back(name->key());
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
  if (request_.async) router.keyspace().last_async.store(keys_, std::memory_order_relaxed);
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
