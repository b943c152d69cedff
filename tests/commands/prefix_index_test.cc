// KEYS and SCAN with the prefix index, and the index itself under all that happens to keys.
#include <algorithm>
#include <map>
#include <set>

#include "freshet/base/rng.h"
#include "harness.h"

namespace freshet {
namespace {

// The bulk strings of a reply, in order.
std::vector<std::string> bulks(const std::string& reply) {
  std::vector<std::string> found;
  for (size_t at = 0; at < reply.size();) {
    const size_t end = reply.find("\r\n", at);
    if (reply[at] == '$') {
      const size_t size = std::stoul(reply.substr(at + 1));
      found.push_back(reply.substr(end + 2, size));
      at = end + 2 + size + 2;
    } else {
      at = end + 2;
    }
  }
  return found;
}

std::vector<std::string> keys(Cache& cache, const std::string& pattern) {
  std::vector<std::string> found = bulks(cache.run({"KEYS", pattern}));
  std::sort(found.begin(), found.end());
  return found;
}

// SCAN to its end; `between` is called between its calls.
template <class F>
std::vector<std::string> scan(Cache& cache, const std::string& pattern, const std::string& count,
                              F&& between) {
  std::vector<std::string> found;
  std::string cursor = "0";
  for (int calls = 0; calls < 100'000; ++calls) {
    std::vector<std::string> page =
        bulks(cache.run({"SCAN", cursor, "MATCH", pattern, "COUNT", count}));
    cursor = page.at(0);
    found.insert(found.end(), page.begin() + 1, page.end());
    if (cursor == "0") break;
    between();
  }
  REQUIRE_EQ(cursor, "0");
  std::sort(found.begin(), found.end());
  return found;
}
std::vector<std::string> scan(Cache& cache, const std::string& pattern, const std::string& count) {
  return scan(cache, pattern, count, [] {});
}

// One slice of `budget` for each shard; true while something is left.
bool index_slice(Cache& cache, size_t budget) {
  bool left = false;
  cache.router.each([&](Shard& shard) { left |= shard.index_slice(budget); });
  return left;
}
void switch_index(Cache& cache, const char* on) {
  REQUIRE_EQ(cache.run({"CONFIG", "SET", "prefix-index", on}), "+OK\r\n");
  while (index_slice(cache, 1000)) {
  }
}

uint64_t examined(Cache& cache) {
  uint64_t sum = 0;
  cache.router.each([&](Shard& shard) { sum += shard.stats.keys_examined; });
  return sum;
}
size_t index_bytes(Cache& cache) {
  size_t sum = 0;
  cache.router.each([&](Shard& shard) {
    for (int db = 0; db < shard.databases(); ++db) {
      if (shard.db(db).prefix != nullptr) sum += shard.db(db).prefix->memory();
    }
  });
  return sum;
}

// Is every index a whole one, of exactly the entries whose position it has reached?
bool sound(Cache& cache) {
  bool fine = true;
  cache.router.each([&](Shard& shard) {
    for (int i = 0; i < shard.databases(); ++i) {
      const Database& db = shard.db(i);
      std::set<const Entry*> expected, seen;
      db.keys.for_each([&](const Entry* entry) {
        if (db.indexes(shard.hasher(entry->key()))) expected.insert(entry);
      });
      if (db.indexed_to == 0) continue;
      db.prefix->visit("", "", SIZE_MAX, [&](const Entry* entry) { seen.insert(entry); });
      fine = fine && db.prefix->sound() && seen == expected && db.prefix->size() == seen.size();
    }
  });
  return fine;
}

std::string random_key(Rng& rng) {
  static constexpr const char* kStarts[] = {"user:", "user:1:", "u", "page:{home}:", "", "zz"};
  return kStarts[rng.below(6)] + std::to_string(rng.below(400));
}

const std::vector<std::string> kPatterns = {
    "user:*", "user:1*", "user:?", "user:1:*0", "u*",  "page:*9", "zz[12]*",
    "zz12",   "zz\\1*",  "none*",  "*",         "*1*", "",        "page:{home}:3*"};

// Something happens to some keys of both caches.
void change(Rng& rng, Cache& cache) {
  const std::string key = random_key(rng), other = random_key(rng);
  switch (rng.below(14)) {
    case 0:
      cache.run({"DEL", key});
      break;
    case 1:
      cache.run({"RENAME", key, other});
      break;
    case 2:
      cache.run({"PEXPIRE", key, "20"});
      break;
    case 3:
      cache.run({"COPY", key, other, "REPLACE"});
      break;
    case 4:
      cache.run({"APPEND", key, "a value that does not fit where the shorter one was"});
      break;
    case 5:
      cache.run({"DEPSET", key, "v", "DEPS", "1", other});
      break;
    case 6:
      cache.run({"INVALIDATE", "KEY", key, "CASCADE"});
      break;
    case 7:
      if (rng.below(200) == 0) cache.run({"FLUSHDB"});
      if (rng.below(50) == 0) cache.run({"SWAPDB", "0", "1"});
      cache.run({"MOVE", key, "1"});
      break;
    default:
      cache.run({"SET", key, std::string(rng.below(40), 'v')});
  }
}

}  // namespace

TEST_CASE("KEYS and SCAN say the same with the prefix index, whatever happens to the keys") {
  for (const uint32_t shards : {1u, 5u}) {
    Cache plain(shards), indexed(shards);
    Rng rng(shards), same_rng(shards), switches(7);
    for (int step = 0; step < 16'000; ++step) {
      change(rng, plain);
      change(same_rng, indexed);
      if (step % 3 == 0) {
        plain.pass(1);
        indexed.pass(1);
      }
      if (switches.below(400) == 0) {
        indexed.run({"CONFIG", "SET", "prefix-index", switches.below(3) == 0 ? "no" : "yes"});
      }
      if (switches.below(20) == 0) index_slice(indexed, 1 + switches.below(8));
      if (step % 500 != 499) continue;
      REQUIRE(sound(indexed));
      for (const std::string& pattern : kPatterns) {
        CAPTURE(pattern);
        const std::vector<std::string> expected = keys(plain, pattern);
        REQUIRE(keys(indexed, pattern) == expected);
        for (const char* count : {"3", "1000"}) {
          // SCAN removes what it finds expired: from both.
          REQUIRE(scan(plain, pattern, count) == expected);
          REQUIRE(scan(indexed, pattern, count) == expected);
        }
      }
    }
  }
}

TEST_CASE("SCAN misses and repeats nothing though the prefix index comes and goes between calls") {
  for (const int matches : {60, 600, 8000}) {
    CAPTURE(matches);
    Cache cache(3);
    std::vector<std::string> expected;
    for (int i = 0; i < 8000; ++i) {
      const std::string key = (i < matches ? "user:" : "page:") + std::to_string(i);
      cache.run({"SET", key, "v"});
      if (i < matches) expected.push_back(key);
    }
    std::sort(expected.begin(), expected.end());
    for (const char* count : {"5", "50", "2000"}) {
      int calls = 0;
      const auto between = [&] {
        ++calls;
        if (calls % 6 == 0) switch_index(cache, "no");
        if (calls % 6 == 3) switch_index(cache, "yes");
        const std::string guest = "user:guest" + std::to_string(calls / 2);
        cache.run(calls % 2 ? std::vector<std::string_view>{"SET", guest, "v"}
                            : std::vector<std::string_view>{"DEL", guest});
      };
      std::vector<std::string> found = scan(cache, "user:*", count, between);
      std::erase_if(found, [](const std::string& key) { return key.starts_with("user:guest"); });
      CHECK(found == expected);
      for (const std::string& guest : keys(cache, "user:guest*")) cache.run({"DEL", guest});
    }
  }
}

TEST_CASE(
    "with the prefix index KEYS and SCAN look at the matches only, however many keys there are") {
  for (const int size : {1000, 10'000, 100'000}) {
    CAPTURE(size);
    Cache cache(4);
    for (int i = 0; i < size; ++i) {
      const std::string key = "user:" + std::to_string(i % (size / 100)) + ":" + std::to_string(i);
      cache.run({"SET", key, "v"});
    }
    switch_index(cache, "yes");
    uint64_t before = examined(cache);
    CHECK_EQ(keys(cache, "user:7:*").size(), 100);
    CHECK_EQ(examined(cache) - before, 100);
    before = examined(cache);
    CHECK_EQ(bulks(cache("SCAN 0 MATCH user:7:* COUNT 200")).size(), 101);
    CHECK_EQ(examined(cache) - before, 100);
    before = examined(cache);
    CHECK_EQ(bulks(cache("SCAN 0 MATCH user:x* COUNT 10")), std::vector<std::string>{"0"});
    CHECK_EQ(examined(cache), before);
    switch_index(cache, "no");
    CHECK_EQ(keys(cache, "user:7:*").size(), 100);
    CHECK_EQ(examined(cache) - before, size);
  }
}

TEST_CASE(
    "COUNT bounds a call of SCAN with the prefix index as well, and long ranges use the table") {
  Cache cache(2);
  for (int i = 0; i < 50'000; ++i) cache.run({"SET", "user:" + std::to_string(i), "v"});
  switch_index(cache, "yes");
  uint64_t most = 0, before = examined(cache);
  std::string cursor = "0";
  const std::vector<std::string> found = scan(cache, "user:*x", "10", [&] {
    most = std::max(most, examined(cache) - before);
    before = examined(cache);
  });
  CHECK(found.empty());
  CHECK_LE(most, 1000);
  // Some hundreds of keys in each shard, none of which matches: a call ends after a thousand.
  most = 0;
  before = examined(cache);
  Cache many(16);
  for (int i = 0; i < 8000; ++i) many.run({"SET", "user:" + std::to_string(i), "v"});
  switch_index(many, "yes");
  int calls = 0;
  before = examined(many);
  CHECK(scan(many, "user:*x", "10", [&] {
          ++calls;
          most = std::max(most, examined(many) - before);
          before = examined(many);
        }).empty());
  CHECK_LE(most, 1000);
  CHECK_GE(calls, 7);
  CHECK_LE(calls, 16);
}

TEST_CASE("SCAN and KEYS with the prefix index leave expired keys out; SCAN removes them") {
  Cache cache;
  switch_index(cache, "yes");
  for (int i = 0; i < 20; ++i) cache.run({"SET", "k" + std::to_string(i), "v"});
  for (int i = 0; i < 10; ++i) cache.run({"PEXPIRE", "k" + std::to_string(i), "5"});
  cache.pass(5);
  CHECK_EQ(keys(cache, "k*").size(), 10);
  CHECK_EQ(cache("DBSIZE"), ":20\r\n");
  CHECK_EQ(bulks(cache("SCAN 0 MATCH k* COUNT 100")).size(), 11);
  CHECK_EQ(cache("DBSIZE"), ":10\r\n");
  CHECK(sound(cache));
  CHECK_EQ(bulks(cache("SCAN 0 MATCH k* TYPE list COUNT 100")).size(), 1);
}

TEST_CASE("the prefix index takes no memory when it holds nothing or is switched off") {
  Cache cache(4);
  const auto used = [&] {
    int64_t sum = 0;
    cache.router.each([&](Shard& shard) { sum += shard.meter.bytes(); });
    return sum;
  };
  for (int i = 0; i < 20'000; ++i) cache.run({"SET", "key" + std::to_string(i), "v"});
  const int64_t without = used();
  switch_index(cache, "yes");
  const size_t bytes = index_bytes(cache);
  CHECK_GT(bytes, 8 * 20'000);
  CHECK_LT(bytes, 24 * 20'000);
  CHECK_EQ(used() - without, static_cast<int64_t>(bytes));
  // Freed a slice at a time.
  cache("CONFIG SET prefix-index no");
  CHECK(index_slice(cache, 5));
  CHECK_LT(index_bytes(cache), bytes);
  CHECK_GT(index_bytes(cache), bytes / 2);
  cache("CONFIG SET prefix-index yes");  // and on again, before it is gone
  while (index_slice(cache, 7)) {
  }
  CHECK(sound(cache));
  CHECK_EQ(keys(cache, "key1*").size(), 11'111);
  switch_index(cache, "no");
  CHECK_EQ(used(), without);

  switch_index(cache, "yes");
  for (int i = 0; i < 20'000; ++i) cache.run({"DEL", "key" + std::to_string(i)});
  CHECK_EQ(cache("DBSIZE"), ":0\r\n");
  CHECK_EQ(index_bytes(cache), 0);

  for (int i = 0; i < 20'000; ++i) cache.run({"SET", "key" + std::to_string(i), "v"});
  CHECK_GT(index_bytes(cache), 0);
  cache("FLUSHALL");
  cache.background();
  CHECK_EQ(used(), 0);
  CHECK_EQ(keys(cache, "key*").size(), 0);
}

}  // namespace freshet
