#include "harness.h"

namespace freshet {
namespace {

const std::string kNil = "$-1\r\n";
const std::string kOk = "+OK\r\n";
const std::string kSyntax = "-ERR syntax error\r\n";
const std::string kNotAnInteger = "-ERR value is not an integer or out of range\r\n";

uint64_t hits(Cache& cache) {
  ShardStats sum;
  cache.router.each([&](Shard& shard) { sum.add(shard.stats); });
  return sum.hits;
}

uint64_t misses(Cache& cache) {
  ShardStats sum;
  cache.router.each([&](Shard& shard) { sum.add(shard.stats); });
  return sum.misses;
}

}  // namespace

TEST_CASE("a value that was set is read back") {
  Cache cache;
  CHECK_EQ(cache("GET a"), kNil);
  CHECK_EQ(cache("SET a hello"), kOk);
  CHECK_EQ(cache("GET a"), "$5\r\nhello\r\n");
  CHECK_EQ(cache("SET a 12"), kOk);
  CHECK_EQ(cache("get a"), "$2\r\n12\r\n");
}

TEST_CASE("SET NX stores only where there is nothing, XX only where there is something") {
  Cache cache;
  CHECK_EQ(cache("SET a 1 XX"), kNil);
  CHECK_EQ(cache("GET a"), kNil);
  CHECK_EQ(cache("SET a 1 NX"), kOk);
  CHECK_EQ(cache("SET a 2 nx"), kNil);
  CHECK_EQ(cache("GET a"), "$1\r\n1\r\n");
  CHECK_EQ(cache("SET a 3 xx"), kOk);
  CHECK_EQ(cache("GET a"), "$1\r\n3\r\n");
}

TEST_CASE("SET GET answers with the old value, and goes with NX and XX") {
  Cache cache;
  CHECK_EQ(cache("SET a 1 GET"), kNil);
  CHECK_EQ(cache("SET a 2 GET"), "$1\r\n1\r\n");
  CHECK_EQ(cache("SET a 3 NX GET"), "$1\r\n2\r\n");
  CHECK_EQ(cache("GET a"), "$1\r\n2\r\n");
  CHECK_EQ(cache("SET b 1 XX GET"), kNil);
  CHECK_EQ(cache("GET b"), kNil);
  CHECK_EQ(cache("SET b 1 NX GET"), kNil);
  CHECK_EQ(cache("GET b"), "$1\r\n1\r\n");
}

TEST_CASE("SET's options exclude each other as in Redis") {
  Cache cache;
  for (const char* line : {"SET a 1 NX XX", "SET a 1 EX", "SET a 1 EX 10 PX 10",
                           "SET a 1 EX 10 KEEPTTL", "SET a 1 KEEPTTL EX 10", "SET a 1 PERSIST",
                           "SET a 1 FOO", "SET a 1 EXAT 1 EX 1", "SET a 1 EX x FOO"}) {
    CHECK_EQ(cache(line), kSyntax);
  }
  CHECK_EQ(cache("SET a 1 EX 10 EX 20 NX NX GET GET"), kNil);
  CHECK_EQ(cache("SET a 1 KEEPTTL KEEPTTL"), kOk);
}

TEST_CASE("a time that is no integer, not positive or past the end is refused") {
  Cache cache;
  const std::string refused = "-ERR invalid expire time in 'set' command\r\n";
  for (const char* unit : {"EX", "PX", "EXAT", "PXAT"}) {
    CHECK_EQ(cache.run({"SET", "a", "1", unit, "x"}), kNotAnInteger);
    CHECK_EQ(cache.run({"SET", "a", "1", unit, "1.5"}), kNotAnInteger);
    CHECK_EQ(cache.run({"SET", "a", "1", unit, "0"}), refused);
    CHECK_EQ(cache.run({"SET", "a", "1", unit, "-1"}), refused);
  }
  CHECK_EQ(cache("SET a 1 EX 9223372036854775807"), refused);
  CHECK_EQ(cache("SET a 1 EX 9223372036854775"), refused);
  CHECK_EQ(cache("SET a 1 PX 9223372036854775807"), refused);
  CHECK_EQ(cache("SET a 1 EXAT 9223372036854776"), refused);
  CHECK_EQ(cache("GET a"), kNil);
  CHECK_EQ(cache("SET a 1 EXAT 9223372036854775"), kOk);
  CHECK_EQ(cache("SET a 1 PXAT 9223372036854775807"), kOk);
  CHECK_EQ(cache("SETEX a 0 1"), "-ERR invalid expire time in 'setex' command\r\n");
  CHECK_EQ(cache("PSETEX a -5 1"), "-ERR invalid expire time in 'psetex' command\r\n");
  CHECK_EQ(cache("GETEX a EX 0"), "-ERR invalid expire time in 'getex' command\r\n");
}

TEST_CASE("a value lives until its deadline") {
  for (const char* line : {"SET a v EX 2", "SET a v PX 2000", "SET a v EXAT 1700000002",
                           "SET a v PXAT 1700000002000", "SETEX a 2 v", "PSETEX a 2000 v"}) {
    Cache cache;
    CHECK_EQ(cache(line), kOk);
    cache.pass(1999);
    CHECK_EQ(cache("GET a"), "$1\r\nv\r\n");
    cache.pass(1);
    CHECK_EQ(cache("GET a"), kNil);
  }
}

TEST_CASE("a value whose deadline has passed is stored and gone") {
  Cache cache;
  CHECK_EQ(cache("SET a 1"), kOk);
  CHECK_EQ(cache("SET a 2 PXAT 1000"), kOk);
  CHECK_EQ(cache("GET a"), kNil);
}

TEST_CASE("SET drops the deadline unless KEEPTTL says otherwise") {
  Cache cache;
  cache("SET a 1 EX 1");
  cache("SET b 1 EX 1");
  cache("SET a 2");
  CHECK_EQ(cache("SET b 2 KEEPTTL"), kOk);
  cache.pass(1000);
  CHECK_EQ(cache("GET a"), "$1\r\n2\r\n");
  CHECK_EQ(cache("GET b"), kNil);
}

TEST_CASE("GETEX moves the deadline and PERSIST takes it") {
  Cache cache;
  cache("SET a v EX 1");
  CHECK_EQ(cache("GETEX a"), "$1\r\nv\r\n");
  CHECK_EQ(cache("GETEX a EX 10"), "$1\r\nv\r\n");
  cache.pass(5000);
  CHECK_EQ(cache("GETEX a PERSIST"), "$1\r\nv\r\n");
  cache.pass(10000);
  CHECK_EQ(cache("GETEX a EXAT 1"), "$1\r\nv\r\n");
  CHECK_EQ(cache("GET a"), kNil);
}

TEST_CASE("GETEX looks at the grammar first, then at the key, then at the time") {
  Cache cache;
  CHECK_EQ(cache("GETEX a EX"), kSyntax);
  CHECK_EQ(cache("GETEX a EX 1 PERSIST"), kSyntax);
  CHECK_EQ(cache("GETEX a PERSIST PX 1"), kSyntax);
  CHECK_EQ(cache("GETEX a KEEPTTL"), kSyntax);
  CHECK_EQ(cache("GETEX a EX foo"), kNil);
  cache("SET a 1");
  CHECK_EQ(cache("GETEX a EX foo"), kNotAnInteger);
  CHECK_EQ(cache("GET a"), "$1\r\n1\r\n");
}

TEST_CASE("GETDEL and GETSET answer with the value they take away") {
  Cache cache;
  CHECK_EQ(cache("GETDEL a"), kNil);
  CHECK_EQ(cache("GETSET a 1"), kNil);
  cache("SET a 2 EX 1");
  CHECK_EQ(cache("GETSET a 3"), "$1\r\n2\r\n");
  cache.pass(1000);
  CHECK_EQ(cache("GETDEL a"), "$1\r\n3\r\n");
  CHECK_EQ(cache("GET a"), kNil);
}

TEST_CASE("SETNX says whether it stored") {
  Cache cache;
  CHECK_EQ(cache("SETNX a 1"), ":1\r\n");
  CHECK_EQ(cache("SETNX a 2"), ":0\r\n");
  CHECK_EQ(cache("GET a"), "$1\r\n1\r\n");
}

TEST_CASE("MSET stores all, MGET reads all, across shards") {
  Cache cache(7);
  CHECK_EQ(cache("MSET a 1 b 2 c 3 a 4"), kOk);
  CHECK_EQ(cache("MGET a b x c a"), "*5\r\n$1\r\n4\r\n$1\r\n2\r\n$-1\r\n$1\r\n3\r\n$1\r\n4\r\n");
  CHECK_EQ(cache("MSET a 1 b"), "-ERR wrong number of arguments for 'mset' command\r\n");
  CHECK_EQ(cache("MSETNX a 1 b"), "-ERR wrong number of arguments for 'msetnx' command\r\n");
}

TEST_CASE("MSETNX stores all or nothing") {
  Cache cache(7);
  CHECK_EQ(cache("MSETNX a 1 b 2 a 3"), ":1\r\n");
  CHECK_EQ(cache("MGET a b"), "*2\r\n$1\r\n3\r\n$1\r\n2\r\n");
  CHECK_EQ(cache("MSETNX c 1 b 3"), ":0\r\n");
  CHECK_EQ(cache("MGET b c"), "*2\r\n$1\r\n2\r\n$-1\r\n");
}

TEST_CASE("reading counts a hit or a miss, writing neither") {
  Cache cache;
  for (const char* line : {"SET a 1", "SET a 1 XX", "SETNX a 1", "INCR a", "MSETNX a 1 b 2"}) {
    cache(line);
  }
  CHECK_EQ(hits(cache), 0);
  CHECK_EQ(misses(cache), 0);
  for (const char* line : {"GET a", "MGET a x", "GETEX a", "GETSET a 1", "SET a 1 GET",
                           "SET x 1 XX GET", "GETDEL a"}) {
    cache(line);
  }
  CHECK_EQ(hits(cache), 6);
  CHECK_EQ(misses(cache), 2);
}

}  // namespace freshet
