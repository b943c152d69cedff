// CACHESTATS TOP, PREFIX and TAG: what is counted of whom.
#include "harness.h"
#include "probe.h"

namespace freshet {
namespace {

std::string row(const std::string& name, int hits, int misses, int evictions, int error) {
  std::string text = "*5\r\n" + bulk(name);
  for (const int count : {hits, misses, evictions, error}) {
    text += integer(static_cast<uint64_t>(count));
  }
  return text;
}

}  // namespace

TEST_CASE("CACHESTATS TOP ranks prefixes and tags by what happened to their keys") {
  Cache cache;
  CHECK_EQ(cache("CACHESTATS TOP"), "*4\r\n$8\r\nprefixes\r\n*0\r\n$4\r\ntags\r\n*0\r\n");
  cache("DEPSET user:1 v TAGS 2 hot all");
  cache("DEPSET page:1:x v TAGS 1 all");
  cache("SET plain v");
  for (int i = 0; i < 3; ++i) cache("GET user:1");
  cache("GET page:1:x");
  cache("GET user:2");
  cache("GET plain");
  CHECK_EQ(cache("CACHESTATS TOP"), "*4\r\n$8\r\nprefixes\r\n*2\r\n" + row("user:", 3, 1, 0, 0) +
                                        row("page:", 1, 0, 0, 0) + "$4\r\ntags\r\n*2\r\n" +
                                        row("all", 4, 0, 0, 0) + row("hot", 3, 0, 0, 0));
  CHECK_EQ(cache("CACHESTATS TAG hot"), "*12\r\n" + bulk("tag") + bulk("hot") + bulk("keys") +
                                            integer(1) + bulk("hits") + integer(3) +
                                            bulk("misses") + integer(0) + bulk("evictions") +
                                            integer(0) + bulk("error") + integer(0));
  cache.session.resp = 3;
  CHECK(cache("CACHESTATS TOP").starts_with("%2\r\n"));
  cache("CACHESTATS RESET");
  CHECK_EQ(cache("CACHESTATS TOP"), "%2\r\n$8\r\nprefixes\r\n*0\r\n$4\r\ntags\r\n*0\r\n");
}

TEST_CASE("evictions are counted one by one, for prefix and tags") {
  Cache cache;
  cache("CONFIG SET maxmemory-policy allkeys-lru");
  for (int i = 0; i < 300; ++i) {
    cache.run({"DEPSET", "a:" + std::to_string(i), "v", "TAGS", "1", "t"});
  }
  cache("CONFIG SET maxmemory 1");
  for (int i = 0; i < 60; ++i) cache("DEPSET a:last v TAGS 1 t");
  const uint64_t evicted = counted(cache).evicted;
  REQUIRE(evicted > 100);
  CHECK_EQ(figure(cache, "CACHESTATS PREFIX a:", "evictions"), evicted);
  CHECK_EQ(figure(cache, "CACHESTATS TAG t", "evictions"), evicted);
}

TEST_CASE("a look-up of a key that is gone is a miss of the tags that it had") {
  for (const char* way : {"DEL k", "INVALIDATE KEY k", "INVALIDATE TAG b", "INVALIDATE PATTERN k*",
                          "SET source 2", "PEXPIRE k 5"}) {
    on_all_caches([&](Cache& cache) {
      INFO(std::string(way));
      cache("SET source 1");
      cache("DEPSET k v DEPS 1 source TAGS 2 a b");
      cache("GET k");
      cache(way);
      cache.pass(10);
      CHECK_EQ(cache("GET k"), kNil);
      CHECK_EQ(cache("GET k"), kNil);
      CHECK_EQ(cache("GET another"), kNil);
      for (const char* tag : {"a", "b"}) {
        const std::string ask = std::string("CACHESTATS TAG ") + tag;
        CHECK_EQ(figure(cache, ask, "hits"), 1);
        CHECK_EQ(figure(cache, ask, "misses"), 2);
      }
      cache("SET k v");  // it has no tags any more
      cache("DEL k");
      cache("GET k");
      CHECK_EQ(figure(cache, "CACHESTATS TAG a", "misses"), 2);
    });
  }
}

TEST_CASE("the tags of so many keys that are gone are remembered, and FLUSHALL forgets them") {
  Cache cache(1);
  const int64_t before = cache.keyspace.shard(0).meter.bytes();
  for (int i = 0; i < 5'000; ++i) {
    const std::string key = "k:" + std::to_string(i);
    cache.run({"DEPSET", key, "v", "TAGS", "6", "1", "2", "3", "4", "5", "6"});
    if (i == 0) cache("GET k:0");
  }
  cache("INVALIDATE TAG 1");
  cache.background();
  for (int i = 0; i < 5'000; ++i) cache("GET k:" + std::to_string(i));
  int tags = 0;
  for (const char* tag : {"1", "2", "3", "4", "5", "6"}) {
    const int64_t misses = figure(cache, std::string("CACHESTATS TAG ") + tag, "misses");
    tags += misses > 100;
    CHECK_LT(misses, 1'200);  // 256 places, and what each stands for
  }
  CHECK_EQ(tags, 4);
  cache("FLUSHALL");
  cache("CACHESTATS RESET");
  cache.background();
  CHECK_LT(cache.keyspace.shard(0).meter.bytes() - before, 10'000);
  cache("DEPSET k:1 v TAGS 1 1");
  cache("GET k:1");
  cache("GET k:4999");
  CHECK_EQ(figure(cache, "CACHESTATS TAG 1", "misses"), 0);
}

TEST_CASE("CACHESTATS PREFIX adds up all prefixes that begin so") {
  Cache cache;
  for (const char* key : {"ab:1", "ac:1", "b:1", "none"}) cache("GET " + std::string(key));
  CHECK_EQ(cache("CACHESTATS PREFIX a"), "*12\r\n" + bulk("prefix") + bulk("a") + bulk("prefixes") +
                                             integer(2) + bulk("hits") + integer(0) +
                                             bulk("misses") + integer(2) + bulk("evictions") +
                                             integer(0) + bulk("error") + integer(0));
  CHECK_EQ(figure(cache, "CACHESTATS PREFIX z", "prefixes"), 0);
  CHECK_EQ(cache("CACHESTATS PREFIX"), "-ERR syntax error\r\n");
}

TEST_CASE("only so many names are kept, and what is missing is told as error") {
  Cache cache(1);
  cache("CONFIG SET stats-top-names 4");
  for (int i = 0; i < 1'000; ++i) {
    cache("GET often:" + std::to_string(i));
    cache("GET p" + std::to_string(i) + ":x");
  }
  CHECK_EQ(cache.keyspace.shard(0).prefixes.tallies().size(), 4);
  CHECK_EQ(figure(cache, "CACHESTATS PREFIX often:", "misses"), 1'000);
  CHECK_EQ(figure(cache, "CACHESTATS PREFIX often:", "error"), 0);
  CHECK_GT(figure(cache, "CACHESTATS PREFIX p", "error"), 500);
  cache("CONFIG SET stats-top-names 2");
  cache("GET often:1");
  CHECK_EQ(cache.keyspace.shard(0).prefixes.tallies().size(), 2);
  CHECK_EQ(figure(cache, "CACHESTATS PREFIX often:", "misses"), 1'001);
  cache("CONFIG SET stats-top-names 0");
  cache("GET often:1");
  CHECK(cache.keyspace.shard(0).prefixes.tallies().empty());
}

}  // namespace freshet
