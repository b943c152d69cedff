// INVALIDATE as a user sees it: what it kills, counts and leaves, and that the dead are absent
// before their memory has come back.
#include <set>

#include "probe.h"

namespace freshet {
namespace {

// k:0 … k:n-1 with the tag t and, for the odd ones, the tag odd; all made from d. Every third has a
// deadline. And some that no kill of these tests names.
void fill(Cache& cache, int count) {
  cache("SET d 1");
  for (int i = 0; i < count; ++i) {
    const std::string key = "k:" + std::to_string(i);
    std::vector<std::string_view> args = {"DEPSET", key, "v", "DEPS", "1", "d", "TAGS"};
    if (i % 2 == 1) args.insert(args.end(), {"2", "t", "odd"});
    if (i % 2 == 0) args.insert(args.end(), {"1", "t"});
    if (i % 3 == 0) args.insert(args.end(), {"EX", "1000"});
    REQUIRE_EQ(cache.run(args), kOk);
  }
  for (int i = 0; i < 9; ++i) cache.run({"SET", "other:" + std::to_string(i), "v"});
}
constexpr int kOthers = 10;  // with d

std::string scan_all(Cache& cache, const std::string& command, const std::string& rest) {
  std::string cursor = "0", all;
  do {
    std::vector<std::string> words = {command, cursor};
    for (size_t at = 0; at < rest.size();) {
      const size_t end = std::min(rest.find(' ', at), rest.size());
      words.push_back(rest.substr(at, end - at));
      at = end + 1;
    }
    const std::vector<std::string> page = texts(cache.run({words.begin(), words.end()}));
    cursor = page.at(0);
    for (size_t i = 1; i < page.size(); ++i) all += page[i] + " ";
  } while (cursor != "0");
  return all;
}

// The ways to kill all of k:*, and nothing else.
constexpr const char* kWays[] = {
    "INVALIDATE TAG t",         "INVALIDATE TAG odd t",
    "INVALIDATE PATTERN k:*",   "INVALIDATE PATTERN k:? k:?? k:??? *:1*[2] -- SOFT 1000",
    "INVALIDATE DEPS d",        "INVALIDATE TAG t SOFT 1000",
    "INVALIDATE TAG t CASCADE", "INVALIDATE DEPS d CASCADE SOFT 5"};

}  // namespace

TEST_CASE("INVALIDATE counts the live keys that it kills, each once, and spares all others") {
  for (const char* way : kWays) {
    on_all_caches([&](Cache& cache) {
      INFO(std::string(way));
      fill(cache, 40);
      CHECK_EQ(cache(std::string(way)), integer(40));
      CHECK_EQ(cache(std::string(way)), integer(0));
      CHECK_EQ(cache("DBSIZE"), integer(kOthers));
      CHECK_EQ(cache("EXISTS d other:0 other:8"), integer(3));
      CHECK_EQ(figure(cache, "CACHESTATS SUMMARY", "invalidations"), 40);
      cache.background();
      CHECK_EQ(entries(cache), kOthers);
      CHECK(held(cache).none());
    });
  }
}

TEST_CASE("what lies dead in the table is absent to every command that looks at many keys") {
  for (const char* way : kWays) {
    const bool buries = std::string_view(way).find("CASCADE") != std::string_view::npos;
    if (buries) continue;  // dependents die one by one
    for (const uint32_t shards : {1u, 8u}) {
      INFO(std::string(way));
      CAPTURE(shards);
      Cache cache(shards);
      cache.options.settings.invalidate_at_once = 0;
      fill(cache, 40);
      cache(std::string(way) + " ASYNC");
      REQUIRE_EQ(entries(cache), 40 + kOthers);  // else the test shows nothing
      CHECK_EQ(scan_all(cache, "SCAN", "MATCH k:* COUNT 7"), "");
      CHECK_EQ(scan_all(cache, "DEPSCAN", "TAG t COUNT 7"), "");
      CHECK_EQ(scan_all(cache, "DEPSCAN", "DEPS d"), "");
      CHECK_EQ(cache("KEYS k:*"), "*0\r\n");
      CHECK_EQ(texts(cache("KEYS *")).size(), kOthers);
      CHECK_EQ(figure(cache, "CACHESTATS TAG t", "keys"), 0);
      CHECK_EQ(figure(cache, "CACHESTATS TAG odd", "keys"), 0);
      CHECK_EQ(figure(cache, "DEPINFO d", "dependents"), 0);
      CHECK_EQ(cache("INVALIDATE TAG t DRYRUN"), integer(0));
      CHECK_EQ(cache("INVALIDATE PATTERN k:* DRYRUN"), integer(0));
      CHECK_EQ(cache("INVALIDATE DEPS d DRYRUN"), integer(0));
      CHECK_EQ(cache("INVALIDATE KEY d CASCADE DRYRUN"), integer(1));
      REQUIRE_EQ(entries(cache), 40 + kOthers);
      CHECK_EQ(cache("DBSIZE"), integer(kOthers));
      CHECK_EQ(figure(cache, "CACHESTATS SUMMARY", "total_keys"), kOthers);
      CHECK_NE(cache("INFO keyspace").find("keys=10,"), std::string::npos);
      for (int i = 0; i < 200; ++i) {
        const std::string key = texts(cache("RANDOMKEY")).at(0);
        CHECK_EQ(key.substr(0, 2), key == "d" ? "d" : "ot");
      }
      cache.background();
      CHECK_EQ(cache("DBSIZE"), integer(kOthers));
      CHECK_EQ(entries(cache), kOthers);
      CHECK(held(cache).none());
    }
  }
}

TEST_CASE("what lies dead in the table is absent to every command that names it") {
  // k:0 has a deadline.
  const std::pair<const char*, std::string> looks[] = {
      {"GET k:0", kNil},
      {"EXISTS k:0 k:1 other:1", integer(1)},
      {"TTL k:0", ":-2\r\n"},
      {"PTTL k:1", ":-2\r\n"},
      {"EXPIRETIME k:0", ":-2\r\n"},
      {"TYPE k:0", "+none\r\n"},
      {"STRLEN k:0", integer(0)},
      {"TOUCH k:0", integer(0)},
      {"OBJECT ENCODING k:0", kNil},
      {"MEMORY USAGE k:0", kNil},
      {"MGET k:0 other:0", "*2\r\n$-1\r\n$1\r\nv\r\n"},
      {"GETRANGE k:0 0 -1", "$0\r\n\r\n"},
      {"BITCOUNT k:0", integer(0)},
      {"DEPINFO k:0", kNil},
      {"DEPADD k:0 TAGS 1 x", kNil},
      {"DEPREM k:0 TAGS 1 t", kNil},
      {"COPY k:0 c", integer(0)},
      {"COPY other:0 k:0", integer(1)},
      {"RENAME k:0 c", "-ERR no such key\r\n"},
      {"RENAMENX other:0 k:0", integer(1)},
      {"MOVE k:0 1", integer(0)},
      {"DEL k:0 k:1", integer(0)},
      {"GETDEL k:0", kNil},
      {"PERSIST k:0", integer(0)},
      {"EXPIRE k:0 10", integer(0)},
      {"SET k:0 w XX", kNil},
      {"SET k:0 w NX", kOk},
      {"SETNX k:0 w", integer(1)},
      {"SET k:0 w GET", kNil},
      {"GETSET k:0 w", kNil},
      {"GETEX k:0 EX 10", kNil},
      {"APPEND k:0 w", integer(1)},
      {"INCR k:0", integer(1)},
      {"SETRANGE k:0 0 w", integer(1)},
      {"DEPSET k:0 w NX", kOk},
      {"DEPSET k:0 w XX", kNil},
      {"INVALIDATE KEY k:0 k:1", integer(0)},
  };
  for (const char* way : kWays) {
    for (const auto& [look, right] : looks) {
      INFO(std::string(way));
      INFO(std::string(look));
      Cache cache(3);
      cache.options.settings.invalidate_at_once = 0;
      fill(cache, 13);
      cache(std::string(way));
      CHECK_EQ(cache(look), right);
      const std::string size = cache("DBSIZE");
      const bool kept = cache("EXISTS k:0") == integer(1);
      cache.background();
      CHECK_EQ(cache("DBSIZE"), size);
      CHECK_EQ(cache("EXISTS k:0"), integer(kept));  // who came later lives
      CHECK(held(cache).none());
    }
  }
}

TEST_CASE("misses of what was invalidated are counted as such") {
  for (const char* way : kWays) {
    on_all_caches([&](Cache& cache) {
      INFO(std::string(way));
      fill(cache, 13);
      cache(std::string(way));
      cache("CACHESTATS RESET");
      for (int i = 0; i < 13; ++i) cache.run({"GET", "k:" + std::to_string(i)});
      cache("GET never");
      CHECK_EQ(figure(cache, "CACHESTATS MISSES", "misses_invalidated"), 13);
      CHECK_EQ(figure(cache, "CACHESTATS MISSES", "misses_never_set"), 1);
      CHECK_EQ(figure(cache, "CACHESTATS SUMMARY", "misses"), 14);
      cache.background();
      cache("GET k:3");
      CHECK_EQ(figure(cache, "CACHESTATS MISSES", "misses_invalidated"), 14);
    });
  }
}

TEST_CASE("what is stored between two kills of a tag lives until the second") {
  for (const char* again : {"INVALIDATE TAG t", "INVALIDATE DEPS d", "INVALIDATE PATTERN *:*",
                            "INVALIDATE TAG t nosuch ALL", "INVALIDATE TAG none t"}) {
    on_all_caches([&](Cache& cache) {
      INFO(std::string(again));
      cache("SET d 1");
      const auto store = [&](int from, int to) {
        for (int i = from; i < to; ++i) {
          const std::string key = "k:" + std::to_string(i);
          cache.run({"DEPSET", key, "v", "DEPS", "1", "d", "TAGS", "1", "t"});
        }
      };
      store(0, 20);
      CHECK_EQ(cache("INVALIDATE TAG t"), integer(20));
      store(15, 25);  // some in the places of the dead
      CHECK_EQ(cache("DBSIZE"), integer(11));
      CHECK_EQ(figure(cache, "CACHESTATS TAG t", "keys"), 10);
      CHECK_EQ(cache("INVALIDATE TAG t DRYRUN"), integer(10));
      cache("DEPSET late v DEPS 1 d TAGS 1 t");
      cache("DEPADD late TAGS 1 x");
      cache("DEL late");
      const bool none = std::string_view(again).find("ALL") != std::string_view::npos;
      CHECK_EQ(cache(again), integer(none ? 0 : 10));
      store(0, 3);
      CHECK_EQ(cache("DBSIZE"), integer(none ? 14 : 4));
      cache.background();
      CHECK_EQ(cache("DBSIZE"), integer(none ? 14 : 4));
      CHECK_EQ(cache("EXISTS k:0 k:2"), integer(2));
      CHECK_EQ(cache("INVALIDATE TAG t"), integer(none ? 13 : 3));
      cache.background();
      CHECK(held(cache).none());
    });
  }
}

TEST_CASE("a value that gets a killed tag, or is overwritten in place, lives") {
  on_all_caches([&](Cache& cache) {
    cache("SET plain 1");
    cache("SET number 1");
    for (const char* key : {"a", "b", "c"}) cache.run({"DEPSET", key, "v", "TAGS", "1", "t"});
    cache("INVALIDATE TAG t");
    CHECK_EQ(cache("DEPADD plain TAGS 1 t"), integer(1));
    CHECK_EQ(cache("COPY plain a"), integer(1));
    CHECK_EQ(cache("INCR number"), integer(2));
    cache("DEPADD number TAGS 1 t");
    CHECK_EQ(cache("EXISTS plain number a b c"), integer(3));
    cache.background();
    CHECK_EQ(cache("EXISTS plain number a b c"), integer(3));
    CHECK_EQ(cache("INVALIDATE TAG t"), integer(3));
  });
}

TEST_CASE("kills that overlap count each key for the first of them") {
  on_all_caches([&](Cache& cache) {
    fill(cache, 40);
    CHECK_EQ(cache("INVALIDATE PATTERN k:1*"), integer(11));
    CHECK_EQ(cache("INVALIDATE PATTERN k:1 k:2? k:1?"), integer(10));
    CHECK_EQ(cache("INVALIDATE TAG odd"), integer(9));
    CHECK_EQ(cache("INVALIDATE TAG t odd"), integer(10));
    CHECK_EQ(cache("INVALIDATE DEPS d"), integer(0));
    CHECK_EQ(cache("DBSIZE"), integer(kOthers));
    CHECK_EQ(figure(cache, "CACHESTATS SUMMARY", "invalidations"), 40);
    cache.background();
    CHECK_EQ(entries(cache), kOthers);
    CHECK(held(cache).none());
  });
}

TEST_CASE("kills that overlap and whose victims nobody has counted yet count each key once") {
  Cache cache(8);
  cache.options.settings.invalidate_at_once = 0;
  fill(cache, 40);
  for (const char* kill : {"PATTERN k:1*", "TAG odd", "PATTERN *:2?", "TAG t", "PATTERN *"}) {
    CHECK_EQ(cache("INVALIDATE " + std::string(kill) + " ASYNC"), kOk);
  }
  CHECK_EQ(cache("KEYS *"), "*0\r\n");
  CHECK_EQ(entries(cache), 40 + kOthers);
  CHECK_EQ(cache("DBSIZE"), integer(0));
  cache.background();
  CHECK_EQ(entries(cache), 0);
  CHECK_EQ(figure(cache, "CACHESTATS SUMMARY", "invalidations"), 40 + kOthers);
  CHECK(held(cache).none());
}

TEST_CASE("more patterns at once than a shard remembers are all obeyed") {
  constexpr int kPatterns = 3 * static_cast<int>(Space::kMostPatterns);
  for (const uint32_t shards : {1u, 8u}) {
    Cache cache(shards);
    cache.options.settings.invalidate_at_once = 0;
    for (int i = 0; i < kPatterns; ++i) {
      for (int j = 0; j < 20; ++j)
        cache.run({"SET", "p" + std::to_string(i) + ":" + std::to_string(j), "v"});
    }
    size_t most = 0;
    for (int i = 0; i < kPatterns; ++i) {
      const std::string start = "p" + std::to_string(i) + ":";
      Slow slow(cache, "INVALIDATE PATTERN " + start + "* ASYNC");
      CHECK_EQ(slow.reply(), kOk);
      CHECK_EQ(cache.run({"EXISTS", start + "0", start + "7", start + "19"}), integer(0));
      each_database(cache, [&](Database& db) { most = std::max(most, db.kills.patterns()); });
    }
    CHECK_EQ(most, Space::kMostPatterns);
    CHECK_EQ(cache("KEYS *"), "*0\r\n");
    CHECK_EQ(cache("DBSIZE"), integer(0));
    cache.background();
    CHECK_EQ(entries(cache), 0);
    CHECK_EQ(counted(cache).invalidated, kPatterns * 20);
    CHECK(held(cache).none());
  }
}

TEST_CASE("ASYNC replies OK when all is dead, and the count goes to CACHESTATS") {
  for (const char* way : kWays) {
    on_all_caches([&](Cache& cache) {
      INFO(std::string(way));
      fill(cache, 40);
      CHECK_EQ(cache(std::string(way) + " ASYNC"), kOk);
      CHECK_EQ(texts(cache("KEYS *")).size(), kOthers);
      cache.background();
      CHECK_EQ(figure(cache, "CACHESTATS RECLAIM", "last_async_killed"), 40);
      CHECK_EQ(figure(cache, "CACHESTATS RECLAIM", "kills_pending"), 0);
      CHECK_EQ(figure(cache, "CACHESTATS RECLAIM", "keys_to_bury"), 0);
    });
  }
}

TEST_CASE("a database that is emptied in the middle of an invalidation is empty, and fills again") {
  for (const char* way : kWays) {
    for (const char* flush : {"FLUSHDB", "FLUSHALL"}) {
      for (int steps = 0; steps < 12; ++steps) {
        INFO(std::string(way));
        INFO(std::string(flush));
        CAPTURE(steps);
        Cache cache(3);
        cache.options.settings.invalidate_at_once = 0;
        fill(cache, 200);
        Slow slow(cache, way);
        for (int i = 0; i < steps && slow.waits(); ++i) slow.step();
        CHECK_EQ(cache(flush), kOk);
        CHECK_EQ(slow.reply()[0], ':');
        fill(cache, 20);
        CHECK_EQ(cache("DBSIZE"), integer(20 + kOthers));
        cache.background();
        CHECK_EQ(cache("DBSIZE"), integer(20 + kOthers));
        CHECK_EQ(entries(cache), 20 + kOthers);
        cache("FLUSHALL");
        cache.background();
        CHECK(held(cache).none());
      }
    }
  }
}

TEST_CASE("databases that change places in the middle of an invalidation take their dead along") {
  for (const char* way : kWays) {
    for (int steps = 0; steps < 12; ++steps) {
      INFO(std::string(way));
      CAPTURE(steps);
      Cache cache(3);
      cache.options.settings.invalidate_at_once = 0;
      cache("SELECT 1");
      fill(cache, 30);
      cache("SELECT 0");
      fill(cache, 200);
      Slow slow(cache, way);
      for (int i = 0; i < steps && slow.waits(); ++i) slow.step();
      CHECK_EQ(cache("SWAPDB 0 1"), kOk);
      CHECK_EQ(slow.reply(), integer(200));
      CHECK_EQ(cache("DBSIZE"), integer(30 + kOthers));
      CHECK_EQ(cache("EXISTS k:0 k:29"), integer(2));
      cache("SELECT 1");
      CHECK_EQ(cache("DBSIZE"), integer(kOthers));
      CHECK_EQ(cache("EXISTS k:0 k:199 d"), integer(1));
      cache.background();
      CHECK_EQ(entries(cache), 30 + 2 * kOthers);
      CHECK_EQ(cache("DBSIZE"), integer(kOthers));
    }
  }
}

TEST_CASE("between the steps of an invalidation others store and read, and nothing is lost") {
  for (const char* way : kWays) {
    INFO(std::string(way));
    Cache cache(3);
    cache.options.settings.invalidate_at_once = 0;
    fill(cache, 300);
    Slow slow(cache, way);
    int stored = 0;
    for (; slow.waits(); ++stored) {
      const std::string key = "new:" + std::to_string(stored);
      REQUIRE_EQ(cache.run({"DEPSET", key, "v", "DEPS", "1", "e", "TAGS", "1", "u"}), kOk);
      cache.run({"DEPSET", "k:" + std::to_string(stored), "w"});
      cache.run({"GET", "k:" + std::to_string(299 - stored)});
      slow.step();
    }
    CHECK_EQ(texts(cache("KEYS new:*")).size(), stored);
    for (int i = stored; i < 300; ++i) {
      CHECK_EQ(cache.run({"EXISTS", "k:" + std::to_string(i)}), integer(0));
    }
    const std::string size = cache("DBSIZE");
    CHECK_EQ(size, integer(texts(cache("KEYS *")).size()));
    cache.background();
    CHECK_EQ(cache("DBSIZE"), size);
    CHECK_EQ(cache("INVALIDATE TAG u"), integer(static_cast<uint64_t>(stored)));
    cache.background();
    CHECK(held(cache).none());
  }
}

// --- SOFT ----------------------------------------------------------------------------------------

TEST_CASE("a value killed softly is stale for so long, or as long as it would have lived") {
  for (const char* way : {"INVALIDATE TAG t SOFT 100", "INVALIDATE PATTERN k:* SOFT 100",
                          "INVALIDATE DEPS d SOFT 100", "INVALIDATE KEY k:1 k:2 SOFT 100",
                          "INVALIDATE KEY d CASCADE SOFT 100"}) {
    for (const bool buried : {false, true}) {
      on_all_caches([&](Cache& cache) {
        INFO(std::string(way));
        CAPTURE(buried);
        cache("SET d 1");
        cache("DEPSET k:1 one DEPS 1 d TAGS 1 t");
        cache("DEPSET k:2 two DEPS 1 d TAGS 1 t PX 50");
        cache(way);
        if (buried) cache.background();
        CHECK_EQ(cache("EXISTS k:1 k:2"), integer(0));
        cache.pass(49);
        CHECK_EQ(fetched(cache("FETCH k:2 STALE")).value.value_or(""), "two");
        cache.pass(1);
        CHECK_EQ(fetched(cache("FETCH k:2 STALE")).state, "WAIT");
        CHECK_EQ(fetched(cache("FETCH k:1 STALE")).value.value_or(""), "one");
        CHECK_EQ(cache("GET k:1"), kNil);
        cache.pass(50);
        CHECK_EQ(fetched(cache("FETCH k:1 STALE")).state, "WAIT");
        cache.pass(1000);  // the wheel's finest step and more
        cache.background();
        CHECK_EQ(figure(cache, "CACHESTATS FENCES", "stale_values"), 0);
        CHECK_EQ(figure(cache, "CACHESTATS FENCES", "stale_reads"), 2);
      });
    }
  }
}

TEST_CASE("a stale value whose time is over before it is buried is not seen") {
  Cache cache(1);
  cache.options.settings.invalidate_at_once = 0;
  cache("DEPSET a v TAGS 1 t");
  cache("DEPSET b v TAGS 1 t PX 20");
  cache("INVALIDATE TAG t SOFT 100");
  cache.pass(20);
  CHECK_EQ(fetched(cache("FETCH b STALE")).state, "LEASE");
  cache.pass(80);
  CHECK_EQ(fetched(cache("FETCH a STALE")).state, "LEASE");
  CHECK_EQ(figure(cache, "CACHESTATS FENCES", "stale_values"), 0);
}

TEST_CASE("a hard kill, a write and a flush end what a soft kill left") {
  for (const char* end : {"INVALIDATE KEY k", "INVALIDATE PATTERN k*", "INVALIDATE PATTERN z *",
                          "INVALIDATE KEY k CASCADE", "INVALIDATE PATTERN ? CASCADE", "DEL k",
                          "SET k 1", "FLUSHDB", "RENAME other k", "INCR k"}) {
    for (const bool buried : {false, true}) {
      on_all_caches([&](Cache& cache) {
        INFO(std::string(end));
        CAPTURE(buried);
        cache("SET other 1");
        cache("DEPSET k v TAGS 1 t");
        CHECK_EQ(cache("INVALIDATE TAG t SOFT 1000"), integer(1));
        if (buried) {
          cache.background();
          CHECK_EQ(figure(cache, "CACHESTATS FENCES", "stale_values"), 1);
        }
        const std::string said = cache(end);
        if (std::string_view(end).starts_with("INVALIDATE KEY")) CHECK_EQ(said, integer(0));
        const bool writes = cache("EXISTS k") == integer(1);
        CHECK_EQ(fetched(cache("FETCH k STALE")).state, writes ? "HIT" : "LEASE");
        cache.background();
        CHECK_EQ(figure(cache, "CACHESTATS FENCES", "stale_values"), 0);
      });
    }
  }
}

TEST_CASE("a second soft kill leaves the newer value as stale") {
  on_all_caches([&](Cache& cache) {
    cache("DEPSET k old TAGS 1 t");
    cache("INVALIDATE TAG t SOFT 1000");
    cache("DEPSET k new TAGS 1 t");
    CHECK_EQ(cache("INVALIDATE TAG t SOFT 500"), integer(1));
    CHECK_EQ(cache("GET k"), kNil);
    CHECK_EQ(fetched(cache("FETCH k STALE")).value.value_or(""), "new");
    cache.background();
    CHECK_EQ(fetched(cache("FETCH k STALE")).value.value_or(""), "new");
    CHECK_EQ(figure(cache, "CACHESTATS FENCES", "stale_values"), 1);
    cache.pass(500);
    CHECK_EQ(fetched(cache("FETCH k STALE")).state, "WAIT");
    cache.pass(1000);
    cache.background();
    CHECK_EQ(figure(cache, "CACHESTATS FENCES", "stale_values"), 0);
  });
}

// --- Levels --------------------------------------------------------------------------------------

TEST_CASE("CASCADE reaches every level and counts each key once, also where ways meet") {
  const std::pair<const char*, uint64_t> cases[] = {{"KEY user", 5},
                                                    {"PATTERN us*", 5},
                                                    {"TAG people", 5},
                                                    {"TAG people parts", 5},
                                                    {"DEPS user", 4},
                                                    {"TAG parts", 4},
                                                    {"TAG people parts -- ALL", 0},
                                                    {"KEY nosuch", 0},
                                                    {"DEPS left right", 2},
                                                    {"KEY left right user site", 5}};
  for (const auto& [what, count] : cases) {
    on_all_caches([&](Cache& cache) {
      INFO(std::string(what));
      cache("DEPSET user u TAGS 1 people");
      cache("DEPSET left l DEPS 1 user TAGS 1 parts");
      cache("DEPSET right r DEPS 1 user TAGS 1 parts");
      cache("DEPSET page p DEPS 2 left right");
      cache("DEPSET site s DEPS 2 page user");
      cache("SET away v");
      const std::string command = "INVALIDATE " + std::string(what) + " CASCADE";
      CHECK_EQ(cache(command + " DRYRUN"), integer(count));
      CHECK_EQ(cache("DBSIZE"), integer(6));
      CHECK_EQ(cache(command), integer(count));
      CHECK_EQ(cache("DBSIZE"), integer(6 - count));
      CHECK_EQ(cache(command), integer(0));
      cache("INVALIDATE PATTERN * CASCADE");
      cache.background();
      CHECK_EQ(entries(cache), 0);
      CHECK(held(cache).none());
    });
  }
}

TEST_CASE("a loop in the graph, as RENAME may close one, is visited once") {
  on_all_caches([&](Cache& cache) {
    for (const char* way : {"KEY a", "DEPS a", "TAG t", "PATTERN ?"}) {
      INFO(std::string(way));
      cache("DEPSET a 1 DEPS 1 b");
      cache("DEPSET c 1 DEPS 1 a TAGS 1 t");
      cache("RENAME c b");  // b is made from a, and a from b
      REQUIRE_EQ(cache("EXISTS a b"), integer(2));
      const std::string command = "INVALIDATE " + std::string(way) + " CASCADE";
      CHECK_EQ(cache(command + " DRYRUN"), integer(2));
      CHECK_EQ(cache(command), integer(2));
      CHECK_EQ(cache("DBSIZE"), integer(0));
      cache.background();
      CHECK(held(cache).none());
    }
  });
}

TEST_CASE("without CASCADE exactly what was named is touched") {
  on_all_caches([&](Cache& cache) {
    for (const char* way : {"KEY user", "TAG people", "PATTERN user"}) {
      INFO(std::string(way));
      cache("DEPSET user u TAGS 1 people");
      cache("DEPSET page p DEPS 1 user");
      CHECK_EQ(cache("INVALIDATE " + std::string(way)), integer(1));
      CHECK_EQ(cache("EXISTS user page"), integer(1));
      cache.background();
      CHECK_EQ(cache("EXISTS user page"), integer(1));
      CHECK_EQ(figure(cache, "DEPINFO page", "priority"), 3);
      cache("DEPSET user u TAGS 1 people");  // the same bytes: no change
      CHECK_EQ(cache("EXISTS user page"), integer(2));
      CHECK_EQ(cache("INVALIDATE DEPS user"), integer(1));
      CHECK_EQ(cache("EXISTS user page"), integer(1));
    }
  });
}

TEST_CASE("what was killed and not yet buried comes back with other bytes: its dependents die") {
  on_all_caches([&](Cache& cache) {
    cache("DEPSET user u TAGS 1 people");
    cache("DEPSET page p DEPS 1 user");
    cache("DEPSET site s DEPS 1 page");
    cache("INVALIDATE TAG people");
    cache("SET user other");
    CHECK_EQ(cache("EXISTS user page site"), integer(1));
    cache.background();
    CHECK(held(cache).none());
  });
}

// --- Arguments -----------------------------------------------------------------------------------

TEST_CASE("DRYRUN changes nothing") {
  on_all_caches([&](Cache& cache) {
    fill(cache, 40);
    const Held before = held(cache);
    const std::string token = fetched(cache("FETCH fresh")).token.value_or("");
    for (const char* what : {"TAG t", "TAG t odd ALL", "PATTERN *", "DEPS d", "KEY d CASCADE",
                             "PATTERN * CASCADE", "TAG t SOFT 10", "KEY fresh k:1"}) {
      INFO(std::string(what));
      CHECK_NE(cache("INVALIDATE " + std::string(what) + " DRYRUN"), integer(0));
    }
    CHECK_EQ(cache("INVALIDATE TAG t odd ALL DRYRUN"), integer(20));
    CHECK_EQ(cache("INVALIDATE DEPS d d DRYRUN"), integer(40));
    CHECK_EQ(cache("INVALIDATE PATTERN * CASCADE DRYRUN"), integer(40 + kOthers));
    CHECK_EQ(cache("DBSIZE"), integer(40 + kOthers));
    CHECK_EQ(held(cache).edges, before.edges);
    CHECK_EQ(held(cache).kills, 0);
    CHECK_EQ(figure(cache, "CACHESTATS SUMMARY", "invalidations"), 0);
    CHECK_EQ(cache("DEPSET fresh v DEPS 1 d TAGS 1 t FENCE " + token), kOk);
  });
}

TEST_CASE("ALL kills who carries every one of the tags") {
  on_all_caches([&](Cache& cache) {
    cache("DEPSET a v TAGS 2 x y");
    cache("DEPSET b v TAGS 3 x y z");
    cache("DEPSET c v TAGS 2 y z");
    CHECK_EQ(cache("INVALIDATE TAG x nosuch ALL"), integer(0));
    CHECK_EQ(cache("INVALIDATE TAG y z x y ALL"), integer(1));
    CHECK_EQ(cache("EXISTS a b c"), integer(2));
    CHECK_EQ(cache("INVALIDATE TAG y ALL SOFT 10"), integer(2));
    cache.background();
    CHECK(held(cache).none());
  });
}

TEST_CASE("options are read from the end, in any order and case, and a -- ends the names") {
  on_all_caches([&](Cache& cache) {
    const std::string odd("ALL\0\r\n", 6);
    cache("SET d 1");
    cache.run(
        {"DEPSET", "a", "v", "DEPS", "1", "d", "TAGS", "5", "--", "SOFT", "DRYRUN", "7", odd});
    cache("DEPSET above v DEPS 1 a");
    CHECK_EQ(cache("invalidate tag 7 dryrun cascade soft 5 all"), integer(2));
    CHECK_EQ(cache("INVALIDATE TAG DRYRUN -- DRYRUN"), integer(1));
    CHECK_EQ(cache("INVALIDATE TAG SOFT 7 -- DRYRUN"), integer(1));
    CHECK_EQ(cache("INVALIDATE TAG -- -- DRYRUN"), integer(1));
    CHECK_EQ(cache("INVALIDATE TAG -- SOFT 7 -- ALL DRYRUN"), integer(1));
    CHECK_EQ(cache("INVALIDATE TAG -- nosuch DRYRUN"), integer(1));  // a -- amid names is a name
    CHECK_EQ(cache("EXISTS a above d"), integer(3));
    CHECK_EQ(cache("INVALIDATE TAG DRYRUN --"), integer(1));
    CHECK_EQ(cache("EXISTS a above d"), integer(2));
    cache.run({"DEPSET", "a", "v", "TAGS", "1", odd});
    CHECK_EQ(cache.run({"INVALIDATE", "TAG", odd, "--", "CASCADE"}), integer(2));
    cache.run({"DEPSET", "", "v", "TAGS", "1", ""});
    CHECK_EQ(cache.run({"INVALIDATE", "TAG", ""}), integer(1));
  });
}

TEST_CASE("INVALIDATE says what is wrong with its arguments, and kills nothing") {
  Cache cache;
  cache("DEPSET k v TAGS 1 t");
  const auto wants_name =
      "-ERR INVALIDATE wants a name; a name that is an option's word needs a -- behind it\r\n";
  const auto soft = "-ERR SOFT wants milliseconds, 1 to 31536000000: SOFT ms\r\n";
  const std::pair<const char*, const char*> cases[] = {
      {"INVALIDATE", "-ERR wrong number of arguments for 'invalidate' command\r\n"},
      {"INVALIDATE KEY", "-ERR wrong number of arguments for 'invalidate' command\r\n"},
      {"INVALIDATE KEYS k",
       "-ERR INVALIDATE wants one of KEY, PATTERN, TAG, DEPS before the names\r\n"},
      {"INVALIDATE KEY CASCADE", wants_name},
      {"INVALIDATE KEY -- CASCADE", wants_name},
      {"INVALIDATE TAG --", wants_name},
      {"INVALIDATE TAG ALL ASYNC", wants_name},
      {"INVALIDATE KEY k ALL", "-ERR ALL goes with TAG only\r\n"},
      {"INVALIDATE PATTERN k ALL", "-ERR ALL goes with TAG only\r\n"},
      {"INVALIDATE DEPS k ALL", "-ERR ALL goes with TAG only\r\n"},
      {"INVALIDATE KEY k DRYRUN ASYNC", "-ERR DRYRUN and ASYNC exclude each other\r\n"},
      {"INVALIDATE KEY k SOFT 0", soft},
      {"INVALIDATE KEY k SOFT -1", soft},
      {"INVALIDATE KEY k SOFT soon", soft},
      {"INVALIDATE KEY k SOFT 31536000001", soft},
      {"INVALIDATE KEY k SOFT x CASCADE", soft},
  };
  for (const auto& [line, error] : cases) {
    INFO(std::string(line));
    CHECK_EQ(cache(line), error);
  }
  CHECK_EQ(cache("EXISTS k"), integer(1));
  CHECK_EQ(cache("INVALIDATE KEY k SOFT 31536000000"), integer(1));
}

TEST_CASE("an invalidation is not refused when memory is short") {
  Cache cache(2);
  fill(cache, 100);
  cache.options.settings.maxmemory = 1;
  CHECK_EQ(cache("SET x 1").substr(0, 4), "-OOM");
  CHECK_EQ(cache("INVALIDATE TAG t CASCADE"), integer(100));
  CHECK_EQ(cache("INVALIDATE PATTERN *"), integer(kOthers));
}

TEST_CASE("tags and patterns are those of the selected database") {
  on_all_caches([&](Cache& cache) {
    fill(cache, 10);
    cache("SELECT 1");
    fill(cache, 10);
    CHECK_EQ(cache("INVALIDATE TAG t"), integer(10));
    CHECK_EQ(cache("INVALIDATE PATTERN *"), integer(kOthers));
    CHECK_EQ(cache("DBSIZE"), integer(0));
    cache("SELECT 0");
    CHECK_EQ(cache("DBSIZE"), integer(10 + kOthers));
    cache.background();
    CHECK_EQ(cache("INVALIDATE DEPS d CASCADE"), integer(10));
  });
}

}  // namespace freshet
