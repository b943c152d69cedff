// FETCH and FENCE: who gets a lease, who waits, and which late fill is refused.
#include "probe.h"

namespace freshet {
namespace {

std::string lease(Cache& cache, const std::string& key) {
  const Fetched said = fetched(cache("FETCH " + key));
  REQUIRE_EQ(said.state, "LEASE");
  return said.token.value_or("");
}

// What becomes of a fill of `key` with these clauses if `meanwhile` happens before it.
std::string fill_after(Cache& cache, const std::string& key, const std::string& clauses,
                       const std::string& meanwhile) {
  const std::string token = lease(cache, key);
  CHECK_NE(cache(meanwhile)[0], '-');
  return cache("DEPSET " + key + " filled " + clauses + "FENCE " + token);
}

int64_t fenced_by(Cache& cache, const std::string& cause) {
  return figure(cache, "CACHESTATS FENCES", "fenced_by_" + cause);
}

}  // namespace

TEST_CASE("the first who misses gets the lease, others wait, and after the fill all hit") {
  on_all_caches([](Cache& cache) {
    const Fetched first = fetched(cache("FETCH k"));
    CHECK_EQ(first.state, "LEASE");
    CHECK_FALSE(first.value);
    CHECK_FALSE(first.wait);
    REQUIRE(first.token);
    CHECK_EQ(first.token->size(), 32);
    for (int i = 0; i < 3; ++i) {
      const Fetched next = fetched(cache("FETCH k"));
      CHECK_EQ(next.state, "WAIT");
      CHECK_FALSE(next.value);
      CHECK_FALSE(next.token);
      CHECK(next.wait);
    }
    CHECK_EQ(cache("DEPSET k v TAGS 1 t FENCE " + *first.token), kOk);
    CHECK_EQ(cache("FETCH k"), "*4\r\n$3\r\nHIT\r\n$1\r\nv\r\n$-1\r\n$-1\r\n");
    CHECK_EQ(figure(cache, "CACHESTATS FENCES", "leases_given"), 1);
    CHECK_EQ(figure(cache, "CACHESTATS FENCES", "leases_out"), 0);
    CHECK_EQ(figure(cache, "CACHESTATS SUMMARY", "hits"), 1);
    CHECK_EQ(figure(cache, "CACHESTATS SUMMARY", "misses"), 4);
    // The next lease is another one.
    cache("DEL k");
    CHECK_NE(lease(cache, "k"), *first.token);
  });
}

TEST_CASE("FETCH returns any value whole, in both protocols") {
  Cache cache;
  cache("SET number 42");
  const std::string large(20'000, 'x');
  cache.run({"SET", "large", large});
  CHECK_EQ(cache("FETCH number"), "*4\r\n$3\r\nHIT\r\n$2\r\n42\r\n$-1\r\n$-1\r\n");
  CHECK_EQ(fetched(cache("FETCH large")).value.value_or(""), large);
  cache.session.resp = 3;
  CHECK_EQ(cache("FETCH number"), "*4\r\n$3\r\nHIT\r\n$2\r\n42\r\n_\r\n_\r\n");
}

TEST_CASE("WAIT says when to ask again: soon, and not after the lease has run out") {
  Cache cache;
  cache.options.settings.fetch_wait_millis = 50;
  CHECK_EQ(fetched(cache("FETCH k LEASE 70")).state, "LEASE");
  CHECK_EQ(fetched(cache("FETCH k")).wait.value_or(0), 50);
  cache.pass(60);
  CHECK_EQ(fetched(cache("FETCH k")).wait.value_or(0), 10);
  cache.pass(9);
  CHECK_EQ(fetched(cache("FETCH k")).wait.value_or(0), 1);
  cache.pass(1);
  CHECK_EQ(fetched(cache("FETCH k")).state, "LEASE");
}

TEST_CASE("a lease ends at its deadline, and its late fill is refused") {
  on_all_caches([](Cache& cache) {
    cache.options.settings.lease_millis = 200;
    const std::string late = lease(cache, "k");
    const std::string timely = fetched(cache("FETCH other LEASE 60000")).token.value_or("");
    cache.pass(199);
    CHECK_EQ(fetched(cache("FETCH k")).state, "WAIT");
    cache.pass(1);
    CHECK_EQ(cache("DEPSET k late FENCE " + late), kNil);
    const std::string next = lease(cache, "k");
    CHECK_EQ(cache("DEPSET k late FENCE " + late), kNil);
    CHECK_EQ(fenced_by(cache, "lease"), 2);
    CHECK_EQ(cache("DEPSET k new FENCE " + next), kOk);
    CHECK_EQ(cache("DEPSET k newer FENCE " + next), kNil);  // it was for one fill
    CHECK_EQ(cache("GET k"), bulk("new"));
    cache.pass(59'799);
    CHECK_EQ(cache("DEPSET other v FENCE " + timely), kOk);
  });
}

TEST_CASE("leases that nobody comes back for are swept, and fences close with them") {
  Cache cache(4);
  for (int i = 0; i < 300; ++i) cache.run({"FETCH", "k:" + std::to_string(i), "LEASE", "100"});
  CHECK_EQ(figure(cache, "CACHESTATS FENCES", "leases_out"), 300);
  CHECK(cache.keyspace.fences.any());
  cache.pass(100);
  cache.background();
  CHECK_EQ(figure(cache, "CACHESTATS FENCES", "leases_out"), 0);
  CHECK_FALSE(cache.keyspace.fences.any());
}

TEST_CASE("a late fill is refused if what it names has changed since, and leaves nothing behind") {
  struct Case {
    const char *clauses, *meanwhile, *cause;
  };
  constexpr Case cases[] = {
      {"", "SET k new", "lease"},  // it is checked by who fills again: the key has a value
      {"", "INVALIDATE KEY k", "key"},
      {"", "INVALIDATE KEY k SOFT 100", "key"},
      {"", "INVALIDATE KEY other k CASCADE", "key"},
      {"", "INVALIDATE PATTERN k*", "key"},
      {"", "INVALIDATE PATTERN nosuch [j-l] ASYNC", "key"},
      {"", "INVALIDATE PATTERN * CASCADE", "key"},
      {"", "DEL k", "key"},
      {"", "UNLINK other k", "key"},
      {"", "EXPIRE k 10", "key"},
      {"", "FLUSHDB", "key"},
      {"", "FLUSHALL", "key"},
      {"DEPS 2 signal row ", "SET row other", "dependency"},
      {"DEPS 2 signal row ", "APPEND row x", "dependency"},
      {"DEPS 2 signal row ", "INCRBY number 2", ""},
      {"DEPS 2 signal number ", "INCRBY number 2", "dependency"},
      {"DEPS 2 signal row ", "DEL row", "dependency"},
      {"DEPS 2 signal row ", "DEL signal", "dependency"},
      {"DEPS 2 signal row ", "SET signal 1", "dependency"},
      {"DEPS 2 signal row ", "RENAME row moved", "dependency"},
      {"DEPS 2 signal row ", "COPY number row REPLACE", "dependency"},
      {"DEPS 2 signal row ", "INVALIDATE KEY signal", "dependency"},
      {"DEPS 2 signal row ", "INVALIDATE DEPS signal", "dependency"},
      {"DEPS 2 signal row ", "INVALIDATE DEPS x row SOFT 5", "dependency"},
      {"DEPS 2 signal row ", "INVALIDATE PATTERN sig*", "dependency"},
      {"DEPS 2 signal made ", "INVALIDATE TAG rows", "dependency"},
      {"DEPS 2 signal made ", "INVALIDATE TAG rows SOFT 100", "dependency"},
      {"DEPS 2 signal made ", "INVALIDATE TAG rows CASCADE ASYNC", "dependency"},
      {"DEPS 2 signal made ", "INVALIDATE DEPS row", "dependency"},
      {"DEPS 2 signal made ", "SET row other", "dependency"},
      {"DEPS 2 signal made ", "INVALIDATE KEY row CASCADE", "dependency"},
      {"DEPS 2 signal made ", "INVALIDATE KEY row", ""},
      {"TAGS 2 home rows ", "INVALIDATE TAG home", "tag"},
      {"TAGS 2 home rows ", "INVALIDATE TAG nobody home ASYNC", "tag"},
      {"TAGS 2 home rows ", "INVALIDATE TAG home SOFT 5", "tag"},
      {"TAGS 2 home rows ", "INVALIDATE TAG home CASCADE", "tag"},
      {"TAGS 2 home rows ", "INVALIDATE TAG rows home ALL", "tag"},
      {"TAGS 1 home ", "INVALIDATE KEY home", ""},
      {"DEPS 1 home ", "INVALIDATE TAG home", ""},
      {"DEPS 1 signal ", "SET other v", ""},
      {"DEPS 1 signal ", "INVALIDATE PATTERN other*", ""},
      {"DEPS 1 signal TAGS 1 home ", "INVALIDATE TAG home away DRYRUN", ""},
      {"DEPS 1 signal TAGS 1 home ", "INVALIDATE KEY k signal DRYRUN", ""},
      {"DEPS 1 row ", "GET row", ""},
      {"DEPS 1 row ", "DEPSET above v DEPS 1 row", ""},
  };
  for (const Case& one : cases) {
    on_all_caches([&](Cache& cache) {
      INFO(std::string(one.clauses));
      INFO(std::string(one.meanwhile));
      cache("MSET row v number 1 other v");
      cache("DEPSET made v DEPS 1 row TAGS 1 rows");
      const std::string meanwhile = one.meanwhile, cause = one.cause;
      if (meanwhile == "SET k new") {
        CHECK_EQ(fill_after(cache, "k", one.clauses, meanwhile), kNil);
        CHECK_EQ(cache("GET k"), bulk("new"));
        return;
      }
      CHECK_EQ(fill_after(cache, "k", one.clauses, meanwhile), cause.empty() ? kOk : kNil);
      CHECK_EQ(cache("GET k"), cause.empty() ? bulk("filled") : kNil);
      for (const char* each : {"lease", "key", "dependency", "tag"}) {
        CHECK_EQ(fenced_by(cache, each), each == cause);
      }
      CHECK_EQ(figure(cache, "CACHESTATS SUMMARY", "fenced_fills"), cause.empty() ? 0 : 1);
      cache("INVALIDATE KEY k made above");
      cache.background();
      CHECK(held(cache).none());
      // Its lease is over either way.
      CHECK_NE(fetched(cache("FETCH k")).state, "WAIT");
    });
  }
}

TEST_CASE("a fill is refused when its database has been given another number meanwhile") {
  on_all_caches([](Cache& cache) {
    CHECK_EQ(fill_after(cache, "k", "DEPS 1 d ", "SWAPDB 0 1"), kNil);
    const std::string token = lease(cache, "k");
    cache("SWAPDB 0 1");
    cache("SELECT 1");
    CHECK_EQ(cache("DEPSET k v FENCE " + token), kNil);
    CHECK(held(cache).none());
  });
}

TEST_CASE("a kill bars the fills of its victims, also those that are buried later") {
  for (const char* kill : {"INVALIDATE TAG t", "INVALIDATE DEPS d", "INVALIDATE PATTERN v:*"}) {
    on_all_caches([&](Cache& cache) {
      INFO(std::string(kill));
      for (int i = 0; i < 30; ++i) {
        const std::string key = "v:" + std::to_string(i);
        cache.run({"DEPSET", key, "v", "DEPS", "1", "d", "TAGS", "1", "t"});
      }
      const std::string before = lease(cache, "before");
      cache(kill);
      const std::string after = lease(cache, "after");
      if (cache.options.settings.invalidate_at_once == 0) CHECK_EQ(entries(cache), 30);
      CHECK_EQ(cache("DEPSET before v DEPS 1 v:7 FENCE " + before), kNil);
      CHECK_EQ(cache("DEPSET after v DEPS 1 v:8 FENCE " + after), kOk);
      cache.background();
      CHECK_EQ(cache("EXISTS after"), integer(1));
    });
  }
}

TEST_CASE(
    "what a fence names and expires while it is open refuses the fill, though nobody looked") {
  on_all_caches([](Cache& cache) {
    cache("SET row v PX 50");
    const std::string before = lease(cache, "k");
    cache.pass(50);
    const std::string after = lease(cache, "l");
    CHECK_EQ(cache("DEPSET k v DEPS 1 row FENCE " + before), kNil);
    CHECK_EQ(fenced_by(cache, "dependency"), 1);
    CHECK_EQ(cache("DEPSET l v DEPS 1 row FENCE " + after), kOk);  // it was gone before
  });
}

TEST_CASE("an eviction is no change, neither of the key nor of a dependency") {
  Cache cache(1);
  cache("SET row v");
  const std::string token = lease(cache, "k");
  cache.chore(0, [&](Shard& shard) {
    Space space(shard, 0, cache.session.now);
    const Key key = cache.keyspace.hasher.key("row");
    space.remove(key, space.peek(key), Cause::kEvicted);
  });
  CHECK_EQ(cache("DEPSET k v DEPS 1 row FENCE " + token), kOk);
}

TEST_CASE("a fence stands through any number of other changes, and never lets a stale fill in") {
  for (const uint32_t slots : {8u, 64u, 16384u}) {
    CAPTURE(slots);
    Cache cache(2);
    cache.options.settings.fence_slots = slots;
    const std::string stale = lease(cache, "stale");
    const std::string tagged = lease(cache, "tagged");
    const std::string matched = lease(cache, "match:1");
    const std::string fresh = lease(cache, "fresh");
    cache("DEL signal");
    cache("INVALIDATE TAG home");
    cache("INVALIDATE PATTERN match:*");
    for (int i = 0; i < 5000; ++i) cache.run({"DEL", "noise:" + std::to_string(i)});
    for (int i = 0; i < 5000; ++i)
      cache.run({"INVALIDATE", "PATTERN", "noise:" + std::to_string(i) + "*"});
    CHECK_EQ(cache("DEPSET stale v DEPS 1 signal FENCE " + stale), kNil);
    CHECK_EQ(cache("DEPSET tagged v TAGS 1 home FENCE " + tagged), kNil);
    CHECK_EQ(cache("DEPSET match:1 v FENCE " + matched), kNil);
    cache("DEPSET fresh v FENCE " + fresh);  // may be refused: too much was forgotten
    const std::string later = lease(cache, "later");
    CHECK_EQ(cache("DEPSET later v DEPS 1 signal TAGS 1 home FENCE " + later), kOk);
  }
}

TEST_CASE("a fence of many changes elsewhere accepts as long as they are remembered") {
  Cache cache(1);
  int refused = 0;
  for (int round = 0; round < 1000; ++round) {
    const std::string key = "k:" + std::to_string(round);
    const std::string token = lease(cache, key);
    for (int i = 0; i < 4; ++i) cache.run({"INVALIDATE", "KEY", "n:" + std::to_string(round + i)});
    refused += cache("DEPSET " + key + " v DEPS 1 d TAGS 1 t FENCE " + token) != kOk;
  }
  CHECK(refused <= 1);
}

TEST_CASE("the table of leases is bounded: who is pushed out is refused, nobody is let in") {
  Cache cache(1);
  cache.options.settings.lease_slots = 16;
  std::vector<std::string> tokens;
  for (int i = 0; i < 400; ++i) tokens.push_back(lease(cache, "k:" + std::to_string(i)));
  CHECK_LE(cache.keyspace.shard(0).leases.size(), 16u);
  int filled = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string key = "k:" + std::to_string(i);
    filled += cache("DEPSET " + key + " v FENCE " + tokens[static_cast<size_t>(i)]) == kOk;
  }
  CHECK_GE(filled, 8);
  CHECK_LE(filled, 16);
  CHECK_EQ(fenced_by(cache, "lease"), 400 - filled);
  CHECK_EQ(cache("DBSIZE"), integer(static_cast<uint64_t>(filled)));
  CHECK_FALSE(cache.keyspace.fences.any());
}

TEST_CASE("a token that this process never gave stores nothing") {
  Cache cache(4, false, 1), other(4, false, 2);
  const std::string real = lease(cache, "k");
  std::string altered = real, upper = real;
  altered.back() = altered.back() == '0' ? '1' : '0';
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  const std::string zero = real.substr(0, 16) + std::string(16, '0');
  for (const std::string& token :
       {std::string("0"), std::string("garbage"), std::string(), std::string("\0\xff", 2),
        std::string(5000, '9'), std::string("-1"), std::string(32, 'f'), std::string(32, '0'),
        altered, zero, real + "0", real.substr(1), " " + real.substr(1), lease(other, "k")}) {
    CAPTURE(token);
    CHECK_EQ(cache.run({"DEPSET", "k", "v", "TAGS", "1", "t", "FENCE", token}), kNil);
    CHECK_EQ(cache("EXISTS k"), integer(0));
  }
  CHECK(held(cache).none());
  CHECK_EQ(cache("DEPSET other v FENCE " + real), kNil);  // a token is for its key
  CHECK_EQ(cache("DEPSET k v FENCE " + real), kOk);
}

TEST_CASE("a cold nested fill works, and is refused as a whole when its inner row changes") {
  on_all_caches([](Cache& cache) {
    std::string page = lease(cache, "page"), user = lease(cache, "user");
    CHECK_EQ(cache("DEPSET user u FENCE " + user), kOk);
    CHECK_EQ(cache("DEPSET page p DEPS 1 user FENCE " + page), kOk);
    CHECK_EQ(cache("EXISTS user page"), integer(2));
    cache("INVALIDATE KEY user CASCADE");
    page = lease(cache, "page");
    user = lease(cache, "user");
    cache("INVALIDATE KEY user CASCADE");
    CHECK_EQ(cache("DEPSET user u FENCE " + user), kNil);
    CHECK_EQ(cache("DEPSET page p DEPS 1 user FENCE " + page), kNil);
    CHECK_EQ(cache("EXISTS user page"), integer(0));
  });
}

TEST_CASE("a fenced fill takes SET's options, and one that they refuse keeps its lease") {
  Cache cache;
  const std::string token = lease(cache, "k");
  CHECK_EQ(cache("DEPSET k v XX FENCE " + token), kNil);
  CHECK_EQ(fetched(cache("FETCH k")).state, "WAIT");
  CHECK_EQ(cache("DEPSET k v FENCE " + token + " NX PX 100 DEPS 1 d"), kOk);
  CHECK_EQ(cache("PTTL k"), integer(100));
  CHECK_EQ(cache("DEPSET k w GET FENCE " + token), bulk("v"));  // refused, and says what is there
  CHECK_EQ(cache("GET k"), bulk("v"));
  CHECK_EQ(cache("DEPSET a v DEPS 1 b FENCE " + lease(cache, "a")), kOk);
  CHECK_EQ(cache("DEPSET b v DEPS 1 a FENCE " + lease(cache, "b")), "-CYCLE b <- a <- b\r\n");
}

TEST_CASE("leases belong to a key of a database") {
  Cache cache;
  const std::string zero = lease(cache, "k");
  CHECK_EQ(fetched(cache("FETCH l")).state, "LEASE");
  cache("SELECT 1");
  const std::string one = lease(cache, "k");
  cache("INVALIDATE KEY k");
  CHECK_EQ(cache("DEPSET k v FENCE " + zero), kNil);
  CHECK_EQ(cache("DEPSET k v FENCE " + one), kNil);
  cache("SELECT 0");
  CHECK_EQ(cache("DEPSET k v FENCE " + zero), kOk);
}

TEST_CASE("FETCH … STALE gives the stale value to all, and a token to one") {
  on_all_caches([](Cache& cache) {
    cache("DEPSET k old TAGS 1 t");
    CHECK_EQ(cache("INVALIDATE TAG t SOFT 10000"), integer(1));
    const Fetched first = fetched(cache("FETCH k STALE"));
    CHECK_EQ(first.state, "STALE");
    CHECK_EQ(first.value.value_or(""), "old");
    REQUIRE(first.token);
    CHECK_FALSE(first.wait);
    const Fetched second = fetched(cache("FETCH k LEASE 10 STALE"));
    CHECK_EQ(second.state, "STALE");
    CHECK_EQ(second.value.value_or(""), "old");
    CHECK_FALSE(second.token);
    CHECK(second.wait);
    CHECK_EQ(fetched(cache("FETCH k")).state, "WAIT");
    CHECK_EQ(fetched(cache("FETCH k")).value.value_or(""), "");
    cache.pass(3000);
    const Fetched third = fetched(cache("FETCH k STALE"));
    CHECK_EQ(third.state, "STALE");
    CHECK(third.token);
    CHECK_EQ(cache("DEPSET k late FENCE " + *first.token), kNil);
    CHECK_EQ(fetched(cache("FETCH k STALE")).value.value_or(""), "old");
    CHECK_EQ(cache("DEPSET k new TAGS 1 t FENCE " + *third.token), kOk);
    CHECK_EQ(fetched(cache("FETCH k STALE")).value.value_or(""), "new");
    CHECK_EQ(fetched(cache("FETCH k STALE")).state, "HIT");
    cache.background();
    CHECK_EQ(figure(cache, "CACHESTATS FENCES", "stale_values"), 0);
    CHECK_EQ(figure(cache, "CACHESTATS SUMMARY", "misses"), 6);
    CHECK_EQ(figure(cache, "CACHESTATS FENCES", "stale_reads"), 4);
  });
}

TEST_CASE("a key killed softly again while its refill is computed refuses that refill") {
  on_all_caches([](Cache& cache) {
    cache("DEPSET k old TAGS 1 t");
    cache("INVALIDATE TAG t SOFT 10000");
    const Fetched first = fetched(cache("FETCH k STALE"));
    REQUIRE(first.token);
    cache("INVALIDATE KEY k SOFT 10000");
    CHECK_EQ(cache("DEPSET k late TAGS 1 t FENCE " + *first.token), kNil);
    CHECK_EQ(fetched(cache("FETCH k STALE")).value.value_or(""), "old");
  });
}

TEST_CASE("FETCH says what is wrong with its arguments, and hands out no lease for it") {
  Cache cache;
  const auto wants = "-ERR LEASE wants milliseconds, 1 to 60000: LEASE ms\r\n";
  const std::pair<const char*, const char*> cases[] = {
      {"FETCH", "-ERR wrong number of arguments for 'fetch' command\r\n"},
      {"FETCH k LEASE", wants},
      {"FETCH k LEASE 0", wants},
      {"FETCH k LEASE -5", wants},
      {"FETCH k LEASE 60001", wants},
      {"FETCH k LEASE soon", wants},
      {"FETCH k STALE LEASE", wants},
      {"FETCH k FRESH", "-ERR syntax error\r\n"},
      {"FETCH k STALE l", "-ERR syntax error\r\n"},
      {"DEPSET k v FENCE", "-ERR FENCE wants the token of a FETCH, once: FENCE token\r\n"},
      {"DEPSET k v FENCE a FENCE b",
       "-ERR FENCE wants the token of a FETCH, once: FENCE token\r\n"},
      {"DEPADD k FENCE a", "-ERR syntax error\r\n"},
      {"DEPREM k FENCE a", "-ERR syntax error\r\n"},
      {"DEPSET k v DEPS 2 a",
       "-ERR DEPS wants a count and that many names: DEPS n dep [dep ...]\r\n"},
      {"DEPSET k v TAGS 0 a",
       "-ERR TAGS wants a count and that many names: TAGS n tag [tag ...]\r\n"},
      {"DEPSET k v DEPS 1 a DEPS 1 b", "-ERR DEPS may be given once: DEPS n dep [dep ...]\r\n"},
      {"DEPSET k v COST ms", "-ERR COST wants one number of milliseconds, 0 or more: COST ms\r\n"},
      {"DEPSET k v PRIORITY 8", "-ERR PRIORITY wants one number from 0 to 7: PRIORITY p\r\n"},
  };
  for (const auto& [line, error] : cases) {
    INFO(std::string(line));
    CHECK_EQ(cache(line), error);
  }
  CHECK_EQ(figure(cache, "CACHESTATS FENCES", "leases_given"), 0);
  CHECK_EQ(fetched(cache("fetch k stale lease 60000")).state, "LEASE");
}

}  // namespace freshet
