#include <map>
#include <set>

#include "harness.h"

namespace freshet {
namespace {

struct Page {
  std::string cursor;
  std::vector<std::string> keys;
};

// SCAN with `options`, its reply taken apart.
Page scan(Cache& cache, const std::string& cursor, std::vector<std::string_view> options = {}) {
  std::vector<std::string_view> args{"SCAN", cursor};
  args.insert(args.end(), options.begin(), options.end());
  const std::string reply = cache.run(args);
  Page page;
  size_t at = 4;  // behind *2
  const auto bulk = [&] {
    const size_t size = std::stoul(reply.substr(at + 1));
    at = reply.find("\r\n", at) + 2;
    std::string bytes = reply.substr(at, size);
    at += size + 2;
    return bytes;
  };
  REQUIRE_EQ(reply.substr(0, 4), "*2\r\n");
  page.cursor = bulk();
  size_t count = std::stoul(reply.substr(at + 1));
  at = reply.find("\r\n", at) + 2;
  while (count-- > 0) page.keys.push_back(bulk());
  REQUIRE_EQ(at, reply.size());
  return page;
}

void fill(Cache& cache, int from, int to, const std::string& prefix = "k") {
  for (int i = from; i < to; ++i) cache.run({"SET", prefix + std::to_string(i), "v"});
}

}  // namespace

TEST_CASE("SCAN returns every key exactly once, whatever the number of keys and shards") {
  for (const uint32_t shards : {1u, 3u, 64u, 4096u}) {
    for (const int size : {0, 1, 10, 1000, 20'000}) {
      Cache cache(shards);
      fill(cache, 0, size);
      std::map<std::string, int> seen;
      std::string cursor = "0";
      int calls = 0;
      do {
        Page page = scan(cache, cursor, {"COUNT", "50"});
        CHECK_LE(page.keys.size(), 50 + 7 * 3);
        for (const std::string& key : page.keys) ++seen[key];
        cursor = page.cursor;
        REQUIRE_LT(std::stoull(cursor), uint64_t{1} << 53);
      } while (cursor != "0" && ++calls < 10'000);
      CHECK_EQ(seen.size(), static_cast<size_t>(size));
      for (const auto& [key, times] : seen) REQUIRE_EQ(times, 1);
    }
  }
}

TEST_CASE("SCAN misses and repeats nothing while keys come and go between its calls") {
  for (const int size : {1, 100, 5000, 100'000}) {
    Cache cache(8);
    fill(cache, 0, size);
    std::map<std::string, int> seen;
    std::string cursor = "0";
    int guests = 0, gone = 0, calls = 0;
    do {
      Page page = scan(cache, cursor, {"COUNT", size > 1000 ? "1000" : "7"});
      for (const std::string& key : page.keys) ++seen[key];
      cursor = page.cursor;
      // Grows to three times its size, then shrinks.
      if (++calls % 20 < 10) {
        fill(cache, guests, guests + size / 5, "guest");
        guests += size / 5;
      } else {
        for (int i = 0; i < size / 5 && gone < guests; ++i, ++gone) {
          cache.run({"DEL", "guest" + std::to_string(gone)});
        }
      }
    } while (cursor != "0" && calls < 20'000);
    CHECK_EQ(cursor, "0");
    for (int i = 0; i < size; ++i) REQUIRE_EQ(seen["k" + std::to_string(i)], 1);
    for (const auto& [key, times] : seen) REQUIRE_EQ(times, 1);
  }
}

TEST_CASE("one call is enough for a few keys in many shards") {
  Cache cache(4096);
  fill(cache, 0, 9);
  const Page page = scan(cache, "0");
  CHECK_EQ(page.cursor, "0");
  CHECK_EQ(page.keys.size(), 9);
}

TEST_CASE("MATCH and TYPE filter, COUNT bounds the work of a call whatever matches") {
  Cache cache(2);
  fill(cache, 0, 5000);
  Page page = scan(cache, "0", {"MATCH", "nothing*", "COUNT", "10"});
  CHECK(page.keys.empty());
  CHECK_NE(page.cursor, "0");
  std::set<std::string> seen;
  std::string cursor = "0";
  int calls = 0;
  do {
    page = scan(cache, cursor, {"MATCH", "k12*", "TYPE", "String"});
    seen.insert(page.keys.begin(), page.keys.end());
    cursor = page.cursor;
    ++calls;
  } while (cursor != "0");
  CHECK_EQ(seen.size(), 111);
  CHECK_GT(calls, 5);
  CHECK_EQ(scan(cache, "0", {"COUNT", "100000", "TYPE", "list"}).keys.size(), 0);
  CHECK_EQ(scan(cache, "0", {"COUNT", "100000", "TYPE", "nosuch"}).keys.size(), 0);
  CHECK_EQ(scan(cache, "0", {"COUNT", "9223372036854775807"}).keys.size(), 5000);
}

TEST_CASE("SCAN leaves expired keys out and removes them") {
  Cache cache;
  fill(cache, 0, 20);
  for (int i = 0; i < 10; ++i) cache.run({"PEXPIRE", "k" + std::to_string(i), "5"});
  cache.pass(5);
  CHECK_EQ(scan(cache, "0", {"COUNT", "100"}).keys.size(), 10);
  CHECK_EQ(cache("DBSIZE"), ":10\r\n");
}

TEST_CASE("SCAN refuses what Redis refuses") {
  Cache cache;
  cache("SET a 1");
  for (const char* cursor : {"x", "1x", "18446744073709551616"}) {
    CHECK_EQ(cache.run({"SCAN", cursor, "foo"}), "-ERR invalid cursor\r\n");
  }
  CHECK_EQ(cache.run({"SCAN", " 1"}), "-ERR invalid cursor\r\n");
  CHECK_EQ(cache("SCAN 0 foo"), "-ERR syntax error\r\n");
  CHECK_EQ(cache("SCAN 0 COUNT"), "-ERR syntax error\r\n");
  CHECK_EQ(cache("SCAN 0 COUNT 0"), "-ERR syntax error\r\n");
  CHECK_EQ(cache("SCAN 0 COUNT x"), "-ERR value is not an integer or out of range\r\n");
  CHECK_EQ(cache("SCAN 18446744073709551615"), "*2\r\n$1\r\n0\r\n*0\r\n");
  CHECK_EQ(cache.run({"SCAN", ""}), "*2\r\n$1\r\n0\r\n*1\r\n$1\r\na\r\n");
}

TEST_CASE("KEYS lists what matches and has not expired; the empty key only for * alone") {
  Cache cache(8);
  CHECK_EQ(cache("KEYS *"), "*0\r\n");
  fill(cache, 0, 1000);
  CHECK_EQ(cache("KEYS k99?").substr(0, 5), "*10\r\n");
  CHECK_EQ(cache("KEYS k7"), "*1\r\n$2\r\nk7\r\n");
  CHECK_EQ(cache("KEYS *").substr(0, 7), "*1000\r\n");
  cache("PEXPIRE k7 1");
  cache.pass(1);
  CHECK_EQ(cache("KEYS k7"), "*0\r\n");
  CHECK_EQ(cache("DBSIZE"), ":1000\r\n");  // KEYS itself removes nothing
  cache("FLUSHALL");
  cache.run({"SET", "", "v"});
  CHECK_EQ(cache("KEYS *"), "*1\r\n$0\r\n\r\n");
  CHECK_EQ(cache("KEYS **"), "*0\r\n");
}

}  // namespace freshet
