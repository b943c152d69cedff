// Keys for INVALIDATE to kill, and the ways to kill them all.
#pragma once

#include "probe.h"

namespace freshet {

// k:0 … k:n-1 with the tag t and, for the odd ones, the tag odd; all made from d. Every third has a
// deadline. And some that no kill of these tests names.
inline void fill(Cache& cache, int count) {
  cache("SET d 1");
  for (int i = 0; i < count; ++i) {
    const std::string key = "k:" + std::to_string(i);
    std::vector<std::string_view> args = {"DEPSET", key, "v", "DEPS", "1", "d", "TAGS"};
    if (i % 2 == 1) args.insert(args.end(), {"2", "t", "odd"});
    if (i % 2 == 0) args.insert(args.end(), {"1", "t"});
    if (i % 3 == 0) args.insert(args.end(), {"EX", "1000"});
    REQUIRE_EQ(cache.run(args), kOk);
  }
  for (int i = 0; i < 9; ++i) cache.run({"SET", "other:" + std::to_string(i), "v"});
}
inline constexpr int kOthers = 10;  // with d

// The ways to kill all of k:*, and nothing else.
inline constexpr const char* kWays[] = {
    "INVALIDATE TAG t",         "INVALIDATE TAG odd t",
    "INVALIDATE PATTERN k:*",   "INVALIDATE PATTERN k:? k:?? k:??? *:1*[2] -- SOFT 1000",
    "INVALIDATE DEPS d",        "INVALIDATE TAG t SOFT 1000",
    "INVALIDATE TAG t CASCADE", "INVALIDATE DEPS d CASCADE SOFT 5"};

}  // namespace freshet
