// Several cores, each with a router of its own over one keyspace.
#include <doctest/doctest.h>

#include <atomic>
#include <string>

#include "desk.h"

namespace freshet {
namespace {

constexpr int kCores = 4;

}  // namespace

TEST_CASE("counters raised by four cores lose nothing") {
  House house;
  house.run(kCores, [](Desk& desk, int) {
    for (int i = 0; i < 2'000; ++i) desk.run({"INCR", "counter:" + std::to_string(i % 20)});
  });
  Desk desk(house.keyspace, house.options);
  for (int i = 0; i < 20; ++i) {
    CHECK(desk.run({"GET", "counter:" + std::to_string(i)}) == "$3\r\n400\r\n");
  }
}

TEST_CASE("an MSET over many shards is seen whole or not at all") {
  House house;
  std::atomic<int> torn{0};
  house.run(kCores, [&](Desk& desk, int core) {
    for (int i = 0; i < 1'000; ++i) {
      const std::string value = std::to_string(core) + std::to_string(i % 10);
      if (core % 2 == 0) {
        desk.run({"MSET", "a", value, "b", value, "c", value, "d", value, "e", value});
        continue;
      }
      const std::string reply = desk.run({"MGET", "a", "b", "c", "d", "e"});
      const std::string first = reply.substr(4, (reply.size() - 4) / 5);
      for (size_t at = 4; at < reply.size(); at += first.size()) {
        if (reply.compare(at, first.size(), first) != 0) torn.fetch_add(1);
      }
    }
  });
  CHECK(torn == 0);
}

TEST_CASE("reads, writes, deletes, prefetches and background work share the shards") {
  House house;
  std::atomic<int> wrong{0};
  house.run(kCores, [&](Desk& desk, int core) {
    for (int i = 0; i < 3'000; ++i) {
      const std::string key = "key:" + std::to_string(i % 97);
      desk.router.prefetch_bucket(0, desk.router.hasher()(key));
      desk.router.prefetch_item(0, desk.router.hasher()(key));
      if (i % 3 == 0) desk.run({"SET", key, key, "PX", std::to_string(1 + i % 50)});
      const std::string reply = desk.run({"GET", key});
      if (reply != "$-1\r\n" && reply.find(key) == std::string::npos) wrong.fetch_add(1);
      if (i % 5 == core) desk.run({"DEL", key});
      if (i % 100 == 0) {
        desk.pass(10);
        desk.housekeep();
      }
      if (i % 1'000 == 999) desk.run({"FLUSHALL"});
    }
  });
  CHECK(wrong == 0);
}

TEST_CASE("no core reads a dependent whose dependency it has changed, whatever the others do") {
  House house;
  std::atomic<int> stale{0}, lost{0};
  house.run(kCores, [&](Desk& desk, int core) {
    // Each core changes its own source. Its pages hang on another core's as well, and any core may
    // kill them; the leaf hangs on it alone, two levels down. All of them lie in any shard.
    const std::string mine = "source:" + std::to_string(core);
    const std::string other = "source:" + std::to_string((core + 1) % kCores);
    for (int i = 0; i < 500; ++i) {
      const std::string id = std::to_string(core) + ":" + std::to_string(i % 7);
      const std::string page = "page:" + id, stem = "stem:" + id, leaf = "leaf:" + id;
      desk.run({"SET", mine, std::to_string(i)});
      desk.run({"DEPSET", page, "v", "DEPS", "2", mine, other, "TAGS", "1", "t"});
      desk.run({"DEPSET", stem, "v", "DEPS", "1", mine});
      desk.run({"DEPSET", leaf, "v", "DEPS", "1", stem});
      if (desk.run({"GET", leaf}) == "$-1\r\n") lost.fetch_add(1);
      desk.run({"SET", mine, "changed " + std::to_string(i)});
      for (const std::string& key : {page, stem, leaf}) {
        if (desk.run({"GET", key}) != "$-1\r\n") stale.fetch_add(1);
      }
      if (i % 50 == 0) desk.run({"INVALIDATE", "TAG", "t", "CASCADE"});
    }
  });
  CHECK(stale == 0);
  CHECK(lost == 0);
}

}  // namespace freshet
