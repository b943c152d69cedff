// Streams of keys as caches see them, drawn anew by seed, and what a policy makes of them.
#pragma once

#include <cstdint>
#include <vector>

#include "freshet/engine/settings.h"

namespace freshet::eviction {

using Stream = std::vector<uint32_t>;

// Some keys are asked for far more often than others, in no order.
Stream zipf(size_t length, uint32_t keys, double skew, uint64_t seed);
// The same, and in between keys that come once and never again.
Stream scans(size_t length, uint32_t keys, uint64_t seed);
// All keys in turn, again and again.
Stream loop(size_t length, uint32_t keys);
// Zipf, but which keys are popular changes all the time.
Stream shifting(size_t length, uint32_t keys, uint64_t seed);
// Now a loop, now Zipf.
Stream phases(size_t length, uint32_t keys, uint64_t seed);

struct Setup {
  EvictionPolicy policy;
  size_t capacity;  // keys
  uint32_t shards = 1;
};

// Hits in percent: each key is looked up, and stored if it is not there.
double hit_ratio(const Stream& stream, const Setup& setup);
// The most that any policy could reach (Belady 1966, with bypass).
double best_hit_ratio(const Stream& stream, size_t capacity);

}  // namespace freshet::eviction
