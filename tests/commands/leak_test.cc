// Nothing leaks: however values come and go, what the graph holds is what the live ones declare.
#include "../scale.h"
#include "probe.h"

namespace freshet {
namespace {

constexpr int kRounds = 50;
constexpr int kKeys = scaled(100'000, 2'000);  // stored in a round
constexpr uint64_t kNames = 40'000;            // that they are spread over: many are overwritten
constexpr uint64_t kTags = 1'000, kRows = 500;

// Exact, where the budget itself lags behind a little.
int64_t bytes_used(Cache& cache) {
  int64_t used = cache.keyspace.budget.used();
  cache.router.each([&](Shard& shard) { used += shard.meter.unpublished(); });
  return used;
}

// One round's work: values with tags and a dependency that all live a second at most.
class Churn {
 public:
  explicit Churn(Cache& cache) : cache_(cache) {}

  void round() {
    for (int i = 0; i < kKeys; ++i) {
      store();
      if (i % 32 == 0) disturb();
      if (i % 512 == 0) serve();
    }
  }

 private:
  std::string number(uint64_t below) { return std::to_string(rng_.below(below)); }
  std::string key() { return "key:" + number(kNames); }
  std::string tag() { return "tag:" + number(kTags); }
  std::string row() { return "row:" + number(kRows); }

  void store() {
    const std::string name = key(), one = tag(), other = tag(), from = row();
    const std::string life = std::to_string(1 + rng_.below(1000));
    if (rng_.below(4) == 0) {
      cache_.run({"DEPSET", name, life, "TAGS", "2", one, other, "DEPS", "1", from, "PX", life});
    } else {
      cache_.run({"DEPSET", name, life, "TAGS", "1", one, "PX", life});
    }
  }

  void disturb() {
    const std::string name = key(), other = key(), from = row(), one = tag();
    switch (rng_.below(12)) {
      case 0:
        cache_.run({"SET", name, "plain", "PX", "700"});
        break;
      case 1:
        cache_.run({"DEL", name});
        break;
      case 2:
        cache_.run({"APPEND", from, "x"});
        cache_.run({"PEXPIRE", from, "900"});
        break;
      case 3:
        cache_.run({"SET", from, name, "PX", "900"});
        break;
      case 4:
        cache_.run({"RENAME", name, other});
        break;
      case 5:
        cache_.run({"COPY", name, other, "REPLACE"});
        break;
      case 6:
        cache_.run({"DEPADD", name, "TAGS", "1", one, "DEPS", "1", from});
        break;
      case 7:
        cache_.run({"DEPREM", name, "TAGS", "1", one, "DEPS", "1", from});
        break;
      case 8:
        cache_.run({"INVALIDATE", "TAG", one, "SOFT", "300"});
        break;
      case 9:
        cache_.run({"INVALIDATE", "TAG", one, "CASCADE"});
        break;
      case 10:
        cache_.run({"INVALIDATE", "DEPS", from});
        break;
      default:
        cache_.run({"INVALIDATE", "KEY", name});
    }
  }

  // What the timer of a core does meanwhile.
  void serve() {
    cache_.pass(8);
    const auto id = static_cast<uint32_t>(rng_.below(cache_.keyspace.size()));
    cache_.chore(id, [&](Shard& shard) {
      shard.expire_slice(cache_.session.now, 10'000);
      shard.reclaim_slice(cache_.session.now, 1'000);
    });
  }

  Cache& cache_;
  Rng rng_{7};
};

}  // namespace

TEST_CASE(
    "millions of tagged keys come and go by every way there is, and nothing is left of them") {
  Cache cache(8);
  Settings& settings = cache.options.settings;
  const int64_t at_first = bytes_used(cache);
  settings.policy = EvictionPolicy::kAllKeysLru;
  Churn churn(cache);
  for (int round = 0; round < kRounds; ++round) {
    settings.maxmemory = round % 5 == 4 ? 2'000'000 : 0;
    settings.invalidate_at_once = round % 3 == 0 ? 0 : 64;
    churn.round();
    if (round % 10 == 6) cache("INVALIDATE PATTERN key:*7 nosuch:*");
    if (round % 10 == 9) cache("INVALIDATE PATTERN key:1* CASCADE");
  }
  const ShardStats stats = counted(cache);
  constexpr uint64_t kStored = uint64_t{kRounds} * kKeys;
  CHECK_GE(stats.expired, kStored / 10);  // each way is common
  CHECK_GE(stats.evicted, kStored / 50);
  CHECK_GE(stats.invalidated, kStored / 50);
  CHECK_GE(stats.killed_by_change, kStored / 1000);
  CHECK_GT(held(cache).bytes, 0);

  cache.pass(5'000);
  cache.background();
  CHECK_EQ(cache("DBSIZE"), integer(0));
  CHECK_EQ(entries(cache), 0);
  CHECK_EQ(held(cache).nodes, 0);
  CHECK_EQ(held(cache).names, 0);
  CHECK_EQ(held(cache).edges, 0);
  CHECK_EQ(held(cache).bytes, 0);
  CHECK_EQ(figure(cache, "CACHESTATS FENCES", "stale_values"), 0);
  cache("FLUSHALL");  // the tables of keys keep their room
  cache.background();
  cache.router.each([](Shard& shard) {  // statistics stay
    shard.mrc.clear();
    shard.miniatures.clear();
    shard.prefixes.clear();
    shard.tags.clear();
  });
  CHECK_EQ(bytes_used(cache), at_first);
}

}  // namespace freshet
