#include "door_plan.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "freshet/base/hash.h"
#include "freshet/base/rng.h"

namespace freshet {
namespace {

constexpr int kMgetKeys = 10;
constexpr double kVictims = 64;     // of an INVALIDATE TAG
constexpr double kStagger = 20e3;   // ns within which the cores start
constexpr double kReadShare = 0.5;  // of the time outside: before a batch, for reading and parsing

}  // namespace

ServerPlan::ServerPlan(const DoorLoad& load, const DoorTimes& times, int cores, uint32_t shards,
                       KeyPicker picker, uint64_t seed)
    : load_(load),
      times_(times),
      cores_(cores),
      shards_(shards),
      seed_(seed),
      picker_(std::move(picker)),
      states_(static_cast<size_t>(cores)) {
  const uint32_t own = shards / static_cast<uint32_t>(cores);
  const double due = load.expiries * kTick / 1e9;
  upkeep_visits_ = std::max(own, static_cast<uint32_t>(std::ceil(due / kRecords)));
  for (CoreState& state : states_) {
    state.items.resize(kPipeline);
    state.walked = upkeep_visits_;  // the first thing to do is a batch
    state.late = kStagger * static_cast<double>(picker_.random().below(1000)) / 1000;
    state.upkeep_at = kTick * static_cast<double>(picker_.random().below(1000)) / 1000;
  }
}

const Visit& ServerPlan::next(int core, double now) {
  CoreState& state = states_[static_cast<size_t>(core)];
  advance(state, now);
  describe(state, core);
  return state.visit;
}

uint32_t ServerPlan::draw_shard() {
  return shard_of(Rng(picker_.next() ^ (seed_ << 32)).next(), shards_);
}

void ServerPlan::draw(CoreState& state) {
  state.keys.clear();
  for (Item& item : state.items) draw(item, state.keys);
}

void ServerPlan::draw(Item& item, std::vector<uint32_t>& keys) {
  const uint64_t dice = picker_.random().below(1000);
  item.verb = dice < load_.sets                               ? Verb::kSet
              : dice < load_.sets + load_.mgets               ? Verb::kMget
              : dice < load_.sets + load_.mgets + load_.kills ? Verb::kKill
                                                              : Verb::kGet;
  if (item.verb == Verb::kKill) return;  // names no key
  item.shard = draw_shard();
  keys.push_back(item.shard);
  if (item.verb != Verb::kMget) return;
  for (int i = 1; i < kMgetKeys; ++i) keys.push_back(draw_shard());
  item.doors.assign(keys.end() - kMgetKeys, keys.end());
  std::sort(item.doors.begin(), item.doors.end());
  item.doors.erase(std::unique(item.doors.begin(), item.doors.end()), item.doors.end());
}

// From the visit that the core has made to its next.
void ServerPlan::advance(CoreState& state, double now) {
  if (state.step == Step::kUpkeep) {
    if (++state.walked < upkeep_visits_) return;
  } else {
    const bool walks = state.step == Step::kRun && state.items[state.at].verb == Verb::kKill;
    if (walks && ++state.walked < shards_) return;
    state.walked = 0;
    if (++state.at < (state.step == Step::kRun ? kPipeline : state.keys.size())) return;
  }
  state.at = 0;
  state.walked = 0;
  if (state.step == Step::kBucket) {
    state.step = Step::kItem;
  } else if (state.step == Step::kItem) {
    state.step = Step::kRun;
  } else if (state.step == Step::kRun && load_.expiries != 0 && now >= state.upkeep_at) {
    state.step = Step::kUpkeep;
    state.upkeep_at += kTick;
  } else {
    state.step = Step::kBucket;
    draw(state);
    if (state.keys.empty()) state.step = Step::kRun;
  }
}

void ServerPlan::one(Visit& visit, uint32_t shard, double with, double moved, double alone) const {
  visit.doors.clear();
  if (cores_ == 1) {
    visit.inside = alone;
    return;
  }
  visit.doors.push_back(shard);
  visit.enter = times_.door;
  visit.moved = moved;
  visit.inside = std::max(0.0, with - times_.door);
}

void ServerPlan::describe(CoreState& state, int core) {
  Visit& visit = state.visit;
  visit.before = 0;
  visit.commands = 0;
  if (state.step == Step::kUpkeep) {
    const uint32_t own = shards_ / static_cast<uint32_t>(cores_);
    const double due = load_.expiries * kTick / 1e9 / upkeep_visits_;
    const double slice = times_.tend + due * times_.expiry;
    one(visit, state.walked % own * static_cast<uint32_t>(cores_) + static_cast<uint32_t>(core),
        times_.door + slice, times_.get_moved, slice);
    return;
  }
  if (state.step == Step::kRun) {
    describe_run(state);
    return;
  }
  if (state.step == Step::kBucket && state.at == 0) {
    visit.before = kReadShare * times_.outside * kPipeline + std::exchange(state.late, 0);
  }
  const uint32_t shard = state.keys[state.at];
  if (state.step == Step::kBucket) {
    one(visit, shard, times_.bucket, times_.bucket_moved, times_.lone_bucket);
  } else {
    one(visit, shard, times_.item, times_.item_moved, times_.lone_item);
  }
}

void ServerPlan::describe_run(CoreState& state) {
  Visit& visit = state.visit;
  const Item& item = state.items[state.at];
  visit.before = (1 - kReadShare) * times_.outside;
  visit.commands = 1;
  double slice = 0;
  switch (item.verb) {
    case Verb::kGet:
      one(visit, item.shard, times_.get, times_.get_moved, times_.lone_get);
      break;
    case Verb::kSet:
      one(visit, item.shard, times_.set, times_.set_moved, times_.lone_set);
      break;
    case Verb::kMget:
      one(visit, item.shard, times_.door + times_.mget, times_.get_moved, times_.mget);
      if (cores_ > 1) visit.doors = item.doors;
      visit.before += std::max(0.0, times_.mget_outside - times_.outside);
      break;
    case Verb::kKill:
      slice = times_.visit + times_.kill * kVictims / shards_;
      one(visit, state.walked, times_.door + slice, times_.get_moved, slice);
      if (state.walked != 0) visit.before = 0;
      visit.commands = state.walked + 1 == shards_;
      break;
  }
}

double top_share(uint64_t keys) {
  double sum = 0;
  for (uint64_t rank = keys; rank >= 1; --rank)
    sum += std::pow(static_cast<double>(rank), -kZipfExponent);
  return 1 / sum;
}

}  // namespace freshet
