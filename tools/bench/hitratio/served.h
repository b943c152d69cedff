// A trace replayed through running servers, by RESP: a GET for each reference, and on a miss a SET.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ratios.h"
#include "trace.h"

namespace freshet {

// The size of a key's value in bytes: log-normal with a median of 200 (sigma 1.3, from 16 bytes to
// a mebibyte), the same for a key in every run.
size_t value_size(uint32_t key);

struct ServedSpec {
  std::string freshet, redis;          // programs
  std::string fast_clock;              // the library that fast_clock.cc makes
  std::string policy = "allkeys-lru";  // of Freshet
  uint32_t shards = 8;
  size_t batch = 16;  // references that may be on the way at once
};

struct Served {
  uint64_t hits = 0;
  double keys = 0;  // held on average, once the first key was evicted
  std::string error;
};

// Freshet and redis-server with LRU and LFU at the same maxmemory: a share of what all values and
// keys of the trace's first part hold, and a mebibyte for what a server takes when it is empty. The
// ceiling is a cache without a limit: it misses first uses only.
std::vector<Ratio> race_at_equal_memory(const Trace& trace, const std::string& percent,
                                        const ServedSpec& spec);

// Freshet with values of one size at a maxmemory that takes about `capacity` keys, and then in
// process with as many keys as it held.
std::vector<Ratio> server_beside_process(const Trace& trace, const std::string& percent,
                                         const ServedSpec& spec);

// In Markdown: Freshet's misses by those of the better of redis-server's two, and what they are at
// least.
std::string miss_table(const std::vector<Ratio>& ratios);

}  // namespace freshet
