// INVALIDATE at work: kills by name, pattern, tag or dependency, and on request what was made from
// the killed. In stages, each in slices: first all is killed that was named, then what depends on
// it, then the victims are counted.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "freshet/commands/cascade.h"
#include "freshet/commands/task.h"
#include "freshet/engine/invalidation_log.h"
#include "freshet/engine/kills.h"
#include "invalidate.h"
#include "key_sweep.h"

namespace freshet {

class Invalidation : public Task {
 public:
  // `db`: the Database::id. REQUIRES: request.names is not empty.
  Invalidation(InvalidateRequest request, uint8_t db, Millis now, LoggedKill logged);

  void step(Router& router, Millis now) override;
  bool done() const override { return stage_ == Stage::kDone; }
  bool may_reply() const override { return request_.async ? stage_ >= Stage::kCount : done(); }
  void reply(Reply& reply) const override;

 private:
  enum class Stage { kNames, kShards, kShelves, kWalks, kAbsent, kCascade, kCount, kDone };
  // Members of a node to be killed one by one, because not all of them die or their dependents do.
  struct Walk {
    uint32_t shard;
    InvalidateName name;
    uint32_t left = UINT32_MAX;
  };
  struct Counted {
    uint32_t shard;
    uint64_t number;
    std::shared_ptr<Tally> tally;
  };

  bool by_node() const { return request_.selector >= InvalidateRequest::Selector::kTag; }
  Stage after(Stage stage) const;
  void next_stage() { stage_ = after(stage_), at_ = 0, position_ = 0; }
  Death death() const {
    return {.cause = Cause::kInvalidated,
            .propagate = request_.cascade,
            .stale_until = stale_until_,
            .kill = logged_.number};
  }
  void finish(Router& router);
  bool do_names(Router& router, Millis now);
  bool do_shards(Router& router, Millis now);
  bool do_shelves(Router& router, Millis now);
  bool do_walks(Router& router, Millis now);
  bool do_absent(Router& router, Millis now);
  bool do_cascade(Router& router, Millis now);
  bool do_count(Router& router, Millis now);
  void kill_name(Space& space, const Key& key);
  void kill_nodes(Space& space);
  bool kill_pattern(Space& space);
  bool kill_matching(Space& space);
  bool kill_one_by_one(Space& space);
  bool few_in_index(const Database& db) const;
  uint64_t bar_matching(Shard& shard);
  void start_walk(Space& space, const InvalidateName& name);
  bool condemned(Space& space, Entry* entry) const;
  void take(uint32_t shard, const Killed& killed, Space& space);

  const InvalidateRequest request_;
  const uint8_t db_;
  const Millis stale_until_;
  Stage stage_;
  size_t at_ = 0;          // name, shard or walk of the stage
  uint64_t position_ = 0;  // in a table of it
  KeySweep sweep_;
  std::vector<Walk> walks_;
  std::vector<Counted> counted_;
  Cascade cascade_;
  uint64_t keys_ = 0;
  LoggedKill logged_;
};

}  // namespace freshet
