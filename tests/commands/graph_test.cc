// The dependency graph as a user sees it, on one shard and on several.
#include "harness.h"

namespace freshet {
namespace {

constexpr auto kNil = "$-1\r\n";
constexpr auto kOk = "+OK\r\n";

// Bytes, nodes and names that the graph holds.
struct Held {
  size_t nodes = 0, names = 0, edges = 0, bytes = 0;
  bool none() const { return nodes == 0 && names == 0 && edges == 0 && bytes == 0; }
};
Held held(Cache& cache) {
  Held held;
  for (uint32_t id = 0; id < cache.keyspace.size(); ++id) {
    Shard& shard = cache.keyspace.shard(id);
    for (int db = 0; db < shard.databases(); ++db) {
      const Graph& graph = shard.db(db).graph;
      held.nodes += graph.tags() + graph.dependencies();
      held.names += graph.names();
      held.edges += graph.edges();
      held.bytes += graph.memory();
    }
  }
  return held;
}

}  // namespace

TEST_CASE("a value dies when what it was made from is overwritten, whatever the shards") {
  for (const uint32_t shards : {1u, 2u, 8u, 100u}) {
    Cache cache(shards);
    cache("SET user:1 Ada");
    CHECK_EQ(cache("DEPSET page:1 html DEPS 1 user:1 TAGS 1 home"), kOk);
    CHECK_EQ(cache("GET page:1"), "$4\r\nhtml\r\n");
    cache("SET user:1 Grace");
    CHECK_EQ(cache("GET page:1"), kNil);
    CHECK_EQ(cache("GET user:1"), "$5\r\nGrace\r\n");
    CHECK(held(cache).none());
  }
}

TEST_CASE("an overwrite with the same bytes kills nothing") {
  Cache cache;
  cache("SET user:1 Ada");
  cache("DEPSET page:1 html DEPS 1 user:1");
  cache("SET user:1 Ada");
  CHECK_EQ(cache("GET page:1"), "$4\r\nhtml\r\n");
}

TEST_CASE("edits, deletes and expiry of a dependency kill") {
  Cache cache;
  for (const char* change :
       {"APPEND d x", "INCR d", "DEL d", "EXPIRE d -1", "GETDEL d", "RENAME d e"}) {
    CAPTURE(change);
    cache("FLUSHALL");
    cache("SET d 1");
    cache("DEPSET page html DEPS 1 d");
    cache(change);
    CHECK_EQ(cache("GET page"), kNil);
    CHECK(held(cache).none());
  }
}

TEST_CASE("a dependent never outlives its dependency's deadline, even if nobody looks at it") {
  Cache cache;
  cache("SET d 1 PX 100");
  cache("DEPSET page html DEPS 1 d");
  cache("DEPSET outer html DEPS 1 page");
  cache.pass(99);
  CHECK_EQ(cache("GET page"), "$4\r\nhtml\r\n");
  cache.pass(1);
  CHECK_EQ(cache("GET outer"), kNil);
  CHECK_EQ(cache("GET page"), kNil);
}

TEST_CASE("a value made after its dependency expired is not taken for one made before") {
  for (const uint32_t shards : {1u, 8u}) {
    Cache cache(shards);
    cache("SET d 1 PX 100");
    cache("DEPSET page old DEPS 1 d");
    cache.pass(150);  // nobody has looked since
    CHECK_EQ(cache("DEPSET page new DEPS 1 d"), kOk);
    CHECK_EQ(cache("DEPSET other new DEPS 1 d"), kOk);
    CHECK_EQ(cache("GET page"), "$3\r\nnew\r\n");
    CHECK_EQ(cache("GET other"), "$3\r\nnew\r\n");
  }
}

TEST_CASE("what was declared while expiry was no trigger dies when it has become one") {
  Cache cache(8);
  cache.options.settings.triggers = kOnAll & ~kOnExpire;
  cache("SET d 1 PX 100");
  cache("DEPSET page old DEPS 1 d");
  cache.options.settings.triggers = kOnAll;
  cache.pass(150);
  cache("GET d");
  CHECK_EQ(cache("EXISTS page"), ":0\r\n");
}

TEST_CASE("an earlier deadline of a dependency becomes its dependents' at every level") {
  Cache cache;
  cache("SET d 1");
  cache("DEPSET page html DEPS 1 d");
  cache("DEPSET outer html DEPS 1 page");
  cache("PEXPIRE d 50");
  CHECK_EQ(cache("PTTL outer"), ":50\r\n");
  cache("PERSIST page");
  CHECK_EQ(cache("PTTL page"), ":50\r\n");
  cache.pass(50);
  CHECK_EQ(cache("GET outer"), kNil);
}

TEST_CASE("a change goes on through every level, and through a diamond once") {
  Cache cache(8);
  cache("SET a 1");
  cache("DEPSET b 1 DEPS 1 a");
  cache("DEPSET c 1 DEPS 1 a");
  cache("DEPSET d 1 DEPS 2 b c");
  cache("DEPSET e 1 DEPS 1 d");
  cache("SET a 2");
  CHECK_EQ(cache("EXISTS b c d e"), ":0\r\n");
  CHECK(held(cache).none());
}

TEST_CASE("a chain of 100,000 dies without recursion") {
  Cache cache(4);
  cache("SET k0 1");
  for (int i = 1; i <= 100000; ++i) {
    const std::string key = "k" + std::to_string(i), dep = "k" + std::to_string(i - 1);
    cache.run({"DEPSET", key, "v", "DEPS", "1", dep});
  }
  cache("SET k0 2");
  CHECK_EQ(cache("DBSIZE"), ":1\r\n");
  CHECK(held(cache).none());
}

TEST_CASE("a signal that never held a value: its first fill is no change, its second is") {
  Cache cache;
  cache("DEPSET page html DEPS 1 db:users:42");
  cache("SET db:users:42 1");
  CHECK_EQ(cache("EXISTS page"), ":1\r\n");
  cache("SET db:users:42 2");
  CHECK_EQ(cache("EXISTS page"), ":0\r\n");
}

TEST_CASE("loops are refused with the loop spelled out, and nothing is stored") {
  for (const uint32_t shards : {1u, 8u}) {
    Cache cache(shards);
    CHECK_EQ(cache("DEPSET a 1 DEPS 1 a"), "-CYCLE a <- a\r\n");
    CHECK_EQ(cache("EXISTS a"), ":0\r\n");
    cache("DEPSET a 1 DEPS 1 b");
    CHECK_EQ(cache("DEPSET b 1 DEPS 1 a"), "-CYCLE b <- a <- b\r\n");
    cache("DEPSET b 1 DEPS 1 c");
    CHECK_EQ(cache("DEPSET c 1 DEPS 1 a"), "-CYCLE c <- a <- b <- c\r\n");
    cache("SET c 1");
    CHECK_EQ(cache("EXISTS a b"), ":2\r\n");
    CHECK_EQ(cache("DEPADD c DEPS 1 a"), "-CYCLE c <- a <- b <- c\r\n");
    CHECK_EQ(cache("GET c"), "$1\r\n1\r\n");
  }
}

TEST_CASE("INVALIDATE kills exactly what is named") {
  Cache cache;
  cache("SET k 1");
  cache("DEPSET page html DEPS 1 k TAGS 2 home news");
  cache("DEPSET side html TAGS 1 home");
  CHECK_EQ(cache("INVALIDATE TAG home news ALL DRYRUN"), ":1\r\n");
  CHECK_EQ(cache("INVALIDATE TAG home news DRYRUN"), ":2\r\n");
  CHECK_EQ(cache("INVALIDATE KEY k"), ":1\r\n");
  CHECK_EQ(cache("EXISTS page"), ":1\r\n");
  CHECK_EQ(cache("INVALIDATE DEPS k"), ":1\r\n");
  CHECK_EQ(cache("INVALIDATE TAG home"), ":1\r\n");
  CHECK_EQ(cache("INVALIDATE TAG home"), ":0\r\n");
  CHECK(held(cache).none());
}

TEST_CASE("a key that INVALIDATE KEY killed and that comes back different is a change") {
  Cache cache;
  cache("SET k 1");
  cache("DEPSET page html DEPS 1 k");
  cache("INVALIDATE KEY k");
  cache("SET k 1");
  CHECK_EQ(cache("EXISTS page"), ":1\r\n");
  cache("INVALIDATE KEY k");
  cache("SET k 2");
  CHECK_EQ(cache("EXISTS page"), ":0\r\n");
}

TEST_CASE("CASCADE goes on to the dependents, also of names that are absent") {
  Cache cache(8);
  cache("SET user:1 1");
  cache("DEPSET page html DEPS 1 user:1");
  cache("DEPSET outer html DEPS 1 page");
  cache("DEPSET other html DEPS 1 user:2");
  CHECK_EQ(cache("INVALIDATE PATTERN user:* CASCADE DRYRUN"), ":4\r\n");
  CHECK_EQ(cache("INVALIDATE PATTERN user:* CASCADE"), ":4\r\n");
  CHECK_EQ(cache("DBSIZE"), ":0\r\n");
  CHECK(held(cache).none());
}

TEST_CASE("a -- ends the names of INVALIDATE") {
  Cache cache;
  cache("DEPSET a 1 TAGS 1 CASCADE");
  CHECK_EQ(cache("INVALIDATE TAG CASCADE").substr(0, 4), "-ERR");
  CHECK_EQ(cache("INVALIDATE TAG CASCADE --"), ":1\r\n");
  cache("DEPSET a 1 TAGS 1 --");
  CHECK_EQ(cache("INVALIDATE TAG -- -- CASCADE"), ":1\r\n");
  CHECK_EQ(cache("INVALIDATE KEY a ALL").substr(0, 4), "-ERR");
  CHECK_EQ(cache("INVALIDATE NONSENSE a").substr(0, 4), "-ERR");
}

TEST_CASE("DEPSET takes SET's options, and stores nothing when it refuses") {
  Cache cache;
  CHECK_EQ(cache("DEPSET a 1 XX DEPS 1 d"), kNil);
  CHECK(held(cache).none());
  CHECK_EQ(cache("DEPSET a 1 NX EX 10 DEPS 1 d TAGS 1 t PRIORITY 7"), kOk);
  CHECK_EQ(cache("TTL a"), ":10\r\n");
  CHECK_EQ(cache("DEPSET a 2 GET KEEPTTL"), "$1\r\n1\r\n");
  CHECK_EQ(cache("TTL a"), ":10\r\n");
  CHECK(held(cache).none());
  for (const char* bad :
       {"DEPSET a 1 DEPS", "DEPSET a 1 DEPS 0", "DEPSET a 1 DEPS x y", "DEPSET a 1 DEPS 2 y",
        "DEPSET a 1 TAGS -1 y", "DEPSET a 1 PRIORITY 8", "DEPSET a 1 PRIORITY", "DEPSET a 1 NX XX",
        "DEPSET a 1 COST", "DEPSET a 1 COST -1", "DEPSET a 1 COST 1.5", "DEPSET a 1 COST 1 COST 1",
        "DEPADD a COST x", "DEPREM a COST 1", "DEPSET a 1 FOO", "DEPSET a 1 DEPS 1 x DEPS 1 y"}) {
    CAPTURE(bad);
    CHECK_EQ(cache(bad).substr(0, 4), "-ERR");
  }
  CHECK_EQ(cache("GET a"), "$1\r\n2\r\n");
}

TEST_CASE("the limits on dependencies, tags and depth are errors that store nothing") {
  Cache cache;
  cache.options.settings.max_deps_per_key = 2;
  cache.options.settings.max_tags_per_key = 1;
  cache.options.settings.max_dependency_depth = 2;
  CHECK_EQ(cache("DEPSET a 1 DEPS 3 x y z").substr(0, 4), "-ERR");
  CHECK_EQ(cache("DEPSET a 1 TAGS 2 x y").substr(0, 4), "-ERR");
  CHECK_EQ(cache("DEPSET b 1 DEPS 1 a"), kOk);
  CHECK_EQ(cache("DEPSET c 1 DEPS 1 b"), kOk);
  CHECK_EQ(cache("DEPSET d 1 DEPS 1 c").substr(0, 4), "-ERR");
  CHECK_EQ(cache("EXISTS d"), ":0\r\n");
}

TEST_CASE("DEPADD and DEPREM change declarations and keep the value") {
  Cache cache;
  CHECK_EQ(cache("DEPADD a TAGS 1 t"), kNil);
  CHECK_EQ(cache("DEPREM a TAGS 1 t"), kNil);
  cache("SET a 1 EX 100");
  CHECK_EQ(cache("DEPADD a TAGS 2 t u DEPS 1 d"), ":3\r\n");
  CHECK_EQ(cache("DEPADD a TAGS 2 t v"), ":1\r\n");
  CHECK_EQ(cache("DEPREM a TAGS 2 u x DEPS 1 d"), ":2\r\n");
  CHECK_EQ(cache("SET d 1"), kOk);
  CHECK_EQ(cache("SET d 2"), kOk);
  CHECK_EQ(cache("GET a"), "$1\r\n1\r\n");
  CHECK_EQ(cache("TTL a"), ":100\r\n");
  CHECK_EQ(cache("INVALIDATE TAG v"), ":1\r\n");
  CHECK(held(cache).none());
}

TEST_CASE("a plain SET drops declarations; an edit in place keeps them") {
  Cache cache;
  cache("DEPSET a 1 TAGS 1 t");
  cache("INCR a");
  CHECK_EQ(cache("INVALIDATE TAG t DRYRUN"), ":1\r\n");
  cache("SET a 1");
  CHECK_EQ(cache("INVALIDATE TAG t DRYRUN"), ":0\r\n");
  CHECK(held(cache).none());
}

TEST_CASE("an evicted dependency keeps its dependents, and coming back the same is no change") {
  Cache cache(1);
  cache("SET d 1");
  cache("DEPSET page html DEPS 1 d");
  Shard& shard = cache.keyspace.shard(0);
  const auto evict = [&] {
    Space space(shard, 0, cache.session.now);
    const Key key = cache.keyspace.hasher.key("d");
    space.remove(key, space.peek(key), Cause::kEvicted);
    cache.background();
  };
  evict();
  CHECK_EQ(cache("EXISTS d page"), ":1\r\n");
  cache("SET d 1");
  CHECK_EQ(cache("EXISTS page"), ":1\r\n");
  evict();
  cache("SET d 2");
  CHECK_EQ(cache("EXISTS page"), ":0\r\n");
}

TEST_CASE("DEPINFO tells what a value was made from") {
  Cache cache(8);
  CHECK_EQ(cache("DEPINFO a"), kNil);
  cache("DEPSET a 1 DEPS 2 d e TAGS 1 t PX 5000 PRIORITY 6");
  cache("DEPSET b 1 DEPS 1 a");
  cache("GET a");
  cache.session.resp = 3;
  const std::string info = cache("DEPINFO a");
  CHECK_EQ(info.substr(0, 5), "%11\r\n");
  CHECK_NE(info.find("$6\r\nttl_ms\r\n:5000\r\n"), std::string::npos);
  CHECK_NE(info.find("$4\r\nhits\r\n:1\r\n"), std::string::npos);
  CHECK_NE(info.find("$8\r\npriority\r\n:6\r\n"), std::string::npos);
  CHECK_NE(info.find("$4\r\ndeps\r\n*2\r\n$1\r\nd\r\n$1\r\ne\r\n"), std::string::npos);
  CHECK_NE(info.find("$4\r\ntags\r\n*1\r\n$1\r\nt\r\n"), std::string::npos);
  CHECK_NE(info.find("$10\r\ndependents\r\n:1\r\n"), std::string::npos);
}

TEST_CASE("DEPSCAN visits every declarant, also while others go") {
  Cache cache(4);
  for (int i = 0; i < 500; ++i) {
    const std::string key = "k" + std::to_string(i);
    cache.run({"DEPSET", key, "v", "TAGS", "1", "t"});
  }
  std::string cursor = "0";
  size_t found = 0, calls = 0;
  do {
    const std::string reply = cache.run({"DEPSCAN", cursor, "TAG", "t", "COUNT", "20"});
    const size_t from = reply.find("\r\n", 4) + 2;
    cursor = reply.substr(from, reply.find("\r\n", from) - from);
    for (size_t at = from; (at = reply.find("\r\nk", at)) != std::string::npos; ++at) ++found;
    const std::string gone = "k" + std::to_string(calls++);
    cache.run({"SET", gone, "plain"});
  } while (cursor != "0" && calls < 200);
  CHECK_EQ(cursor, "0");
  CHECK_GE(found, 500u - calls);
}

}  // namespace freshet
