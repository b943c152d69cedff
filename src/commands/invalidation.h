// INVALIDATE at work: kills by name, pattern, tag or dependency, and on request what was made from
// the killed. In stages, each in slices: first all is killed that was named, then what depends on
// it, then the victims are counted. Several selectors are one invalidation: a shard's keys that any
// tag, dependency or pattern selects die behind one door, and each victim has one killer.
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
  // `parts`: one for each selector, with the same options. `db`: the Database::id. REQUIRES: there
  // are parts, and each has names.
  Invalidation(std::vector<InvalidateRequest> parts, uint8_t db, Millis now, LoggedKill logged);

  void step(Router& router, Millis now) override;
  bool done() const override { return stage_ == Stage::kDone; }
  bool may_reply() const override { return options().async ? stage_ >= Stage::kCount : done(); }
  void reply(Reply& reply) const override;

 private:
  enum class Stage { kNames, kShards, kShelves, kWalks, kAbsent, kCascade, kCount, kDone };
  // Members of a node to be killed one by one, because not all of them die or their dependents do.
  struct Walk {
    uint32_t shard;
    const InvalidateRequest* part;
    InvalidateName name;
    uint32_t left = UINT32_MAX;
  };
  struct Counted {
    uint32_t shard;
    uint64_t number;
    std::shared_ptr<Tally> tally;
  };

  // Those that all parts share.
  const InvalidateRequest& options() const { return parts_.front(); }
  bool any(InvalidateRequest::Selector selector) const;
  bool matches(std::string_view key) const;
  Stage after(Stage stage) const;
  void next_stage() { stage_ = after(stage_), part_ = 0, at_ = 0, position_ = 0; }
  Death death() const {
    return {.cause = Cause::kInvalidated,
            .propagate = options().cascade,
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
  using Part = InvalidateRequest;
  void kill_name(Space& space, const Key& key);
  bool kill_part(const Part& part, Space& space);
  void kill_nodes(const Part& part, Space& space);
  bool kill_pattern(const Part& part, Space& space);
  bool kill_matching(const Part& part, Space& space);
  bool kill_one_by_one(const Part& part, Space& space);
  uint64_t bar_matching(const Part& part, Shard& shard);
  void start_walk(const Part& part, Space& space, const InvalidateName& name);
  void take(uint32_t shard, const Killed& killed, Space& space);

  const std::vector<InvalidateRequest> parts_;
  const uint8_t db_;
  const Millis stale_until_;
  Stage stage_;
  size_t part_ = 0;        // of the stage, in the shard that is in turn
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
