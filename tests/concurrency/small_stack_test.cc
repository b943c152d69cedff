// Chains and fans of a million on a stack of 256 KiB: nothing in the engine recurses along the
// graph.
#include <doctest/doctest.h>
#include <pthread.h>

#include <functional>
#include <memory>

#include "../commands/harness.h"
#include "../scale.h"

namespace freshet {
namespace {

constexpr int kMany = scaled(1'000'000, 50'000);
constexpr size_t kStack = 256 * 1024;
constexpr auto kOk = "+OK\r\n";

std::string key(int i) { return "k:" + std::to_string(i); }
std::string integer(int64_t number) { return ":" + std::to_string(number) + "\r\n"; }

// body() on a thread with a stack of kStack bytes, and waits for it.
void on_small_stack(const std::function<void()>& body) {
  pthread_attr_t attributes;
  REQUIRE_EQ(pthread_attr_init(&attributes), 0);
  REQUIRE_EQ(pthread_attr_setstacksize(&attributes, kStack), 0);
  pthread_t thread;
  const auto run = [](void* what) -> void* {
    (*static_cast<const std::function<void()>*>(what))();
    return nullptr;
  };
  void* const argument = const_cast<std::function<void()>*>(&body);
  REQUIRE_EQ(pthread_create(&thread, &attributes, run, argument), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

// k:0 a plain value, each of the others made from the one before it.
void build_chain(Cache& cache) {
  cache.run({"SET", key(0), "1"});
  int stored = 0;
  for (int i = 1; i <= kMany; ++i) {
    const std::string name = key(i), dep = key(i - 1);
    stored += cache.run({"DEPSET", name, "v", "DEPS", "1", dep}) == kOk;
  }
  CHECK_EQ(stored, kMany);
}

void build_fan(Cache& cache) {
  cache.run({"SET", "root", "1"});
  int stored = 0;
  for (int i = 1; i <= kMany; ++i) {
    const std::string name = key(i);
    stored += cache.run({"DEPSET", name, "v", "DEPS", "1", "root"}) == kOk;
  }
  CHECK_EQ(stored, kMany);
}

size_t graph_bytes(Cache& cache) {
  size_t bytes = 0;
  cache.router.each([&](Shard& shard) { bytes += shard.db(0).graph.memory(); });
  return bytes;
}

}  // namespace

TEST_CASE("a chain of a million is searched for a loop, counted, and invalidated at every level") {
  on_small_stack([] {
    const auto cache = std::make_unique<Cache>(8);
    build_chain(*cache);
    const std::string last = key(kMany);
    const std::string error = cache->run({"DEPSET", key(0), "2", "DEPS", "1", last});
    CHECK(error.starts_with("-CYCLE k:0 <- " + last + " <- " + key(kMany - 1) + " <- "));
    CHECK(error.ends_with(" <- ... <- k:0\r\n"));
    CHECK_EQ((*cache)("INVALIDATE KEY k:0 CASCADE DRYRUN"), integer(kMany + 1));
    CHECK_EQ((*cache)("DBSIZE"), integer(kMany + 1));
    CHECK_EQ((*cache)("INVALIDATE KEY k:0 CASCADE"), integer(kMany + 1));
    CHECK_EQ((*cache)("DBSIZE"), integer(0));
    CHECK_EQ(graph_bytes(*cache), 0);
    CHECK_EQ(cache->keyspace.cascades.deepest.load(), kMany);
  });
}

TEST_CASE("a chain of a million gets an earlier deadline, and dies of one SET") {
  on_small_stack([] {
    const auto cache = std::make_unique<Cache>(8);
    build_chain(*cache);
    CHECK_EQ((*cache)("PEXPIRE k:0 5000"), integer(1));
    CHECK_EQ(cache->run({"PTTL", key(kMany)}), integer(5000));
    CHECK_EQ((*cache)("SET k:0 2"), kOk);
    CHECK_EQ((*cache)("DBSIZE"), integer(1));
    CHECK_EQ(graph_bytes(*cache), 0);
  });
}

TEST_CASE("a fan of a million is counted, and dies of one SET") {
  on_small_stack([] {
    const auto cache = std::make_unique<Cache>(8);
    build_fan(*cache);
    CHECK_EQ((*cache)("INVALIDATE KEY root CASCADE DRYRUN"), integer(kMany + 1));
    CHECK_EQ((*cache)("SET root 2"), kOk);
    CHECK_EQ((*cache)("DBSIZE"), integer(1));
    CHECK_EQ(graph_bytes(*cache), 0);
    CHECK_EQ(cache->keyspace.cascades.widest.load(), kMany);
  });
}

}  // namespace freshet
