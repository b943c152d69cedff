#include "harness.h"

namespace freshet {

TEST_CASE("a key past its deadline is absent") {
  Cache cache;
  cache("SET a 1");
  CHECK_EQ(cache("EXPIRE a 10"), ":1\r\n");
  CHECK_EQ(cache("EXPIRE b 10"), ":0\r\n");
  cache.pass(9'999);
  CHECK_EQ(cache("GET a"), "$1\r\n1\r\n");
  cache.pass(1);
  CHECK_EQ(cache("EXISTS a"), ":0\r\n");
  CHECK_EQ(cache("DBSIZE"), ":0\r\n");
}

TEST_CASE("TTL and its relatives say when") {
  Cache cache;
  cache("SET a 1");
  CHECK_EQ(cache("TTL b"), ":-2\r\n");
  CHECK_EQ(cache("PEXPIRETIME b"), ":-2\r\n");
  CHECK_EQ(cache("TTL a"), ":-1\r\n");
  CHECK_EQ(cache("EXPIRETIME a"), ":-1\r\n");
  cache("PEXPIRE a 2500");
  CHECK_EQ(cache("TTL a"), ":3\r\n");
  CHECK_EQ(cache("PTTL a"), ":2500\r\n");
  CHECK_EQ(cache("EXPIRETIME a"), ":1700000003\r\n");
  CHECK_EQ(cache("PEXPIRETIME a"), ":1700000002500\r\n");
  cache.pass(1);
  CHECK_EQ(cache("TTL a"), ":2\r\n");
  CHECK_EQ(cache("EXPIREAT a 1700000100"), ":1\r\n");
  CHECK_EQ(cache("PEXPIRETIME a"), ":1700000100000\r\n");
  CHECK_EQ(cache("PEXPIREAT a 1700000200001"), ":1\r\n");
  CHECK_EQ(cache("PEXPIRETIME a"), ":1700000200001\r\n");
}

TEST_CASE("a deadline that has passed deletes the key") {
  Cache cache;
  for (const char* line : {"EXPIRE a 0", "EXPIRE a -1", "PEXPIRE a -5", "EXPIREAT a 1000",
                           "PEXPIREAT a 1700000000000", "PEXPIREAT a -9"}) {
    cache("SET a 1");
    CHECK_EQ(cache(line), ":1\r\n");
    CHECK_EQ(cache("DBSIZE"), ":0\r\n");
  }
}

TEST_CASE("NX, XX, GT and LT decide whether a deadline is taken") {
  Cache cache;
  cache("SET a 1");
  CHECK_EQ(cache("EXPIRE a 100 XX"), ":0\r\n");
  CHECK_EQ(cache("EXPIRE a 100 GT"), ":0\r\n");  // no deadline is later than any
  CHECK_EQ(cache("EXPIRE a 100 LT"), ":1\r\n");
  CHECK_EQ(cache("EXPIRE a 200 LT"), ":0\r\n");
  CHECK_EQ(cache("EXPIRE a 100 LT"), ":0\r\n");
  CHECK_EQ(cache("EXPIRE a 100 GT"), ":0\r\n");
  CHECK_EQ(cache("EXPIRE a 101 GT"), ":1\r\n");
  CHECK_EQ(cache("EXPIRE a 50 nx"), ":0\r\n");
  CHECK_EQ(cache("EXPIRE a 50 xx lt"), ":1\r\n");
  CHECK_EQ(cache("EXPIRE a -1 GT"), ":0\r\n");
  CHECK_EQ(cache("TTL a"), ":50\r\n");
}

TEST_CASE("what can't be a deadline is refused, in Redis's order and words") {
  Cache cache;
  cache("SET a 1");
  CHECK_EQ(cache("EXPIRE a x foo"), "-ERR Unsupported option foo\r\n");
  CHECK_EQ(cache("EXPIRE a x NX GT"),
           "-ERR NX and XX, GT or LT options at the same time are not compatible\r\n");
  CHECK_EQ(cache("EXPIRE a x GT LT"),
           "-ERR GT and LT options at the same time are not compatible\r\n");
  CHECK_EQ(cache("EXPIRE a x"), "-ERR value is not an integer or out of range\r\n");
  CHECK_EQ(cache("EXPIRE a 9223372036854775807"),
           "-ERR invalid expire time in 'expire' command\r\n");
  CHECK_EQ(cache("EXPIRE a 9223372036854775"), "-ERR invalid expire time in 'expire' command\r\n");
  CHECK_EQ(cache("EXPIRE missing -9223372036854775808"),
           "-ERR invalid expire time in 'expire' command\r\n");
  CHECK_EQ(cache("PEXPIRE a 9223372036854775807"),
           "-ERR invalid expire time in 'pexpire' command\r\n");
  CHECK_EQ(cache("ExpireAt a 9223372036854775807"),
           "-ERR invalid expire time in 'expireat' command\r\n");
  CHECK_EQ(cache("PEXPIREAT a 9223372036854775807"), ":1\r\n");
  CHECK_EQ(cache("TTL a"), ":9223370336854776\r\n");
}

TEST_CASE("PERSIST takes the deadline away, also from the clock's point of view") {
  Cache cache;
  cache("SET a 1");
  CHECK_EQ(cache("PERSIST a"), ":0\r\n");
  CHECK_EQ(cache("PERSIST b"), ":0\r\n");
  cache("EXPIRE a 10");
  CHECK_EQ(cache("PERSIST a"), ":1\r\n");
  cache.pass(20'000);
  cache.background();
  CHECK_EQ(cache("TTL a"), ":-1\r\n");
}

TEST_CASE("background work removes expired keys that nobody reads") {
  Cache cache;
  for (int i = 0; i < 100; ++i) {
    const std::string key = "k" + std::to_string(i);
    cache.run({"SET", key, "v"});
    cache.run({"PEXPIRE", key, std::to_string(1 + i * 10)});
  }
  cache.pass(500 + 16);
  cache.background();
  CHECK_EQ(cache("DBSIZE"), ":48\r\n");
  cache.pass(1000);
  cache.background();
  CHECK_EQ(cache("DBSIZE"), ":0\r\n");
}

}  // namespace freshet
