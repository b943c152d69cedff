// What INVALIDATE promises, with several cores at work.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../commands/union.h"
#include "stampede.h"

namespace freshet {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr int kCommands = 5'000;  // of each core
#else
constexpr int kCommands = 50'000;
#endif
constexpr int kCores = 4;

}  // namespace

TEST_CASE("no read that began after an invalidation's reply returns what was stored before it") {
  for (const uint32_t at_once : {64u, 2u}) {  // at most so many victims are buried by the kill
    CAPTURE(at_once);
    House house(8);
    house.options.settings.invalidate_at_once = at_once;
    const Stampede done = stampede(house, kCommands / 2);
    CHECK_MESSAGE(done.error.empty(), done.error);
    CHECK_MESSAGE(done.verdict.clean(), done.verdict.first, "; stale reads ", done.verdict.stale,
                  ", false accepts ", done.verdict.false_accepts, ", unknown values ",
                  done.verdict.unknown);
    // The test is worth something only if both outcomes are common.
    CHECK(done.hits > done.misses / 10);
    CHECK(done.misses > done.hits / 10);
    CHECK(done.filled > kCommands / 100);
    CHECK(done.refused > 0);
  }
}

TEST_CASE("of the keys of one shard that several selectors kill no reader sees a part") {
  for (const uint32_t at_once : {64u, 0u}) {
    CAPTURE(at_once);
    House house(8);
    house.options.settings.invalidate_at_once = at_once;
    std::atomic<bool> working{true};
    std::atomic<int> parts{0}, wholes{0};
    house.run(2, [&](Desk& desk, int core) {
      // Until the reader has looked often enough, however late it comes to that.
      for (int i = 0; core == 0 && (i < kCommands / 5 || wholes < 100); ++i) {
        // {s}b is there only while {s}a is, until both die.
        desk.run({"DEPSET", "{s}a", "v", "TAGS", "1", "t"});
        desk.run({"DEPSET", "{s}b", "v", "DEPS", "1", "d"});
        Union(desk.router, desk.now(), {"INVALIDATE TAG t", "INVALIDATE DEPS d"}).reply();
      }
      if (core == 0) working = false;
      while (working) {
        const std::string both = desk.run({"MGET", "{s}a", "{s}b"});
        parts += both == "*2\r\n$-1\r\n$1\r\nv\r\n";
        wholes += both == "*2\r\n$1\r\nv\r\n$1\r\nv\r\n";
      }
    });
    CHECK(parts == 0);
  }
}

TEST_CASE("memory handed back while others store and invalidate is handed back whole") {
  House house(8);
  std::atomic<int> working{kCores - 1}, lost{0};
  house.run(kCores, [&](Desk& desk, int core) {
    if (core == kCores - 1) {
      while (working.load() > 0) desk.housekeep();
      return;
    }
    const std::string mine = std::to_string(core);
    for (int round = 0; round < kCommands / 250; ++round) {
      for (int i = 0; i < 100; ++i) {
        desk.run({"DEPSET", "k:" + mine + ":" + std::to_string(i), "v", "DEPS", "1", "d:" + mine,
                  "TAGS", "2", "all", "tag:" + mine});
      }
      const std::vector<std::vector<std::string>> ways = {
          {"INVALIDATE", "TAG", "tag:" + mine},
          {"INVALIDATE", "DEPS", "d:" + mine},
          {"INVALIDATE", "PATTERN", "k:" + mine + ":*"}};
      desk.run(ways[static_cast<size_t>(round) % ways.size()]);
      if (desk.run({"EXISTS", "k:" + mine + ":7"}) != ":0\r\n") lost.fetch_add(1);
    }
    working.fetch_sub(1);
  });
  CHECK(lost == 0);
  Desk desk(house.keyspace, house.options);
  while (desk.housekeep()) {
  }
  CHECK(desk.run({"DBSIZE"}) == ":0\r\n");
  size_t held = 0;
  for (uint32_t id = 0; id < house.keyspace.size(); ++id)
    held += house.keyspace.shard(id).db(0).graph.memory();
  CHECK(held == 0);
}

}  // namespace freshet
