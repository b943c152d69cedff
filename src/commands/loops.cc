#include "loops.h"

#include <algorithm>
#include <vector>

#include "ancestry.h"
#include "rerun.h"

namespace freshet {
namespace {

constexpr size_t kSlice = 64;  // names

// Goes on with a search for a loop, then runs the command again.
class LoopCheck : public Task {
 public:
  // REQUIRES: all doors held, as since the walk began.
  LoopCheck(const Context& c, std::unique_ptr<Ancestry> walk) : rerun_(c), walk_(std::move(walk)) {
    walk_->watch();
  }

  void step(Router& router, Millis now) override;
  bool done() const override { return stage_ == Stage::kDone; }
  bool may_reply() const override { return stage_ >= Stage::kForget; }
  void reply(Reply& reply) const override { rerun_.reply(reply); }
  void count(CoreStats& stats) const override { rerun_.count(stats); }

 private:
  // kConsequences: of running the command. kForget, kUnwatch: the walk was of use, and goes.
  enum class Stage { kWalk, kConsequences, kForget, kUnwatch, kDone };

  void walk_on(Router& router, Millis now);

  Rerun rerun_;
  std::unique_ptr<Ancestry> walk_;
  Cascade cascade_;  // of what the walk finds to have expired
  std::unique_ptr<Task> rest_;
  Stage stage_ = Stage::kWalk;
};

void LoopCheck::step(Router& router, Millis now) {
  switch (stage_) {
    case Stage::kWalk:
      return walk_on(router, now);
    case Stage::kConsequences:
      rest_->step(router, now);
      if (rest_->done()) stage_ = rerun_.replied() ? Stage::kForget : Stage::kWalk;
      return;
    case Stage::kForget:
      if (!walk_->forget(router)) stage_ = Stage::kUnwatch;
      return;
    case Stage::kUnwatch:
      if (!walk_->unwatch(router)) stage_ = Stage::kDone;
      return;
    case Stage::kDone:
      return;
  }
}

void LoopCheck::walk_on(Router& router, Millis now) {
  if (!cascade_.empty()) {
    cascade_.deliver(router, now, kSlice);
    return;
  }
  if (walk_->lost()) {
    walk_->forget(router);
    return;
  }
  if (!walk_->settled()) {
    const Router::Collecting collecting(router, cascade_);
    walk_->step(router, now, kSlice);
    return;
  }
  rest_ = rerun_.run(router, now, walk_.get());
  if (rest_ != nullptr) {
    stage_ = Stage::kConsequences;
  } else if (rerun_.replied()) {
    stage_ = Stage::kForget;
  }
}

// The value of a key, if it declares dependencies. REQUIRES: its home held.
const Declarations* declarations_of(const Context& c, const Key& key, int db) {
  Space space = c.space(key, db);
  const Entry* entry = space.peek(key);
  const Declarations* found = entry == nullptr ? nullptr : space.db().graph.of(entry);
  return found != nullptr && found->deps() != 0 ? found : nullptr;
}

// Those dependencies from which a loop, or a chain that is too long, may start: they were made from
// something. One that the key's present value declares can close no loop that is not there already.
std::vector<Key> suspects(const Context& c, const Edges& edges) {
  std::vector<Key> found;
  for (const Key& dep : edges.deps) {
    if (declarations_of(c, dep, edges.db) != nullptr) found.push_back(dep);
  }
  if (found.empty() || edges.most_levels != 0) return found;
  const Declarations* present = declarations_of(c, edges.key, edges.db);
  if (present == nullptr) return found;
  const Graph& graph = c.space(edges.key, edges.db).db().graph;
  std::erase_if(found, [&](const Key& dep) {
    const Node* node = graph.dependency(dep);
    const auto links = present->dep_links();
    return node != nullptr && std::any_of(links.begin(), links.end(), [&](const Link& link) {
             return link.node == node->self;
           });
  });
  return found;
}

}  // namespace

bool edges_allowed(Context& c, const Edges& edges) {
  const Key& key = edges.key;
  for (const Key& dep : edges.deps) {
    if (dep.view != key.view) continue;
    c.reply.error("CYCLE " + std::string(key.view) + " <- " + std::string(key.view));
    return false;
  }
  // A loop needs somebody who was made from `key`, and a dependency that was made from something.
  const std::vector<Key> from = suspects(c, edges);
  if (from.empty()) return true;
  const Database& db = c.space(key, edges.db).db();
  if (db.graph.name(key) == nullptr && edges.most_levels == 0) return true;
  if (!c.all_held()) {
    c.need_all();
    return false;
  }
  Keyspace& keyspace = c.router.keyspace();
  std::unique_ptr<Ancestry> own;
  if (c.ancestry == nullptr) own = std::make_unique<Ancestry>(keyspace, key, edges.most_levels);
  Ancestry& walk = own != nullptr ? *own : *c.ancestry;
  walk.begin_at(from, db.id);
  const size_t at_once = keyspace.settings.loop_check_at_once.load(std::memory_order_relaxed);
  if (!walk.finish(c.router, c.now, at_once)) {
    if (own != nullptr) c.task = std::make_unique<LoopCheck>(c, std::move(own));
    return false;
  }
  if (!walk.error().empty()) c.reply.error(walk.error());
  return walk.error().empty();
}

}  // namespace freshet
