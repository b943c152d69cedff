// The parts that a measured hit ratio rests on: the traces, the two bounds, and the replay itself.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <set>

#include "bounds.h"
#include "freshet/base/rng.h"
#include "ratios.h"
#include "replay.h"
#include "workload.h"

namespace freshet {
namespace {

Trace random_trace(Rng& rng, size_t requests, uint64_t keys) {
  std::vector<uint64_t> drawn;
  for (size_t i = 0; i < requests; ++i) drawn.push_back(rng.below(keys));
  return make_trace("random", drawn);
}

// The most hits that any sequence of choices can have, found by trying all of them.
uint64_t most_hits(const Trace& trace, size_t at, std::set<uint32_t> kept, size_t capacity) {
  if (at == trace.keys.size()) return 0;
  const uint32_t key = trace.keys[at];
  if (kept.contains(key)) return 1 + most_hits(trace, at + 1, kept, capacity);
  uint64_t best = most_hits(trace, at + 1, kept, capacity);  // bypass
  std::set<uint32_t> with = kept;
  with.insert(key);
  if (with.size() <= capacity) return std::max(best, most_hits(trace, at + 1, with, capacity));
  for (const uint32_t victim : kept) {
    with.erase(victim);
    best = std::max(best, most_hits(trace, at + 1, with, capacity));
    with.insert(victim);
  }
  return best;
}

TEST_CASE("Belady's hits are the most that any choice of victims can reach") {
  Rng rng(7);
  for (int round = 0; round < 60; ++round) {
    const Trace trace = random_trace(rng, 11, 5);
    for (size_t capacity : {1, 2, 3}) {
      CHECK(belady_hits(trace, capacity) == most_hits(trace, 0, {}, capacity));
    }
  }
}

TEST_CASE("the exact LRU evicts the key that was not used for longest") {
  CHECK(lru_hits(make_trace("", {1, 2, 3, 1, 2, 3}), 2) == 0);
  CHECK(lru_hits(make_trace("", {1, 2, 1, 3, 1, 2}), 2) == 2);
  CHECK(lru_hits(make_trace("", {1, 2, 3, 1, 2, 3}), 3) == 3);
}

TEST_CASE("keys are numbered in the order of first use, and sizes are a share of them") {
  const Trace trace = make_trace("", {900, 5, 900, 77, 5});
  CHECK(trace.keys == std::vector<uint32_t>{0, 1, 0, 2, 1});
  CHECK(trace.distinct_within(3) == 2);
  CHECK(capacity_of(trace, 67) == 2);
  CHECK(capacity_of(trace, 1) == 1);
}

TEST_CASE("a trace file is read plain and through xz, and a broken one is refused") {
  const std::string path = std::filesystem::temp_directory_path() /
                           ("freshet-hitratio-" + std::to_string(getpid()) + ".tr");
  const auto write = [&path](const char* text) {
    std::FILE* file = std::fopen(path.c_str(), "we");
    std::fputs(text, file);
    std::fclose(file);
  };
  write("10 1\n11 1\n10 1\n");
  CHECK(read_trace(path, SIZE_MAX).trace.keys == std::vector<uint32_t>{0, 1, 0});
  CHECK(read_trace(path, 2).trace.keys.size() == 2);
  write("10 1\nten 1\n");
  CHECK(read_trace(path, SIZE_MAX).error.ends_with("line 2 does not begin with a number"));
  std::remove(path.c_str());
  CHECK(read_trace(path, SIZE_MAX).error == "cannot read " + path);
  CHECK(read_trace(path + ".xz", SIZE_MAX).error.ends_with("xz failed"));
}

TEST_CASE("workloads have the keys that they promise, the same in every run") {
  const WorkloadSpec spec{.requests = 300'000, .keys = 1'000};
  for (const std::string& kind : workload_names()) {
    const Trace trace = make_workload(kind, spec);
    CHECK(trace.keys.size() == spec.requests);
    CHECK(trace.keys == make_workload(kind, spec).keys);
  }
  CHECK(make_workload("zipf", spec).distinct <= 1'000);
  CHECK(make_workload("loop", spec).distinct == 1'000);
  CHECK(make_workload("scan", spec).distinct == 11'000);
  CHECK(make_workload("ohw", spec).distinct > 145'000);
  CHECK(make_workload("phase", spec).distinct == 1'600);
}

TEST_CASE("no policy has more hits than Belady") {
  const WorkloadSpec spec{.requests = 60'000, .keys = 3'000};
  for (const std::string& kind : workload_names()) {
    const Trace trace = make_workload(kind, spec);
    for (const double percent : {1.0, 10.0}) {
      const size_t capacity = capacity_of(trace, percent);
      const uint64_t most = belady_hits(trace, capacity);
      CHECK(lru_hits(trace, capacity) <= most);
      for (const std::string& policy : evicting_policies()) {
        CAPTURE(kind);
        CAPTURE(policy);
        CHECK(replay_hits(trace, {.policy = policy, .capacity = capacity}).count <= most);
      }
    }
  }
}

struct Floor {
  const char* policy;
  const char* workload;
  double percent;  // of the keys
  double least;    // hits in percent
};

// A point and a half under what was measured.
constexpr Floor kFloors[] = {
    {"allkeys-lru", "zipf", 2, 45.3},        {"allkeys-lru", "zipf", 10, 64.1},
    {"allkeys-lru", "scan", 10, 52.6},       {"allkeys-lru", "shift", 2, 45.4},
    {"allkeys-lru", "shift", 10, 64.1},      {"allkeys-lru", "phase", 10, 51.8},
    {"allkeys-adaptive", "zipf", 2, 56.9},   {"allkeys-adaptive", "zipf", 10, 71.2},
    {"allkeys-adaptive", "scan", 2, 47.9},   {"allkeys-adaptive", "scan", 10, 55.6},
    {"allkeys-adaptive", "shift", 2, 56.1},  {"allkeys-adaptive", "shift", 10, 69.9},
    {"allkeys-adaptive", "ohw", 10, 38.9},   {"allkeys-adaptive", "loop", 10, 6.9},
    {"allkeys-adaptive", "loop", 25, 20.0},  {"allkeys-adaptive", "phase", 10, 56.3},
    {"allkeys-adaptive", "zipf", 0.5, 45.5},  // 45.3 if time halves what a key has earned
};

TEST_CASE("on made-up workloads each policy reaches its floor, and stays under the ceiling") {
  for (const Floor& floor : kFloors) {
    const Trace trace = make_workload(floor.workload, {.requests = 200'000, .keys = 20'000});
    const ReplaySpec spec{.policy = floor.policy, .capacity = capacity_of(trace, floor.percent)};
    const auto share_of = [&trace](uint64_t hits) {
      return 100.0 * static_cast<double>(hits) / static_cast<double>(trace.keys.size());
    };
    const double reached = share_of(replay_hits(trace, spec).count);
    const double most = share_of(belady_hits(trace, spec.capacity));
    CAPTURE(floor.policy);
    CAPTURE(floor.workload);
    CHECK(reached > floor.least);
    CHECK(reached <= most);
  }
}

TEST_CASE("sampling with many samples comes close to the exact LRU") {
  const Trace trace = make_workload("zipf", {.requests = 100'000, .keys = 10'000});
  const auto exact = static_cast<double>(lru_hits(trace, 1'000));
  const ReplaySpec spec{.policy = "allkeys-lru", .capacity = 1'000, .samples = 64};
  CHECK(static_cast<double>(replay_hits(trace, spec).count) ==
        doctest::Approx(exact).epsilon(0.01));
}

// Hit ratios in percent that the engine's own curve tells for shares of the present capacity, and
// those of an exact LRU.
void compare_curve(const std::string& kind, double percent, double most_wrong, double mean_wrong) {
  const Trace trace = make_workload(kind, {.requests = 300'000, .keys = 50'000});
  const size_t capacity = capacity_of(trace, percent);
  Replay replay({.policy = "allkeys-lru", .capacity = capacity, .shards = 8});
  replay.run(trace);
  double sum = 0;
  int count = 0;
  CAPTURE(kind);
  for (const double share : {0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0}) {
    CAPTURE(share);
    const auto keys = static_cast<double>(capacity) * share;
    const auto exact = static_cast<double>(lru_hits(trace, static_cast<size_t>(keys)));
    const double wrong =
        100 * std::abs(replay.lru_hits_with(keys) - exact) / static_cast<double>(trace.keys.size());
    CHECK(wrong < most_wrong);
    sum += wrong;
    ++count;
  }
  CHECK(sum / count < mean_wrong);
}

TEST_CASE("the curve of hit ratios comes close to the exact LRU of any size") {
  for (const char* kind : {"zipf", "scan", "shift", "ohw", "phase"})
    compare_curve(kind, 10, 3, 1.5);
}

TEST_CASE("the table marks the best of a row but for the ceiling, and ends with the means") {
  const std::vector<Ratio> ratios = {{"a", "1%", "x", 10, 100, 40},
                                     {"a", "1%", "y", 10, 100, 50},
                                     {"a", "1%", "opt", 10, 100, 60}};
  CHECK(ratio_table(ratios) ==
        "| trace | size | x | y | opt |\n|---|---|--:|--:|--:|\n"
        "| a | 1% | 40.00 | **50.00** | 60.00 |\n| mean | | 40.00 | 50.00 | 60.00 |\n");
  CHECK(ratio_csv(ratios).starts_with(
      "trace,size,capacity,policy,references,hits,hit_percent\na,1%,10,x,100,40,40.0000\n"));
  CHECK(ratio_html(ratios).find("y 1%: 50.00 %") != std::string::npos);
}

TEST_CASE("the lead over a column is that of the cells that both have") {
  const std::vector<Ratio> ratios = {{"a", "1%", "x", 10, 100, 40},
                                     {"a", "1%", "y", 10, 100, 30},
                                     {"b", "1%", "x", 10, 100, 40},
                                     {"b", "1%", "y", 10, 100, 42},
                                     {"c", "1%", "x", 10, 100, 90}};
  CHECK(lead_table(ratios, "x").ends_with("\n| y | 2 | +4.00 | -2.00 | b 1% | 1 |\n"));
}

TEST_CASE("a reference stands beside what was measured, as far as it was") {
  const std::filesystem::path path = std::filesystem::temp_directory_path() /
                                     ("freshet-known-" + std::to_string(getpid()) + ".csv");
  const auto write = [&path](const char* text) {
    std::FILE* file = std::fopen(path.c_str(), "we");
    std::fputs(text, file);
    std::fclose(file);
  };
  const std::vector<Ratio> measured = {{"a", "1%", "x", 10, 100, 40}};
  write("trace,size,percent\na,1%,41.25\na,5%,50\n");
  const auto known = read_reference(path, measured);
  REQUIRE(known);
  REQUIRE(known->size() == 1);
  CHECK(known->front().percent() == doctest::Approx(41.25));
  CHECK(known->front().column == path.stem());
  write("trace,size,percent\na,1%\n");
  CHECK(!read_reference(path, measured));
  write("trace,size,percent\na,1%,much\n");
  CHECK(!read_reference(path, measured));
  std::filesystem::remove(path);
  CHECK(!read_reference(path, measured));
}

TEST_CASE("costs that are told save time, and cost few hits") {
  const Trace trace = make_workload("zipf", {.requests = 300'000, .keys = 20'000});
  uint64_t all = 0;
  for (const uint32_t number : trace.keys) all += cost_of(number);
  const auto percent = [](uint64_t part, uint64_t of) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(of);
  };
  const ReplaySpec spec{.policy = "allkeys-adaptive", .capacity = 1000};
  ReplaySpec told = spec;
  told.cost_weight = 100;
  const Replay::Hits without = replay_hits(trace, spec), with = replay_hits(trace, told);
  CHECK(percent(with.saved_ms, all) > percent(without.saved_ms, all) + 4);
  CHECK(with.count < without.count);
}

}  // namespace
}  // namespace freshet
