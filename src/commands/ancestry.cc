#include "ancestry.h"

#include <algorithm>
#include <cstring>

#include "freshet/base/alloc.h"
#include "freshet/base/mutant.h"

namespace freshet {
namespace {

constexpr uint32_t kSpelled = 64;  // names of a loop that the error shows
constexpr size_t kRedrawn = 256;   // keys that a slice takes in

size_t bytes_of(size_t name) { return sizeof(Ancestor) + name; }

void free_one(Ancestor* one, Meter& meter) {
  const size_t bytes = bytes_of(one->name_size);
  meter.sub(allocation_size(bytes));
  deallocate(one, bytes);
}

}  // namespace

Ancestry::Ancestry(Keyspace& keyspace, const Key& key, uint32_t limit)
    : keyspace_(keyspace),
      key_(key.view),
      limit_(limit),
      meter_(keyspace.budget),
      seen_(keyspace.hasher, meter_) {}

Ancestry::~Ancestry() {
  seen_.for_each([&](Ancestor* one) { free_one(one, meter_); });
}

// --- What is seen, and what is open --------------------------------------------------------------

void Ancestry::add(const Key& name, Ancestor* parent) {
  const size_t bytes = bytes_of(name.view.size());
  auto* made = static_cast<Ancestor*>(allocate(bytes));
  meter_.add(allocation_size(bytes));
  *made = Ancestor{.parent = parent,
                   .early = made,
                   .next = nullptr,
                   .name_size = static_cast<uint32_t>(name.view.size()),
                   .steps = parent == nullptr ? 1 : parent->steps + 1,
                   .level = parent == nullptr ? 1 : parent->level + 1,
                   .looked = 0,
                   .open = false};
  if (parent != nullptr && made->steps >= kSpelled) made->early = parent->early;
  std::memcpy(static_cast<void*>(made + 1), name.view.data(), name.view.size());
  seen_.insert(name.hash, made);
  reopen(made);
}

void Ancestry::reopen(Ancestor* one) {
  one->looked = 0;
  asked_ = 0;
  if (one->open) return;
  one->open = true;
  one->next = nullptr;
  (open_ == nullptr ? open_ : last_->next) = one;
  last_ = one;
}

void Ancestry::begin_at(std::span<const Key> names, uint8_t db) {
  if (db_ == -1) db_ = db;
  lost_ |= db_ != db;
  if (lost_) return;
  for (const Key& name : names) {
    if (seen_.find(name) == nullptr) add(name, nullptr);
  }
}

// --- The walk ------------------------------------------------------------------------------------

// Goes on with the first that is open, behind its door; how many names it looked at.
size_t Ancestry::look(Router& router, Millis now, size_t most) {
  Ancestor* const one = open_;
  const Key declarant = keyspace_.hasher.key(one->key());
  size_t looked = 1;
  router.at(keyspace_.id_of(declarant.hash), [&](Shard& shard) {
    Space space(shard, shard.index_of(static_cast<uint8_t>(db_)), now, true);
    const Graph& graph = space.db().graph;
    const Entry* entry = space.peek(declarant);
    const Declarations* declarations = entry == nullptr ? nullptr : graph.of(entry);
    std::span<const Link> links;
    if (declarations != nullptr) links = declarations->dep_links();
    for (; one->looked < links.size() && looked < most && error_.empty(); ++looked) {
      come_to(graph.node(links[one->looked++])->key(), one);
    }
    shard.stats.ancestors_examined += looked;
    if (one->looked < links.size()) return;
    one->open = false;
    open_ = one->next;
  });
  return looked;
}

void Ancestry::come_to(std::string_view name, Ancestor* from) {
  if (name == key_) {
    error_ = spell(from);
    return;
  }
  if (limit_ != 0 && from->level >= limit_) {
    error_ = "ERR more than max-dependency-depth (" + std::to_string(limit_) +
             ") levels of dependencies";
    return;
  }
  if (mutant(kShallowLoopCheck)) return;
  const Key key = keyspace_.hasher.key(name);
  Ancestor* known = seen_.find(key);
  if (known == nullptr) return add(key, from);
  if (limit_ == 0 || known->level > from->level) return;
  known->level = from->level + 1;  // so is all that it was made from
  reopen(known);
}

// "a <- b <- a": a is made from b, b from a.
std::string Ancestry::spell(const Ancestor* last) const {
  const bool whole = last->steps <= kSpelled;
  std::vector<const Ancestor*> path;
  for (auto* one = whole ? last : last->early; one != nullptr; one = one->parent) {
    path.push_back(one);
  }
  std::string text = "CYCLE " + key_;
  for (size_t i = path.size(); i-- > 0;) text.append(" <- ").append(path[i]->key());
  if (!whole) text += " <- ...";
  return text + " <- " + key_;
}

// --- What others draw meanwhile ------------------------------------------------------------------

void Ancestry::watch() {
  for (uint32_t id = 0; id < keyspace_.size(); ++id) {
    Redrawn& redrawn = keyspace_.shard(id).redrawn;
    redrawn.begin_walk();
    taken_.push_back(redrawn.end());
  }
}

bool Ancestry::unwatch(Router& router) {
  if (taken_.empty()) return false;
  taken_.pop_back();
  router.at(static_cast<uint32_t>(taken_.size()), [](Shard& shard) { shard.redrawn.end_walk(); });
  return true;
}

// Up to `most` keys that a shard has drawn anew; how many.
size_t Ancestry::take_redrawn(Router& router, uint32_t id, size_t most) {
  size_t taken = 0;
  router.at(id, [&](Shard& shard) {
    const Redrawn& redrawn = shard.redrawn;
    lost_ |= redrawn.forgot(taken_[id]);
    for (; !lost_ && taken_[id] != redrawn.end() && taken < most; ++taken_[id], ++taken) {
      const Redrawn::Drawn& drawn = redrawn.at(taken_[id]);
      if (drawn.db != db_ || mutant(kRedrawnForgotten)) continue;
      if (Ancestor* one = seen_.find(keyspace_.hasher.key(drawn.key))) reopen(one);
    }
  });
  return taken;
}

void Ancestry::step(Router& router, Millis now, size_t most) {
  ++asked_;
  if (take_redrawn(router, next_shard_, kRedrawn) == kRedrawn) asked_ = 0;
  next_shard_ = (next_shard_ + 1) % keyspace_.size();
  while (!lost_ && open_ != nullptr && most != 0 && error_.empty()) {
    most -= std::min(most, look(router, now, most));
  }
}

bool Ancestry::finish(Router& router, Millis now, size_t most) {
  asked_ = 0;  // before it is called again all shards are to be asked, one by one
  if (lost_) return false;
  const auto use = [&](size_t looked) { most -= std::min(most, looked); };
  for (uint32_t id = 0; id < taken_.size() && error_.empty(); ++id) {
    use(take_redrawn(router, id, most));
    if (lost_ || taken_[id] != keyspace_.shard(id).redrawn.end()) return false;
  }
  while (open_ != nullptr && most != 0 && error_.empty()) use(look(router, now, most));
  return open_ == nullptr || !error_.empty();
}

bool Ancestry::forget(Router& router) {
  open_ = last_ = nullptr;
  if (seen_.shed([&](Ancestor* one) { free_one(one, meter_); })) return true;
  error_.clear();
  asked_ = 0;
  db_ = -1;
  lost_ = false;
  for (uint32_t id = 0; id < taken_.size(); ++id) {
    router.at(id, [&](Shard& shard) { taken_[id] = shard.redrawn.end(); });
  }
  return false;
}

}  // namespace freshet
