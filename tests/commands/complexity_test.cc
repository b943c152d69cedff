// What INVALIDATE looks at to find its victims: the matches, however many keys there are. Proved by
// counting keys, not seconds.
#include "../scale.h"
#include "probe.h"

namespace freshet {
namespace {

constexpr int kMatches = 100;

// Keys that no invalidation here names; some of them tagged and made from something.
void fill_haystack(Cache& cache, int count) {
  cache.options.settings.prefix_index = true;
  for (int i = 0; i < count; ++i) {
    const std::string key = "key:" + std::to_string(i);
    if (i % 10 == 0) {
      cache.run({"DEPSET", key, "v", "DEPS", "1", "elsewhere", "TAGS", "1", "other"});
    } else {
      cache.run({"SET", key, "v"});
    }
  }
  cache.router.each([](Shard& shard) {
    while (shard.index_slice(1'000'000)) {
    }
  });
}

void store_matches(Cache& cache) {
  for (int i = 0; i < kMatches; ++i) {
    const std::string key = "match:" + std::to_string(i);
    cache.run({"DEPSET", key, "v", "DEPS", "1", "d", "TAGS", "2", "t", "u"});
  }
}

// Keys that a command looked at.
uint64_t examined(Cache& cache, const std::string& command, const std::string& reply) {
  const auto before = figure(cache, "CACHESTATS GRAPH", "keys_examined");
  CHECK_EQ(cache(command), reply);
  return static_cast<uint64_t>(figure(cache, "CACHESTATS GRAPH", "keys_examined") - before);
}

}  // namespace

TEST_CASE("INVALIDATE looks at 100 keys to kill 100, among 10,000 as among a million") {
  for (const int keys : {10'000, 100'000, 1'000'000}) {
    if (keys > scaled(1'000'000, 100'000)) continue;
    CAPTURE(keys);
    Cache cache(8);
    fill_haystack(cache, keys - kMatches);
    for (const uint32_t at_once : {64u, 0u}) {
      CAPTURE(at_once);
      cache.options.settings.invalidate_at_once = at_once;
      for (const char* which : {"TAG t", "TAG t CASCADE", "TAG t u ALL", "DEPS d", "DEPS d CASCADE",
                                "PATTERN match:*", "PATTERN mat*:* CASCADE"}) {
        const std::string command = "INVALIDATE " + std::string(which);
        INFO(command);
        store_matches(cache);
        CHECK_EQ(cache("DBSIZE"), integer(static_cast<uint64_t>(keys)));
        CHECK_EQ(examined(cache, command, integer(kMatches)), kMatches);
        cache.background();
      }
      store_matches(cache);
      CHECK_EQ(examined(cache, "INVALIDATE TAG t DRYRUN", integer(kMatches)), kMatches);
      CHECK_EQ(examined(cache, "INVALIDATE DEPS d DRYRUN", integer(kMatches)), kMatches);
      CHECK_EQ(examined(cache, "INVALIDATE PATTERN match:* DRYRUN", integer(kMatches)), kMatches);
    }
  }
}

TEST_CASE("without the index a pattern is compared with every key") {
  Cache cache(8);
  fill_haystack(cache, 1000);
  store_matches(cache);
  cache.options.settings.prefix_index = false;
  cache.router.each([](Shard& shard) {
    while (shard.index_slice(1'000'000)) {
    }
  });
  CHECK_GE(examined(cache, "INVALIDATE PATTERN match:*", integer(kMatches)), 1000 + kMatches);
}

}  // namespace freshet
