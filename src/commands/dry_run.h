// INVALIDATE … DRYRUN: counts what would die, and changes nothing. In slices, one door at a time,
// so what others change meanwhile may be counted or not.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "freshet/commands/task.h"
#include "invalidate.h"
#include "key_sweep.h"

namespace freshet {

class DryRun : public Task {
 public:
  using Seen = std::unordered_set<uint64_t>;  // digests of keys
  // `db`: the Database::id. `seen`: what was counted before, and is not counted again.
  DryRun(InvalidateRequest request, uint8_t db, Seen seen = {});

  void step(Router& router, Millis now) override;
  bool done() const override { return named_ && walks_.empty(); }
  Seen take_seen() { return std::move(seen_); }
  void reply(Reply& reply) const override { reply.integer(static_cast<int64_t>(seen_.size())); }

 private:
  // The members of a node, in one shard after the other.
  struct Walk {
    InvalidateName name;
    bool named;  // one of the request's names; else a dependency of the cascade
    uint32_t shard = 0;
    uint32_t left = UINT32_MAX;
  };

  void name_some(Router& router, Millis now);
  void name_key(Space& space, const Key& key);
  bool name_matching(Space& space);
  void walk_some(Router& router, Millis now);
  void see(Space& space, const Entry* entry);
  void go_on_from(std::string_view name, uint64_t hash);

  const InvalidateRequest request_;
  const uint8_t db_;
  bool named_;     // all that was named is found, or has a walk
  size_t at_ = 0;  // name or shard
  KeySweep sweep_;
  bool absent_ = false;    // the shard's keys are done, its names are next
  uint64_t position_ = 0;  // in their table
  std::vector<Walk> walks_;
  Seen seen_;
};

}  // namespace freshet
