// CACHESTATS MRC: its shape, and that it hears of all that happens to keys.
#include <cmath>
#include <cstdlib>

#include "harness.h"
#include "probe.h"

namespace freshet {
namespace {

// The reply under RESP2, its texts one after the other. The rows come last, three texts each.
struct Curve {
  explicit Curve(Cache& cache) : reply(cache("CACHESTATS MRC")), parts(texts(reply)) {}
  double of(std::string_view name) const {
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      if (parts[i] == name) return std::strtod(parts[i + 1].c_str(), nullptr);
    }
    FAIL("no such figure");
    return 0;
  }
  // What the policy would have answered with the n-th share of maxmemory.
  double by_policy(size_t row) const {
    size_t at = reply.find("rows\r\n");
    for (size_t i = 0; i <= row; ++i) at = reply.find("*3\r\n", at + 1);
    const size_t end = std::min(reply.find("*3\r\n", at + 1), reply.size());
    return std::strtod(reply.c_str() + reply.rfind('\n', end - 3) + 1, nullptr);
  }
  // The estimate of the last row: four times maxmemory.
  double largest() const { return std::strtod(parts.back().c_str(), nullptr); }

  std::string reply;
  std::vector<std::string> parts;
};

void get(Cache& cache, const std::string& key) { cache("GET " + key); }

}  // namespace

TEST_CASE("CACHESTATS MRC tells hit ratios by memory, and nothing before the first look-up") {
  Cache cache;
  const std::string empty = cache("CACHESTATS MRC");
  CHECK(empty.starts_with("*24\r\n$11\r\nsample_keys\r\n:0\r\n$11\r\nsample_rate\r\n"));
  CHECK(empty.find("$17\r\nmeasured_hit_rate\r\n$-1\r\n$18\r\nestimated_hit_rate\r\n$-1\r\n") !=
        std::string::npos);
  CHECK(empty.find("$6\r\npolicy\r\n$10\r\nnoeviction\r\n$18\r\npolicy_sample_keys\r\n:0\r\n") !=
        std::string::npos);
  CHECK(empty.find("policy_estimated_hit_rate\r\n$-1\r\n$4\r\nrows\r\n*9\r\n*3\r\n") !=
        std::string::npos);
  cache("SET a 1");
  for (int i = 0; i < 3; ++i) get(cache, "a");
  get(cache, "none");
  cache.pass(500);
  const Curve curve(cache);
  CHECK(figure(cache, "CACHESTATS MRC", "sample_keys") == 1);
  CHECK(curve.of("sample_rate") == 1);
  CHECK(figure(cache, "CACHESTATS MRC", "references") == 4);
  CHECK(figure(cache, "CACHESTATS MRC", "window_ms") == 500);
  CHECK(curve.of("measured_hit_rate") == 0.75);
  CHECK(curve.largest() == 0.75);
  cache.session.resp = 3;
  const std::string third = cache("CACHESTATS MRC");
  CHECK(third.starts_with("%12\r\n"));
  CHECK(third.find("measured_hit_rate\r\n,0.7500\r\n") != std::string::npos);
  CHECK_EQ(cache("CACHESTATS MRC 1"), "-ERR syntax error\r\n");
}

TEST_CASE("rows are shares of maxmemory, and of the memory in use without a limit") {
  Cache cache;
  cache("CONFIG SET maxmemory 80mb");
  cache("SET a 1");
  get(cache, "a");
  const std::string limited = cache("CACHESTATS MRC");
  CHECK(limited.find("*3\r\n:10485760\r\n") != std::string::npos);
  CHECK(limited.find("*3\r\n:335544320\r\n$6\r\n1.0000\r\n$-1\r\n") != std::string::npos);
  cache("CONFIG SET maxmemory 0");
  CHECK(cache("CACHESTATS MRC").find(":10485760\r\n") == std::string::npos);
}

TEST_CASE("at its own size the estimate comes close to what was measured") {
  Cache cache;
  cache("CONFIG SET maxmemory 2mb maxmemory-policy allkeys-lru maxmemory-samples 64");
  Rng rng(11);
  const std::string value(100, 'v');
  for (int i = 0; i < 60'000; ++i) {
    const uint64_t most = 1 + rng.below(40'000);
    const std::string key = "key:" + std::to_string(rng.below(most));
    cache.pass(1'000);  // stamps are in seconds
    if (cache.run({"GET", key}) == kNil) cache.run({"SET", key, value});
  }
  REQUIRE(counted(cache).evicted > 10'000);
  const Curve curve(cache);
  CHECK(figure(cache, "CACHESTATS MRC", "references") == 60'000);
  CHECK(curve.of("sample_rate") < 0.5);
  CHECK(curve.of("estimated_hit_rate") ==
        doctest::Approx(curve.of("measured_hit_rate")).epsilon(0.06));
}

// A cache that loops are read in beside popular keys, with values of many sizes.
void wear(Cache& cache, const std::string& policy, int megabytes) {
  cache("CONFIG SET maxmemory " + std::to_string(megabytes) + "mb maxmemory-policy " + policy);
  Rng rng(11);
  for (int i = 0; i < 150'000; ++i) {
    const bool looped = rng.below(3) == 0;
    const uint64_t number =
        looped ? static_cast<uint64_t>(i) % 20'000 : rng.below(1 + rng.below(40'000));
    const std::string key = (looped ? "loop:" : "key:") + std::to_string(number);
    if (i % 50 == 0) cache.pass(1'000);
    if (cache.run({"GET", key}) != kNil) continue;
    cache.run({"SET", key, std::string(20 + number % 200, 'v'), "EX", "100000"});
  }
}

TEST_CASE("the policy's estimates come close to what caches of those sizes measure") {
  for (const std::string policy : {"allkeys-lfu", "allkeys-adaptive", "volatile-lru"}) {
    CAPTURE(policy);
    Cache cache, smaller, larger;
    wear(cache, policy, 4);
    wear(smaller, policy, 2);
    wear(larger, policy, 8);
    REQUIRE(counted(cache).evicted > 10'000);
    const Curve curve(cache);
    CHECK(figure(cache, "CACHESTATS MRC", "policy_sample_keys") > 200);
    CHECK(curve.of("policy_sample_rate") < 0.2);
    CHECK(curve.of("policy_estimated_hit_rate") == curve.by_policy(4));
    const auto error = [&curve](size_t row, Cache& measured) {
      return std::abs(curve.by_policy(row) - Curve(measured).of("measured_hit_rate"));
    };
    CHECK(error(2, smaller) < 0.04);  // what a server takes when empty is more of it
    CHECK(error(4, cache) < 0.025);
    CHECK(error(6, larger) < 0.035);
  }
}

TEST_CASE("the policy's estimates end with the limit, and begin anew with another policy") {
  Cache cache;
  wear(cache, "allkeys-lru", 2);
  CHECK(figure(cache, "CACHESTATS MRC", "policy_sample_keys") > 0);
  cache("CONFIG SET maxmemory-policy allkeys-adaptive");
  CHECK(cache("CACHESTATS MRC").find("policy_estimated_hit_rate\r\n$-1") != std::string::npos);
  for (int i = 0; i < 1'000; ++i) get(cache, "other:" + std::to_string(i));
  CHECK(cache("CACHESTATS MRC").find("policy_estimated_hit_rate\r\n$6\r\n0.0000") !=
        std::string::npos);
  cache("CONFIG SET maxmemory 0");
  for (int i = 0; i < 1'000; ++i) get(cache, "other:" + std::to_string(i));
  CHECK(figure(cache, "CACHESTATS MRC", "policy_sample_keys") == 0);
  CHECK(cache("CACHESTATS MRC").find("policy_estimated_hit_rate\r\n$-1") != std::string::npos);
}

// Once it was stored again and read, the half of two look-ups that a cache of any size answers.
TEST_CASE("what a key's own end makes a miss is one at any size") {
  Cache cache;
  const auto end_by = [&](const std::string& command) {
    cache("FLUSHALL");
    cache("CACHESTATS RESET");
    cache("DEPSET k v TAGS 1 t");
    cache(command);
    cache.pass(2'000);
    get(cache, "k");
    CAPTURE(command);
    CHECK(Curve(cache).largest() == 0);
    cache("SET k v");
    get(cache, "k");
    CHECK(Curve(cache).largest() == 0.5);
  };
  for (const char* command : {"DEL k", "PEXPIRE k 1000", "INVALIDATE TAG t", "INVALIDATE KEY k",
                              "RENAME k other", "FLUSHALL"}) {
    end_by(command);
  }
}

TEST_CASE("databases keep keys of one name apart") {
  Cache cache;
  cache("SET k v");
  cache("SELECT 1");
  get(cache, "k");
  CHECK(Curve(cache).largest() == 0);
}

}  // namespace freshet
