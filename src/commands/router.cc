#include "freshet/commands/router.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "freshet/base/numbers.h"
#include "freshet/commands/task.h"

namespace freshet {

namespace {

// Keys' work of a cascade that a command does before it lets others have their turn.
constexpr size_t kAtOnce = 256;

// A change whose dependents are too many for one turn. The reply is written, and waits.
class Change : public Task {
 public:
  explicit Change(Cascade cascade) : cascade_(std::move(cascade)) {}
  void step(Router& router, Millis now) override { cascade_.deliver(router, now, kAtOnce / 4); }
  bool done() const override { return cascade_.empty(); }
  void reply(Reply&) const override {}
  bool has_replied() const override { return true; }

 private:
  Cascade cascade_;
};

}  // namespace

void Router::run_otherwise(const Command& command, Context& context, std::span<const KeyArg> keys) {
  if (keys.empty() && command.has_keys()) {
    keys_.clear();
    command.hash_keys(context.args, hasher(), keys_);
    keys = keys_;
  }
  context.set_keys(keys);
  if (command.verb == Verb::kAt) {
    run_at(command, context);
  } else if (command.verb == Verb::kTogether) {
    run_together(command, context);
  } else if (command.verb == Verb::kAll) {
    run_all(command, context);
  } else {
    command.data(context);
  }
  finish(command, context);
}

// What the command could not do behind the doors of its keys.
void Router::finish(const Command& command, Context& context) {
  if (wants_all_) [[unlikely]] {
    own_.deliver(*this, context.now, SIZE_MAX);  // what the first try found to have expired
    run_all(command, context);
  }
  if (!own_.empty()) [[unlikely]]
    settle(context);
}

void Router::settle(Context& context) {
  own_.caused_by(context.origin);
  own_.deliver(*this, context.now, kAtOnce);
  own_.caused_by(nullptr);
  if (own_.empty() || context.task != nullptr) return;
  context.task = std::make_unique<Change>(std::exchange(own_, {}));
}

void Router::run_together(const Command& command, Context& context) {
  held_.clear();
  for (const KeyArg& key : context.keys_) held_.push_back(keyspace_.id_of(key.hash));
  if (locking_ || (command.flags & kWrite)) {  // each once: for its door, or for its bytes
    std::sort(held_.begin(), held_.end());
    held_.erase(std::unique(held_.begin(), held_.end()), held_.end());
  }
  for (const uint32_t id : held_) enter(id);
  run_behind_doors(command, context, [this] { return held_bytes(); });
  for (const uint32_t id : held_) leave(id);
}

void Router::run_all(const Command& command, Context& context) {
  wants_all_ = false;
  held_.resize(keyspace_.size());
  std::iota(held_.begin(), held_.end(), 0u);
  enter_all();
  run_behind_doors(command, context, [this] { return held_bytes(); });
  leave_all();
}

int64_t Router::held_bytes() const {
  int64_t bytes = 0;
  for (const uint32_t id : held_) bytes += keyspace_.shard(id).meter.bytes();
  return bytes;
}

// A write bars late fills of its keys, whether they held a value or not, and a stale value of
// theirs goes. REQUIRES: their doors held.
void Router::note_writes(const Context& context) {
  for (const KeyArg& one : context.keys_) {
    const Key key{context.args[one.arg], one.hash};
    Space(keyspace_.home(key), context.db, context.now, true).written(key);
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
  for (Note& note : shard.notes) collected_->add(std::move(note));
  shard.notes.clear();
}

// A turn may run thousands of commands: were each to evict a slice of what was over the limit
// before, the turn would take most of a second. That has a share of each turn, and timers.
bool Router::make_room(Millis now) {
  if (has_room()) return true;
  if (keyspace_.settings.policy.load(std::memory_order_relaxed) == EvictionPolicy::kNoEviction) {
    return false;
  }
  int64_t owed = std::exchange(came_, 0);
  for (int evicted = 0; evicted < kEvictionsPerCommand && !has_room(); ++evicted) {
    if (owed <= 0) {
      if (spare_ == 0) break;
      --spare_;
    }
    const auto freed = evict_somewhere(now);
    if (!freed) return false;
    owed -= *freed;
  }
  return true;
}

std::optional<int64_t> Router::evict_somewhere(Millis now) {
  const Sparse sparse = keyspace_.sparse.load(std::memory_order_relaxed);
  for (const auto reach : {Shard::Reach::kNotPinned, Shard::Reach::kAll}) {
    bool found = false;
    int64_t freed = 0;
    const auto evict = [&](Shard& shard) {
      const int64_t before = shard.meter.bytes();
      found = shard.evict_one(now, reach);
      if (sparse == Sparse::kPressing && spare_compactions_ != 0) {
        --spare_compactions_;
        shard.compact_slice(now, sparse, 1);
      }
      freed = before - shard.meter.bytes();
    };
    if (Shard* shard = balance_.next(keyspace_)) at(shard->id(), evict);
    // What shards say may be old: only a full round without a victim means that there is none.
    for (uint32_t id = 0; id < keyspace_.size() && !found; ++id) at(id, evict);
    if (found) return freed;
  }
  return std::nullopt;
}

void Router::prefetch_declared(int db, uint64_t hash, int step) {
  Shard& shard = enter_home(hash);
  const Database& held = shard.db(db);
  if (const Entry* likely = held.keys.likely(hash)) held.graph.prefetch(likely, step);
  if (locking_) shard.door.leave();
}

// --- Context -------------------------------------------------------------------------------------

Key Context::find_key(size_t arg) const {
  const auto found = std::lower_bound(keys_.begin(), keys_.end(), arg,
                                      [](const KeyArg& key, size_t at) { return key.arg < at; });
  if (found != keys_.end() && found->arg == arg) return {args[arg], found->hash};
  return router.hasher().key(args[arg]);
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

}  // namespace freshet
