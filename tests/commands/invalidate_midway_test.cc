// INVALIDATE while others are at work: it takes many turns, and what happens between two of them is
// neither lost nor killed by mistake.
#include "victims.h"

namespace freshet {

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

TEST_CASE("members are counted in slices while many of them are dead") {
  for (const uint32_t shards : {1u, 3u}) {
    Cache cache(shards);
    cache.options.settings.invalidate_at_once = 0;
    fill(cache, 2000);
    cache.run({"DEPSET", "left", "v", "DEPS", "1", "d", "TAGS", "1", "t"});
    Slow kill(cache, "INVALIDATE TAG odd");
    kill.step();
    CHECK_EQ(kill.reply(), integer(1000));
    CHECK_EQ(figure(cache, "DEPINFO left", "dependents"), 0);  // of few members all are looked at
    CHECK_FALSE(cache.dispatcher.has_tasks());
    Slow members(cache, "CACHESTATS TAG t"), dependents(cache, "DEPINFO d");
    CHECK(members.waits());
    CHECK(dependents.waits());
    cache("DEPSET late v TAGS 1 t DEPS 1 d");
    cache.background();
    CHECK_EQ(figure(cache, "CACHESTATS TAG t", "keys"), 1002);
    CHECK_EQ(figure(cache, "DEPINFO d", "dependents"), 1002);
  }
  for (const char* way : {"CACHESTATS TAG t", "DEPINFO d"}) {
    Cache cache(3);
    cache.options.settings.invalidate_at_once = 0;
    fill(cache, 2000);
    CHECK_EQ(cache("INVALIDATE TAG odd ASYNC"), kOk);
    Slow slow(cache, way);
    CHECK(slow.waits());
    const std::string reply = slow.reply();
    CHECK(reply.find(":1000\r\n") != std::string::npos);
    CHECK_EQ(reply[0], '*');
  }
}

}  // namespace freshet
