// Eviction by commands: which keys may go, which go first, how far memory may stray from the limit,
// and what an eviction leaves behind.
#include "harness.h"
#include "probe.h"

namespace freshet {
namespace {

constexpr EvictionPolicy kAll[] = {
    EvictionPolicy::kAllKeysLru,      EvictionPolicy::kAllKeysLfu,
    EvictionPolicy::kAllKeysRandom,   EvictionPolicy::kAllKeysAdaptive,
    EvictionPolicy::kAllKeysPriority, EvictionPolicy::kVolatileLru,
    EvictionPolicy::kVolatileLfu,     EvictionPolicy::kVolatileRandom,
    EvictionPolicy::kVolatileTtl,     EvictionPolicy::kVolatileAdaptive,
    EvictionPolicy::kVolatilePriority};

std::string_view name_of(EvictionPolicy policy) { return kPolicyNames[static_cast<int>(policy)]; }

std::string key_of(int i) { return "key:" + std::to_string(i); }

int64_t cost(Cache& cache) {
  int64_t bytes = 0;
  for (uint32_t id = 0; id < cache.keyspace.size(); ++id)
    bytes += cache.keyspace.shard(id).meter.cost();
  return bytes;
}

size_t size(Cache& cache) {
  size_t keys = 0;
  for (uint32_t id = 0; id < cache.keyspace.size(); ++id)
    keys += cache.keyspace.shard(id).db(0).keys.size();
  return keys;
}

int64_t evictions(Cache& cache) {
  int64_t evicted = 0;
  cache.router.each([&](Shard& shard) { evicted += static_cast<int64_t>(shard.stats.evicted); });
  return evicted;
}

bool has(Cache& cache, const std::string& key) { return cache.run({"EXISTS", key}) == ":1\r\n"; }

// Evicts until `left` keys are there, and carries out what follows from it.
void evict_to(Cache& cache, size_t left) {
  for (int i = 0; size(cache) > left && i < 100'000; ++i) {
    Cascade cascade;
    const Router::Collecting collecting(cache.router, cascade);
    CHECK(cache.router.evict_somewhere(cache.session.now));
    while (!cascade.empty()) cascade.deliver(cache.router, cache.session.now, 1000);
  }
}

void limit(Cache& cache, EvictionPolicy policy) {
  cache.options.settings.policy = policy;
  cache.options.settings.maxmemory = int64_t{1} << 40;
}

}  // namespace

TEST_CASE("volatile policies evict keys with a deadline only, and refuse when there is none left") {
  for (const EvictionPolicy policy : kAll) {
    if (!is_volatile(policy)) continue;
    CAPTURE(name_of(policy));
    Cache cache(2);
    limit(cache, policy);
    for (int i = 0; i < 3000; ++i) {
      if (i % 100 == 0) {
        cache.run({"SET", key_of(i), "1", "EX", "1000"});
      } else {
        cache.run({"SET", key_of(i), "1"});
      }
    }
    evict_to(cache, 2970);
    CHECK_EQ(size(cache), 2970);
    for (int i = 0; i < 3000; ++i) CHECK_EQ(has(cache, key_of(i)), i % 100 != 0);
    CHECK_FALSE(cache.router.evict_somewhere(cache.session.now));
    cache.options.settings.maxmemory = 1;
    CHECK_EQ(cache("SET a 1").substr(0, 4), "-OOM");
    CHECK_EQ(cache("GET key:1"), "$1\r\n1\r\n");
  }
}

TEST_CASE("volatile-ttl evicts what expires first, though few keys have a deadline") {
  Cache cache(1);
  limit(cache, EvictionPolicy::kVolatileTtl);
  for (int i = 0; i < 5000; ++i) cache.run({"SET", "plain:" + std::to_string(i), "1"});
  for (int i = 0; i < 400; ++i) {
    cache.run({"SET", key_of(i), "1", "EX", std::to_string(1000 + i)});
  }
  evict_to(cache, 5200);
  int early = 0;
  for (int i = 0; i < 200; ++i) early += has(cache, key_of(i));
  CHECK_LT(early, 60);  // by chance it would be half of 200
}

TEST_CASE("allkeys-lru evicts what was not used for longest, allkeys-lfu what was used least") {
  for (const bool lru : {true, false}) {
    Cache cache(1);
    limit(cache, lru ? EvictionPolicy::kAllKeysLru : EvictionPolicy::kAllKeysLfu);
    for (int i = 0; i < 2000; ++i) cache.run({"SET", key_of(i), "1"});
    for (int round = 0; round < 40; ++round) {
      cache.pass(1000);
      for (int i = lru ? round * 50 : 1000; i < (lru ? round * 50 + 50 : 2000); ++i) {
        cache.run({"GET", key_of(i)});
      }
    }
    evict_to(cache, 1000);
    int kept = 0;
    for (int i = 1000; i < 2000; ++i) kept += has(cache, key_of(i));
    CHECK_GT(kept, lru ? 850 : 900);
  }
}

TEST_CASE("of the highest priority nothing goes while there is anything else") {
  for (const EvictionPolicy policy :
       {EvictionPolicy::kAllKeysPriority, EvictionPolicy::kVolatilePriority}) {
    CAPTURE(name_of(policy));
    Cache cache(4);
    limit(cache, policy);
    for (int i = 0; i < 3000; ++i) {
      cache.run({"DEPSET", key_of(i), "1", "EX", "1000", "PRIORITY", i % 100 == 0 ? "6" : "7"});
    }
    evict_to(cache, 2970);
    for (int i = 0; i < 3000; ++i) CHECK_EQ(has(cache, key_of(i)), i % 100 != 0);
    evict_to(cache, 2900);  // nothing else is left
    CHECK_EQ(size(cache), 2900);
  }
}

TEST_CASE("lower priorities go first") {
  Cache cache(2);
  limit(cache, EvictionPolicy::kAllKeysPriority);
  for (int i = 0; i < 2000; ++i) {
    cache.run({"DEPSET", key_of(i), "1", "PRIORITY", i % 2 == 0 ? "1" : "5"});
  }
  evict_to(cache, 1000);
  int low = 0;
  for (int i = 0; i < 2000; i += 2) low += has(cache, key_of(i));
  CHECK_LT(low, 60);  // by chance: 500
}

TEST_CASE("a plain SET takes the priority back, an edit and RENAME keep it") {
  Cache cache;
  const auto priority = [&](const std::string& key) {
    return std::to_string(figure(cache, "DEPINFO " + key, "priority"));
  };
  cache("DEPSET a 1 PRIORITY 6");
  CHECK_EQ(priority("a"), "6");
  cache("INCR a");
  cache("APPEND a 00000000000000000000000000000000000000000000000000");
  CHECK_EQ(priority("a"), "6");
  cache("RENAME a b");
  CHECK_EQ(priority("b"), "6");
  cache("DEPADD b PRIORITY 2");
  CHECK_EQ(priority("b"), "2");
  cache("COPY b c");
  CHECK_EQ(priority("c"), "2");
  cache("SET b 1");
  CHECK_EQ(priority("b"), "3");
}

TEST_CASE("what is dear to make stays longer, as much as the option says") {
  const auto cheap_left = [](const char* weight, const char* cost, EvictionPolicy policy) {
    Cache cache(2);
    limit(cache, policy);
    cache.run({"CONFIG", "SET", "maxmemory-cost-weight", weight});
    for (int i = 0; i < 2000; ++i) {
      cache.run({"DEPSET", key_of(i), "some value", "COST", i % 2 == 0 ? "1" : cost});
    }
    evict_to(cache, 1000);
    int cheap = 0;
    for (int i = 0; i < 2000; i += 2) cheap += has(cache, key_of(i));
    return cheap;
  };
  CHECK_LT(cheap_left("100", "1000", EvictionPolicy::kAllKeysAdaptive), 100);  // by chance: 500
  CHECK_LT(cheap_left("100", "1000", EvictionPolicy::kAllKeysPriority), 100);
  CHECK_GT(cheap_left("100", "1", EvictionPolicy::kAllKeysAdaptive), 350);
  CHECK_GT(cheap_left("0", "1000", EvictionPolicy::kAllKeysAdaptive), 350);
  CHECK_GT(cheap_left("100", "1000", EvictionPolicy::kAllKeysRandom), 350);
}

TEST_CASE("a cost is kept to the nearest power of four, as long as the value is") {
  Cache cache;
  const auto cost = [&](const std::string& key) {
    return std::to_string(figure(cache, "DEPINFO " + key, "cost_ms"));
  };
  const std::pair<const char*, const char*> kept[] = {{"0", "1"},
                                                      {"1", "1"},
                                                      {"2", "4"},
                                                      {"7", "4"},
                                                      {"8", "16"},
                                                      {"100", "64"},
                                                      {"200", "256"},
                                                      {"8191", "4096"},
                                                      {"8192", "16384"},
                                                      {"60000", "16384"},
                                                      {"16", "16"},
                                                      {"1000", "1024"},
                                                      {"9223372036854775807", "16384"}};
  for (const auto& [given, shown] : kept) {
    cache.run({"DEPSET", "a", "1", "COST", given});
    CHECK_EQ(cost("a"), shown);
  }
  cache("DEPSET a 1 DEPS 1 d COST 64");
  cache("INCR a");
  cache("APPEND a 00000000000000000000000000000000000000000000000000");
  cache("EXPIRE a 100");
  cache("PERSIST a");
  cache("DEPREM a DEPS 1 d");
  CHECK_EQ(cost("a"), "64");
  cache("RENAME a b");
  CHECK_EQ(cost("b"), "64");
  cache("DEPADD b TAGS 1 t COST 16");
  cache("COPY b c");
  CHECK_EQ(cost("c"), "16");
  cache("MOVE c 1");
  cache("SELECT 1");
  CHECK_EQ(cost("c"), "16");
  cache("SET c 1");
  CHECK_EQ(cost("c"), "1");
  cache("DEPSET c 1 COST 64");  // in place, both
  CHECK_EQ(cost("c"), "64");
  cache("SET c 2");
  CHECK_EQ(cost("c"), "1");
}

// The limit with what the Budget has not heard of, and the last command's entry.
TEST_CASE("memory is over the limit by one entry at most, whatever the policy and the sizes") {
  Rng rng(7);
  const std::string bytes(4000, 'x');
  for (const EvictionPolicy policy : kAll) {
    CAPTURE(name_of(policy));
    Cache cache(4);
    cache.options.settings.policy = policy;
    constexpr int64_t kLimit = 1'400'000;
    cache.options.settings.maxmemory = kLimit;
    for (int i = 0; i < 6000; ++i) {
      if (i % 50 == 0) cache.pass(1000);
      const std::string key = key_of(static_cast<int>(rng.below(4000)));
      const auto value = std::string_view(bytes).substr(0, 64ull << rng.below(6));
      const std::string life = std::to_string(100 + rng.below(1000));
      const std::string priority = std::to_string(rng.below(8));
      if (rng.below(3) == 0) {
        cache.run({"GET", key});
      } else {
        REQUIRE_EQ(cache.run({"DEPSET", key, value, "EX", life, "PRIORITY", priority}), "+OK\r\n");
      }
      REQUIRE_LE(cost(cache), kLimit + 4 * Meter::kLag + 6000);
    }
    CHECK_GT(evictions(cache), 0);
  }
}

// A turn may run thousands of commands. (50 clients with pipelines of 32 had waited for 0.7 s.)
TEST_CASE("of a limit that is halved a turn takes off its share, and what commands store besides") {
  Cache cache(4);
  cache.options.settings.policy = EvictionPolicy::kAllKeysAdaptive;
  cache.options.settings.maxmemory = 100'000'000;
  for (int i = 0; i < 40'000; ++i) cache.run({"SET", key_of(i), "some value of some length"});
  const int64_t half = cost(cache) / 2;
  cache.options.settings.maxmemory = half;
  cache.router.each(  // so that what the policy remembers is no part of it
      [&](Shard& shard) { shard.follow_policy(cache.session.now, true); });
  int next = 100'000;
  for (int turn = 0; turn < 10; ++turn) {
    CAPTURE(turn);
    const int64_t before = cost(cache);
    const int64_t evicted = evictions(cache);
    cache.router.new_turn();
    constexpr int kCommands = 1000;
    for (int i = 0; i < kCommands; ++i) {
      cache.run({"SET", key_of(next++), "another value of that length"});
    }
    // A new key is a little larger than an old one, so sometimes two old ones go for it.
    CHECK_LE(evictions(cache) - evicted, kCommands * 5 / 4 + Router::kSparePerTurn);
    CHECK_LT(cost(cache), before);
  }
  while (!cache.router.has_room()) REQUIRE(cache.router.evict_somewhere(cache.session.now));
  CHECK_LE(cost(cache), half + 4 * Meter::kLag);
  CHECK_GT(size(cache), 40'000 / 5);
}

TEST_CASE("a command of many keys owes what it stored once, however many are in one shard") {
  for (const bool locking : {false, true}) {
    CAPTURE(locking);
    Cache cache(2, locking);
    cache.options.settings.policy = EvictionPolicy::kAllKeysLru;
    for (int i = 0; i < 20'000; ++i) cache.run({"SET", key_of(i), "some value"});
    cache.options.settings.maxmemory = cost(cache) / 2;
    cache.router.new_turn();
    cache("SET first 1");  // takes the turn's share
    const int64_t before = evictions(cache);
    constexpr int kCommands = 100, kKeys = 8;
    for (int i = 0; i < kCommands; ++i) {
      std::vector<std::string> words = {"MSET"};
      for (int k = 0; k < kKeys; ++k) {
        words.push_back(key_of(100'000 + i * kKeys + k));
        words.push_back("some value");
      }
      cache.run({words.begin(), words.end()});
    }
    CHECK_LE(evictions(cache) - before, kCommands * kKeys * 5 / 4);
    CHECK_GE(evictions(cache) - before, kCommands * kKeys * 3 / 4);
  }
}

// Memory that the Budget hears of late had been taken for what was there before.
TEST_CASE("memory does not rise while it is over the limit, however small the keys") {
  for (const uint32_t shards : {1u, 8u, 64u}) {
    CAPTURE(shards);
    Cache cache(shards);
    cache.options.settings.policy = EvictionPolicy::kAllKeysLru;
    for (int i = 0; i < 50'000; ++i) cache.run({"SET", key_of(i), "1"});
    cache.options.settings.maxmemory = cost(cache) / 2;
    cache.router.new_turn();
    for (int i = 0; i < 2000; ++i) cache.run({"SET", key_of(100'000 + i), "1"});  // the share
    const int64_t before = cost(cache);
    for (int i = 0; i < 20'000; ++i) {
      const std::string key = key_of(200'000 + i);
      if (i % 3 == 0) {
        cache.run({"MSET", key, "1", key + "b", "2"});
      } else {
        cache.run({"SET", key, "1"});
      }
    }
    // A segment of the table may be more than a slice frees: that waits for the next turn's share.
    CHECK_LE(cost(cache), before + before / 50);
  }
}

TEST_CASE("what a policy remembers of small keys leaves room for the keys") {
  Cache cache(1);
  cache.options.settings.policy = EvictionPolicy::kAllKeysAdaptive;
  cache.options.settings.maxmemory = 8'000'000;
  size_t most = 0, number = 0;
  const auto store = [&] {
    cache.run({"SET", std::to_string(number++), "x"});
    most = std::max(most, size(cache));
  };
  while (size(cache) == number) store();
  for (size_t i = 0; i < most; ++i) store();
  CHECK_GT(size(cache), most / 100 * 94);
}

TEST_CASE("what a policy remembers is counted before memory is at its limit") {
  Cache cache(2);
  cache.options.settings.policy = EvictionPolicy::kAllKeysAdaptive;
  cache.options.settings.maxmemory = 1 << 30;
  for (int i = 0; i < 100'000; ++i) cache.run({"SET", key_of(i), "x"});
  const auto look = [&](bool nearly_full) {
    cache.router.each([&](Shard& shard) { shard.follow_policy(cache.session.now, nearly_full); });
    return cost(cache);
  };
  const int64_t before = look(false), ready = look(true);
  // Two ghosts of 2 bytes for each key, in an allocation for each shard.
  CHECK_EQ(ready - before, with_overhead(2 * static_cast<int64_t>(allocation_size(50'000 * 4))));
  CHECK_EQ(look(true), ready);
  REQUIRE(cache.router.evict_somewhere(cache.session.now));
  CHECK_LT(cost(cache), ready + 10'000);  // the pool and the like
}

TEST_CASE("policies may be changed at any time, and words of others are understood") {
  Rng rng(3);
  Cache cache(2);
  cache.options.settings.maxmemory = 300'000;
  for (int i = 0; i < 12'000; ++i) {
    if (i % 97 == 0) cache.options.settings.policy = kAll[rng.below(std::size(kAll))];
    cache.pass(static_cast<Millis>(rng.below(500)));
    const std::string key = key_of(static_cast<int>(rng.below(5000)));
    if (cache.run({"GET", key}) == "$-1\r\n") {
      CHECK_EQ(cache.run({"SET", key, "some value", "EX", "3000"}), "+OK\r\n");
    }
  }
  CHECK_LE(cost(cache), 300'000 + 2 * Meter::kLag + 500);
}

TEST_CASE("OBJECT FREQ and IDLETIME answer under the policies that keep them") {
  Cache cache;
  cache("SET a x");
  cache.pass(9000);
  CHECK_EQ(cache("OBJECT IDLETIME a"), ":9\r\n");
  CHECK_EQ(cache("OBJECT FREQ a").substr(0, 40), "-ERR An LFU maxmemory policy is not sele");
  cache("CONFIG SET maxmemory-policy allkeys-lfu");
  CHECK_EQ(cache("OBJECT IDLETIME a"),
           "-ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
           "switching between policies at runtime LRU and LFU data will take some time to "
           "adjust.\r\n");
  cache("SET b x");
  CHECK_EQ(cache("OBJECT FREQ b"), ":5\r\n");  // LFU_INIT_VAL
  CHECK_EQ(cache("OBJECT FREQ none"), "$-1\r\n");
  cache("CONFIG SET lfu-log-factor 0");
  for (int i = 0; i < 20; ++i) cache("GET b");
  CHECK_EQ(cache("OBJECT FREQ b"), ":25\r\n");
  cache.pass(10 * 60'000);
  CHECK_EQ(cache("OBJECT FREQ b"), ":15\r\n");  // one less a minute
  cache("CONFIG SET lfu-decay-time 0");
  CHECK_EQ(cache("OBJECT FREQ b"), ":25\r\n");
  cache("CONFIG SET maxmemory-policy allkeys-adaptive");
  CHECK_EQ(cache("OBJECT FREQ b").substr(0, 40), "-ERR An LFU maxmemory policy is not sele");
}

TEST_CASE("dependents outlive an evicted dependency while declarations may take that much") {
  Cache cache(4);
  limit(cache, EvictionPolicy::kAllKeysLru);
  for (int i = 0; i < 2000; ++i) {
    const std::string dep = "dep:" + std::to_string(i);
    cache.run({"SET", dep, "1"});
    cache.run({"DEPSET", "page:" + std::to_string(i), "p", "DEPS", "1", dep});
  }
  cache.pass(20'000);
  for (int i = 0; i < 2000; ++i) cache.run({"GET", "page:" + std::to_string(i)});
  evict_to(cache, 2100);
  const auto give_up = [&] {
    for (uint32_t round = 0; round < 400; ++round) {
      cache.chore(round % 4, [&](Shard& shard) {
        shard.trim_graph(cache.session.now, cache.keyspace.graphs);
      });
    }
  };
  const auto pages_without_dep = [&] {
    int pages = 0;
    for (int i = 0; i < 2000; ++i) {
      pages += !has(cache, "dep:" + std::to_string(i)) && has(cache, "page:" + std::to_string(i));
    }
    return pages;
  };
  give_up();
  const int before = pages_without_dep();
  CHECK_GT(before, 1000);
  // What was made from an evicted key is still reached.
  int evicted = 0;
  while (has(cache, "dep:" + std::to_string(evicted)) ||
         !has(cache, "page:" + std::to_string(evicted))) {
    ++evicted;
  }
  cache.run({"INVALIDATE", "DEPS", "dep:" + std::to_string(evicted)});
  CHECK_FALSE(has(cache, "page:" + std::to_string(evicted)));
  // Declarations may take a hundredth of this: names go, and their dependents with them.
  cache.options.settings.graph_percent = 1;
  cache.options.settings.maxmemory = cost(cache) * 4;
  give_up();
  CHECK_LT(pages_without_dep(), before / 4);
  size_t names = 0;
  for (uint32_t id = 0; id < 4; ++id) names += cache.keyspace.shard(id).db(0).graph.evicted_names();
  CHECK_LE(names, 20);
}

TEST_CASE("an evicted key leaves nothing behind but its name if something was made from it") {
  for (const EvictionPolicy policy : kAll) {
    CAPTURE(name_of(policy));
    Cache cache(2);
    limit(cache, policy);
    for (int i = 0; i < 1000; ++i) {
      const std::string tag = "tag:" + std::to_string(i % 9),
                        signal = "s:" + std::to_string(i % 30);
      cache.run({"DEPSET", key_of(i), "value", "EX", "100", "DEPS", "1", signal, "TAGS", "1", tag,
                 "PRIORITY", std::to_string(i % 8)});
    }
    evict_to(cache, 0);
    for (uint32_t id = 0; id < 2; ++id) {
      const Database& db = cache.keyspace.shard(id).db(0);
      CHECK_EQ(db.graph.memory(), 0);
      CHECK_EQ(db.with_deadline, 0);
      CHECK_EQ(db.pinned, 0);
      CHECK_EQ(db.pinned_with_deadline, 0);
    }
    // The evictor's rooms go with the limit; what is left is the wheel's slots, and statistics.
    cache.options.settings.maxmemory = 0;
    for (uint32_t id = 0; id < 2; ++id) {
      Shard& shard = cache.keyspace.shard(id);
      shard.follow_policy(cache.session.now);
      shard.flush(0);
      shard.mrc.clear();
      shard.miniatures.clear();
      shard.prefixes.clear();
      shard.tags.clear();
    }
    cache.background();
    CHECK_EQ(cost(cache), 0);
  }
}

TEST_CASE("CACHESTATS EVICTION says who went, and how long after the last use") {
  Cache cache(1);
  limit(cache, EvictionPolicy::kAllKeysLru);
  for (int i = 0; i < 100; ++i) cache.run({"SET", key_of(i), "1"});
  cache.pass(20'000);
  evict_to(cache, 40);
  const std::string report = cache("CACHESTATS EVICTION");
  const auto figure = [&](const std::string& name) {
    const size_t at = report.find("\r\n" + name + "\r\n");
    REQUIRE_NE(at, std::string::npos);
    return report.substr(at + name.size() + 4,
                         report.find("\r\n", at + name.size() + 4) - at - name.size() - 4);
  };
  CHECK_EQ(figure("evicted_keys"), ":60");
  CHECK_EQ(figure("evicted_by_allkeys-lru"), ":60");
  CHECK_EQ(figure("idle_under_1m"), ":60");
  CHECK_NE(report.find("20000.0000"), std::string::npos);
  cache("CONFIG SET maxmemory-policy allkeys-adaptive");
  for (int i = 0; i < 100; ++i) cache.run({"SET", key_of(i), "1"});
  evict_to(cache, 40);
  for (int i = 0; i < 100; ++i) cache.run({"SET", key_of(i), "1"});
  CHECK_GT(cache.keyspace.shard(0).stats.ghost_hits, 30);
}

}  // namespace freshet
