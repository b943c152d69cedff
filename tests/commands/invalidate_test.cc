// INVALIDATE as a user sees it: what it kills and counts, and that the dead are absent before their
// memory has come back.
#include "victims.h"

namespace freshet {
namespace {

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
      REQUIRE_GT(entries(cache), kOthers);  // else the test shows nothing
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
      REQUIRE_GT(entries(cache), kOthers);
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
  CHECK_GT(entries(cache), 0);  // how many are buried by now depends on the machine
  CHECK_EQ(cache("DBSIZE"), integer(0));
  cache.background();
  CHECK_EQ(entries(cache), 0);
  CHECK_EQ(figure(cache, "CACHESTATS SUMMARY", "invalidations"), 40 + kOthers);
  CHECK(held(cache).none());
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

}  // namespace freshet
