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
  CHECK_EQ(cache("CACHESTATS TAG hot"),
           "*10\r\n" + bulk("tag") + bulk("hot") + bulk("keys") + integer(1) + bulk("hits") +
               integer(3) + bulk("evictions") + integer(0) + bulk("error") + integer(0));
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
  cache("SET a:last v");
  const uint64_t evicted = counted(cache).evicted;
  REQUIRE(evicted > 100);
  CHECK_EQ(figure(cache, "CACHESTATS PREFIX a:", "evictions"), evicted);
  CHECK_EQ(figure(cache, "CACHESTATS TAG t", "evictions"), evicted);
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
