#include "dry_run.h"

#include <algorithm>

namespace freshet {
namespace {

constexpr size_t kSlice = 64;

using Selector = InvalidateRequest::Selector;

}  // namespace

DryRun::DryRun(InvalidateRequest request, uint8_t db, Seen seen)
    : request_(std::move(request)),
      db_(db),
      named_(request_.selector == Selector::kTag || request_.selector == Selector::kDeps),
      seen_(std::move(seen)) {
  if (!named_) return;
  // With ALL it is enough to look at who carries the first.
  const size_t walks = request_.all_tags ? 1 : request_.names.size();
  for (size_t i = 0; i < walks; ++i) walks_.push_back({request_.names[i], true});
}

void DryRun::step(Router& router, Millis now) {
  if (!named_) {
    name_some(router, now);
  } else {
    walk_some(router, now);
  }
}

void DryRun::name_some(Router& router, Millis now) {
  const bool by_key = request_.selector == Selector::kKey;
  const uint32_t shard_id =
      by_key ? router.keyspace().id_of(request_.names[at_].hash) : static_cast<uint32_t>(at_);
  bool over = true;
  router.at(shard_id, [&](Shard& shard) {
    Space space(shard, shard.index_of(db_), now, true);
    if (by_key) {
      name_key(space, request_.names[at_].key());
    } else {
      over = name_matching(space);
    }
  });
  at_ += over;
  named_ = at_ == (by_key ? request_.names.size() : router.keyspace().size());
}

void DryRun::name_key(Space& space, const Key& key) {
  const Entry* entry = space.db().keys.find(key);
  if (entry != nullptr && space.alive(entry)) {
    see(space, entry);
  } else if (request_.cascade) {
    go_on_from(key.view, key.hash);
  }
}

// First the keys of a shard; then, for a cascade, the names that hold no value. True when all are
// seen.
bool DryRun::name_matching(Space& space) {
  if (!absent_) {
    const bool over = sweep_.next(space, request_.patterns, kSlice);
    for (const Entry* entry : sweep_.found()) {
      if (space.alive(entry)) see(space, entry);
    }
    absent_ = over && request_.cascade;
    return over && !request_.cascade;
  }
  position_ = space.db().graph.name_table().scan(position_, [&](Name* name) {
    if (!request_.matches(name->key())) return;
    go_on_from(name->key(), space.shard().hasher(name->key()));
  });
  absent_ = position_ != 0;
  return !absent_;
}

void DryRun::walk_some(Router& router, Millis now) {
  const size_t index = walks_.size() - 1;
  const Walk walk = walks_[index];
  uint32_t left = walk.left;
  router.at(walk.shard, [&](Shard& shard) {
    Space space(shard, shard.index_of(db_), now, true);
    const Graph& graph = space.db().graph;
    const Node* node =
        walk.named ? request_.node(graph, walk.name) : graph.dependency(walk.name.key());
    if (node == nullptr) {
      left = 0;
      return;
    }
    if (walk.named && left == UINT32_MAX) shard.stats.keys_examined += node->count;
    space.visit_members(node, left, kSlice, [&](Entry* entry) {
      if (!space.alive(entry)) return;
      if (walk.named && !request_.condemns(graph, entry)) return;
      see(space, entry);
    });
  });
  walks_[index].left = left != 0 ? left : UINT32_MAX;
  if (left != 0 || ++walks_[index].shard < router.keyspace().size()) return;
  walks_.erase(walks_.begin() + static_cast<ptrdiff_t>(index));
}

void DryRun::see(Space& space, const Entry* entry) {
  const uint64_t digest = space.shard().hasher.digest(entry->key());
  if (!seen_.insert(digest).second) return;
  if (request_.cascade && entry->named())
    go_on_from(entry->key(), space.shard().hasher(entry->key()));
}

void DryRun::go_on_from(std::string_view name, uint64_t hash) {
  walks_.push_back({{std::string(name), hash}, false});
}

DryUnion::DryUnion(std::vector<InvalidateRequest> parts, uint8_t db)
    : parts_(std::move(parts)), db_(db) {
  next({});
}

void DryUnion::step(Router& router, Millis now) {
  present_->step(router, now);
  if (present_->done() && !parts_.empty()) next(present_->take_seen());
}

void DryUnion::next(DryRun::Seen seen) {
  present_ = std::make_unique<DryRun>(std::move(parts_.back()), db_, std::move(seen));
  parts_.pop_back();
}

}  // namespace freshet
