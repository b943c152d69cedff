// INVALIDATE … DRYRUN: counts what would die, and changes nothing. In slices, one door at a time,
// so what others change meanwhile may be counted or not.
#pragma once

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "freshet/commands/task.h"
#include "invalidate.h"
#include "key_sweep.h"

namespace freshet {

// Of one selector.
class DryRun {
 public:
  using Seen = std::unordered_set<uint64_t>;  // digests of keys
  // `db`: the Database::id. `seen`: what was counted before, and is not counted again.
  DryRun(InvalidateRequest request, uint8_t db, Seen seen = {});

  void step(Router& router, Millis now);
  bool done() const { return named_ && walks_.empty(); }
  Seen take_seen() { return std::move(seen_); }
  size_t count() const { return seen_.size(); }

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

// Of several, one after the other, that count each key once.
class DryUnion : public Task {
 public:
  // REQUIRES: there are parts.
  DryUnion(std::vector<InvalidateRequest> parts, uint8_t db);
  void step(Router& router, Millis now) override;
  bool done() const override { return present_->done() && parts_.empty(); }
  void reply(Reply& reply) const override {
    reply.integer(static_cast<int64_t>(present_->count()));
  }

 private:
  void next(DryRun::Seen seen);

  std::vector<InvalidateRequest> parts_;  // not yet begun; the last is next
  const uint8_t db_;
  std::unique_ptr<DryRun> present_;
};

}  // namespace freshet
