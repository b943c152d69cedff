// A trace replayed in process: through real shards, behind no socket. A reference is a GET, and on
// a miss the SET that follows it; capacity is counted in keys, so policies are compared and not the
// memory that keys happen to take.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trace.h"

namespace freshet {

struct ReplaySpec {
  std::string policy = "allkeys-lru";  // as maxmemory-policy has it
  size_t capacity = 1;                 // keys, of all shards together
  uint32_t shards = 1;
  int samples = 0;         // maxmemory-samples; 0: as the server comes
  uint64_t seed = 1;       // of the keys' hash and of what the policies draw
  int64_t step_ms = 1000;  // between two references: with a second, a stamp in seconds is exact
};

// The hits. REQUIRES: the server knows the policy, and it evicts.
uint64_t replay_hits(const Trace& trace, const ReplaySpec& spec);

// Every policy of the server that evicts, in the order of its documentation.
std::vector<std::string> evicting_policies();

}  // namespace freshet
