// maxmemory: what is refused, what is evicted, and that the count is exact.
#include "harness.h"

namespace freshet {
namespace {

int64_t metered(Cache& cache) {
  int64_t bytes = 0;
  for (uint32_t id = 0; id < cache.keyspace.size(); ++id)
    bytes += cache.keyspace.shard(id).meter.bytes();
  return bytes;
}

void fill(Cache& cache, int from, int to, std::string_view value) {
  for (int i = from; i < to; ++i) {
    const std::string key = "key:" + std::to_string(i);
    cache.run({"SET", key, value});
  }
}

}  // namespace

TEST_CASE("noeviction refuses what needs memory and lets the rest through") {
  Cache cache(4);
  fill(cache, 0, 1000, "value");
  cache.options.settings.maxmemory = 1;
  CHECK_EQ(cache("SET a 1"), "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
  CHECK_EQ(cache("DEPSET a 1 TAGS 1 t").substr(0, 4), "-OOM");
  CHECK_EQ(cache("GET key:1"), "$5\r\nvalue\r\n");
  CHECK_EQ(cache("DEL key:1"), ":1\r\n");
  CHECK_EQ(cache("INVALIDATE KEY key:2"), ":1\r\n");
}

TEST_CASE("allkeys-lru keeps memory at the limit, and drops what was not used for long") {
  Cache cache(4);
  cache.options.settings.policy = EvictionPolicy::kAllKeysLru;
  fill(cache, 0, 5000, "value");
  const int64_t limit = metered(cache) + 20'000;
  cache.options.settings.maxmemory = limit;
  cache.pass(10'000);
  for (int i = 0; i < 2500; ++i) {  // the first half is used now
    const std::string key = "key:" + std::to_string(i);
    cache.run({"GET", key});
  }
  cache.pass(10'000);
  fill(cache, 5000, 7000, "value");
  // The Budget hears of a shard's bytes 4 KiB late, and the last command comes on top.
  CHECK_LE(metered(cache), limit + 4 * Meter::kLag + 1000);
  int used = 0, unused = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string key = "key:" + std::to_string(i);
    (i < 2500 ? used : unused) += cache.run({"EXISTS", key}) == ":1\r\n";
  }
  CHECK_GT(used, unused + 500);
}

TEST_CASE("one command evicts a slice at most for what the one before stored") {
  Cache cache(1);
  cache.options.settings.policy = EvictionPolicy::kAllKeysLru;
  fill(cache, 0, 5000, "value");
  cache.options.settings.maxmemory = metered(cache) - 10'000;
  const auto keys = [&] { return static_cast<int>(cache.keyspace.shard(0).db(0).keys.size()); };
  cache("SET a 1");
  cache.run({"SET", "large", std::string(1'000'000, 'x')});
  const int before = keys();
  cache("SET b 1");
  CHECK_EQ(keys(), before + 1 - Router::kEvictionsPerCommand);
}

TEST_CASE("what is counted goes back to nothing with the last key") {
  for (const uint32_t shards : {1u, 8u}) {
    Cache cache(shards);
    const std::string large(100'000, 'x');
    for (int i = 0; i < 2000; ++i) {
      const std::string key = "key:" + std::to_string(i), tag = "tag:" + std::to_string(i % 7);
      const std::string dep = "signal:" + std::to_string(i % 50);
      cache.run({"DEPSET", key, i % 100 == 0 ? large : "v", "DEPS", "1", dep, "TAGS", "1", tag});
      if (i % 3 == 0) cache.run({"EXPIRE", key, "100"});
      if (i % 5 == 0) cache.run({"APPEND", key, "more"});
    }
    CHECK_GT(metered(cache), 2'000'000);
    for (int i = 0; i < 2000; ++i) {
      const std::string key = "key:" + std::to_string(i);
      cache.run({"DEL", key});
    }
    cache.pass(200'000);
    cache.background();
    // An empty wheel keeps its slots.
    for (uint32_t id = 0; id < shards; ++id) cache.keyspace.shard(id).flush(0);
    cache.background();
    CHECK_EQ(metered(cache), 0);
  }
}

}  // namespace freshet
