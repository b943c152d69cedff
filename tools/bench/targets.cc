#include "targets.h"

#include "rows.h"

namespace freshet {

namespace {

constexpr char kInvalidation[] = "invalidation";
constexpr char kVersusRedis[] = "cpu_vs_redis", kVersusPing[] = "cpu_vs_ping";

Target invalidation(const char* what, const char* row, const char* metric, Bound bound,
                    double value) {
  return {
      what, {row, "freshet"}, kInvalidation, metric, bound, value, bound == Bound::kAtMost ? 2 : 0};
}

Target at_most_bytes(const char* what, const char* row, const char* metric, double value) {
  return {what, {row, "freshet"}, "memory", metric, Bound::kAtMost, value, 1};
}

Target figure(const char* what, const char* table, const char* row, const char* metric,
              double most) {
  return {what, {row, "freshet"}, table, metric, Bound::kAtMost, most, 2};
}

// Server CPU per operation, at most so many times that of `metric`'s server.
Target cost(const char* row, const char* metric, double value) {
  const char* what = metric == kVersusPing ? "CPU, times ping" : "CPU, times redis";
  return {what, {row, "freshet"}, "throughput", metric, Bound::kAtMost, value, 2};
}

Target cost_of_sharing(const char* row) {
  return {
      "CPU, times --cores 1", {row, "freshet-2"}, "cores", "cpu_vs_one", Bound::kAtMost, 1.15, 2};
}

constexpr char kNobodyWaits[] = "another client's wait for the server, ms";

}  // namespace

const std::vector<Target>& targets() {
  static const std::vector<Target> all = {
      cost("GET p1", kVersusRedis, 0.80),
      cost("SET p1", kVersusRedis, 0.80),
      cost("GET p32", kVersusRedis, 0.28),
      cost("GET p128", kVersusRedis, 0.20),
      cost("SET p32", kVersusRedis, 0.35),
      cost("SET p128", kVersusRedis, 0.28),
      cost("GET p32", kVersusPing, 1.25),
      cost("MGET 10 p8", kVersusRedis, 0.40),
      cost("GET 1 MB p1", kVersusRedis, 0.70),
      cost("GET 20M keys p32", kVersusRedis, 0.25),
      cost_of_sharing("GET p32"),
      cost_of_sharing("SET p32"),
      {"p99.9, times redis",
       {kOpenLoopRow, "freshet"},
       "throughput",
       "p999_ratio",
       Bound::kAtMost,
       1,
       2},
      at_most_bytes("bytes a key", kPlainKey, "bytes", 76),
      at_most_bytes("bytes a key", kMortalKey, "bytes", 84),
      at_most_bytes("bytes a connection", kIdleConnection, "bytes", 1024),
      invalidation("times sooner than redis", kTagRow, "sooner", Bound::kAtLeast, 100),
      invalidation("longest GET, times shorter than redis", kTagRow, "shorter", Bound::kAtLeast,
                   200),
      invalidation("times sooner than redis", kPatternRow, "sooner", Bound::kAtLeast, 50),
      invalidation(kNobodyWaits, kTagRow, "own_ms", Bound::kAtMost, 2),
      invalidation(kNobodyWaits, kPatternRow, "own_ms", Bound::kAtMost, 2),
      invalidation(kNobodyWaits, kFanRow, "own_ms", Bound::kAtMost, 2),
      invalidation(kNobodyWaits, kChainRow, "own_ms", Bound::kAtMost, 2),
      invalidation(kNobodyWaits, kLoopRow, "own_ms", Bound::kAtMost, 2),
      invalidation(kNobodyWaits, kManyRow, "own_ms", Bound::kAtMost, 2),
      figure("a client's wait beyond steady load, ms", "growth", kGrowthRow, "beyond_ms", 1),
      figure("ms with the index", "prefix", kKeysRow, "with_ms", 1),
      figure("ms with the index", "prefix", kKillRow, "with_ms", 1),
      figure("bytes a key of the index", "prefix", kKeysRow, "bytes", 24),
      figure("RSS / maxmemory", "churn", kChurnRow, "rss_ratio", 1.10),
      figure("a client's wait beyond steady load, ms", "halving", kHalvingRow, "beyond_ms", 1),
      figure("µs an eviction", "eviction", kAdaptiveRow, "eviction_us", 2),
      figure("µs an eviction", "eviction", kLruRow, "eviction_us", 2),
      figure("µs an eviction", "eviction", kLfuRow, "eviction_us", 2),
      at_most_bytes("bytes a key of 16 and a value of 32", kTaggedKey, "bytes", 130),
      at_most_bytes("bytes a tag", kTaggedKey, "bytes_per_name", 24),
      at_most_bytes("bytes a dependency", kDependentKey, "bytes_per_name", 24),
      {"operations per CPU second, times redis",
       {kTaggedRow, "freshet"},
       "throughput",
       "cpu_gain",
       Bound::kAtLeast,
       3,
       2},
  };
  return all;
}

bool meets(const Target& target, double measured) {
  return target.bound == Bound::kAtLeast ? measured >= target.value : measured <= target.value;
}

std::vector<Verdict> verdicts(const Results& results) {
  std::vector<Verdict> all;
  for (const Target& target : targets()) {
    const auto measured = results.get(target.table, target.line, target.metric);
    if (!measured && !results.is_absent(target.table, target.line)) continue;
    all.push_back({&target, measured, measured && meets(target, *measured)});
  }
  return all;
}

}  // namespace freshet
