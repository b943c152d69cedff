#include "replay.h"

#include <charconv>

#include "commands/option_table.h"
#include "freshet/base/check.h"
#include "freshet/commands/options.h"
#include "freshet/engine/keyspace.h"
#include "freshet/engine/reckoning.h"
#include "freshet/engine/space.h"

namespace freshet {

namespace {

constexpr Millis kTenYears = Millis{10} * 365 * 86'400'000;

void configure(Options& options, const ReplaySpec& spec) {
  std::vector<std::pair<std::string, std::string>> changes = {
      {"maxmemory-policy", spec.policy}, {"maxmemory", std::to_string(spec.memory)}};
  if (spec.cost_weight != 0)
    changes.emplace_back("maxmemory-cost-weight", std::to_string(spec.cost_weight));
  if (spec.samples != 0) changes.emplace_back("maxmemory-samples", std::to_string(spec.samples));
  // A trace has no clock that a decay by the minute could mean anything on.
  if (find_option("lfu-decay-time") != nullptr) changes.emplace_back("lfu-decay-time", "0");
  const std::string error = options.set(changes);
  CHECK(error.empty());
}

}  // namespace

uint64_t cost_of(uint32_t number) {
  constexpr uint64_t kSteps = 6;
  return reckoning::cost_millis((number * 0x9e3779b97f4a7c15ull >> 32) % kSteps);
}

Replay::Replay(const ReplaySpec& spec) : spec_(spec), options_(std::make_unique<Options>()) {
  configure(*options_, spec);
  keyspace_ = std::make_unique<Keyspace>(spec.shards, 1, spec.seed, options_->settings);
  // Keys with deadlines far away are what the volatile policies choose among.
  if (spec.policy.starts_with("volatile-")) life_ = kTenYears;
}

Replay::~Replay() = default;

Replay::Hits Replay::run(const Trace& trace) {
  Hits hits;
  char name[16] = "key:";
  for (const uint32_t number : trace.keys) {
    now_ += spec_.step_ms;
    const char* end = std::to_chars(name + 4, name + sizeof name, number).ptr;
    const uint64_t cost = cost_of(number);
    if (!refer({name, static_cast<size_t>(end - name)}, cost)) continue;
    ++hits.count;
    hits.saved_ms += cost;
  }
  return hits;
}

bool Replay::refer(std::string_view name, uint64_t cost) {
  const Key key = keyspace_->hasher.key(name);
  Space space(keyspace_->home(key), 0, now_);
  if (space.read(key) != nullptr) return true;
  Declared declared;
  if (spec_.cost_weight != 0) declared.cost = reckoning::cost_step(cost);
  space.assign(key, Value::of(std::string_view("v")), life_ == 0 ? kNever : now_ + life_, nullptr,
               declared);
  ++keys_;
  while (keys_ > spec_.capacity) evict();
  return false;
}

// The shard is chosen as by the router, until one has given a key: a call may look in vain.
void Replay::evict() {
  for (size_t before = 0, after = 0; before == after;) {
    Shard& shard = *balance_.next(*keyspace_);
    before = shard.db(0).keys.size();
    shard.evict_one(now_);
    after = shard.db(0).keys.size();
    keys_ -= before - after;
  }
}

double Replay::lru_hits_with(double keys) const {
  int64_t entries = 0;
  for (uint32_t id = 0; id < spec_.shards; ++id)
    entries += keyspace_->shard(id).meter.entry_bytes();
  const double room =
      keys * static_cast<double>(entries) / static_cast<double>(keys_) / spec_.shards;
  double hits = 0;
  for (uint32_t id = 0; id < spec_.shards; ++id) {
    const Shard& shard = keyspace_->shard(id);
    hits += shard.mrc.hits_within(room, shard.totals(now_));
  }
  return hits;
}

Replay::Hits replay_hits(const Trace& trace, const ReplaySpec& spec) {
  return Replay(spec).run(trace);
}

std::vector<std::string> evicting_policies() {
  std::vector<std::string> policies;
  std::string_view words = find_option("maxmemory-policy")->words;
  while (!words.empty()) {
    const size_t end = std::min(words.find(", "), words.size());
    if (words.substr(0, end) != "noeviction") policies.emplace_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 2, words.size()));
  }
  return policies;
}

}  // namespace freshet
