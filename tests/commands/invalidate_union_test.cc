// Several selectors in one invalidation, as POST /api/cache/invalidate has it.
#include "union.h"
#include "victims.h"

namespace freshet {
namespace {

Union union_of(Cache& cache, const std::vector<std::string>& lines) {
  return {cache.router, cache.session.now, lines};
}

size_t living(Cache& cache, uint32_t shard) {
  size_t count = 0;
  cache.router.at(shard, [&](Shard& at) {
    const Space space(at, 0, cache.session.now, true);
    space.db().keys.for_each([&](const Entry* entry) { count += space.alive(entry); });
  });
  return count;
}

std::vector<std::string> with(std::vector<std::string> lines, const std::string& options) {
  for (std::string& line : lines) line += " --" + options;
  return lines;
}

}  // namespace

TEST_CASE("a key that several selectors find is counted once") {
  const std::vector<std::string> all = {"INVALIDATE KEY k:1 k:2 none", "INVALIDATE PATTERN k:1*",
                                        "INVALIDATE TAG odd none", "INVALIDATE DEPS k:4 none"};
  struct Case {
    const char* options;
    uint64_t killed;
  };
  // k:1, k:10 … k:19; k:2; the odd ones of k:0 … k:39; leaf, and what was made from that.
  for (const Case& one : {Case{"", 27}, Case{" CASCADE", 28}, Case{" SOFT 1000", 27},
                          Case{" CASCADE SOFT 1000", 28}}) {
    on_all_caches([&](Cache& cache) {
      INFO(std::string(one.options));
      fill(cache, 40);
      cache("DEPSET leaf v DEPS 1 k:4 TAGS 1 odd");
      cache("DEPSET tip v DEPS 1 leaf");
      const std::string options = one.options;
      CHECK_EQ(union_of(cache, with(all, options + " DRYRUN")).reply(), integer(one.killed));
      CHECK_EQ(cache("EXISTS k:1 k:2 k:3 leaf tip"), integer(5));
      CHECK_EQ(union_of(cache, with(all, options)).reply(), integer(one.killed));
      CHECK_EQ(cache("EXISTS k:1 k:2 k:3 k:10 leaf"), integer(0));
      CHECK_EQ(cache("EXISTS tip k:4 k:20 other:1"), integer(one.killed == 28 ? 3 : 4));
      CHECK_EQ(cache("FETCH k:1 STALE").substr(0, 11),
               options.find("SOFT") == std::string::npos ? "*4\r\n$5\r\nLEA" : "*4\r\n$5\r\nSTA");
      CHECK_EQ(union_of(cache, with(all, options)).reply(), integer(0));
      cache.background();
    });
  }
}

TEST_CASE("a shard's keys die at one moment, whichever selector finds them") {
  Cache cache(8);
  cache.options.settings.invalidate_at_once = 0;
  fill(cache, 400);
  const auto others = [&](uint32_t shard) {  // the keys that nothing selects
    size_t count = 0;
    for (const std::string& key : texts(cache("KEYS *"))) {
      const bool spared = key == "d" || key.starts_with("other:");
      count += spared && cache.keyspace.id_of(cache.router.hasher()(key)) == shard;
    }
    return count;
  };
  std::vector<size_t> before, after;
  for (uint32_t shard = 0; shard < 8; ++shard) {
    before.push_back(living(cache, shard));
    after.push_back(others(shard));
  }
  Union all =
      union_of(cache, {"INVALIDATE PATTERN k:1*", "INVALIDATE TAG odd", "INVALIDATE DEPS d"});
  while (!all.done()) {
    all.step();
    for (uint32_t shard = 0; shard < 8; ++shard) {
      CAPTURE(shard);
      const size_t now = living(cache, shard);
      const bool whole = now == before[shard] || now == after[shard];
      CHECK(whole);
    }
  }
  CHECK_EQ(all.reply(), integer(400));
}

TEST_CASE("several selectors are one entry of the log") {
  on_all_caches([](Cache& cache) {
    fill(cache, 10);
    CHECK_EQ(union_of(cache, {"INVALIDATE KEY k:1", "INVALIDATE TAG odd t"}).reply(), integer(10));
    const std::vector<std::string> log = texts(cache("CACHESTATS LOG 9"));
    CHECK_EQ(std::count(log.begin(), log.end(), "kind"), 1);
    CHECK_EQ(std::count(log.begin(), log.end(), "union"), 1);
    CHECK_EQ(std::count(log.begin(), log.end(), "key k:1 tag odd t"), 1);
    CHECK_EQ(figure(cache, "CACHESTATS invalidations", "invalidate_union_calls"), 1);
    CHECK_EQ(figure(cache, "CACHESTATS invalidations", "invalidate_union_keys"), 10);
  });
}

}  // namespace freshet
