// INVALIDATE's options and other words: SOFT, CASCADE, DRYRUN, ALL, and what it refuses.
#include "victims.h"

namespace freshet {

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

// Declares `dep` for a key without asking whether that closes a loop.
void draw(Cache& cache, std::string_view key, std::string_view dep) {
  const Key from = cache.keyspace.hasher.key(key), to = cache.keyspace.hasher.key(dep);
  Shard& shard = cache.keyspace.home(from);
  Space(cache.keyspace.home(to), 0, cache.session.now).attach(to, shard);
  Space space(shard, 0, cache.session.now);
  Entry* entry = space.peek(from);
  const auto changed = space.db().graph.add(entry->declarations(), std::span(&to, 1), {});
  space.set_declarations(from, entry, changed.declarations);
}

TEST_CASE("a loop in the graph, which no command can close, would be visited once") {
  on_all_caches([&](Cache& cache) {
    for (const char* way : {"KEY a", "DEPS a", "TAG t", "PATTERN ?"}) {
      INFO(std::string(way));
      cache("DEPSET a 1 DEPS 1 b");
      cache("DEPSET b 1 TAGS 1 t");
      draw(cache, "b", "a");  // b is made from a, and a from b
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
