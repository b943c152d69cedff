// A trace replayed in process: through real shards, behind no socket. A reference is a GET, and on
// a miss the SET that follows it; capacity is counted in keys, so policies are compared and not the
// memory that keys happen to take.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/engine/balance.h"
#include "trace.h"

namespace freshet {

class Keyspace;
class Options;

struct ReplaySpec {
  std::string policy = "allkeys-lru";  // as maxmemory-policy has it
  size_t capacity = 1;                 // keys, of all shards together
  int64_t memory = 1 << 30;  // maxmemory, in bytes: bounds what a policy that learns holds
  uint32_t shards = 1;
  int samples = 0;         // maxmemory-samples; 0: as the server comes
  uint64_t seed = 1;       // of the keys' hash and of what the policies draw
  int64_t step_ms = 1000;  // between two references: with a second, a stamp in seconds is exact
  int cost_weight = 0;     // maxmemory-cost-weight: 0: costs are not even told
};

// What a key of a trace costs to make, in ms: 1, 4, 16, … 1024, as often each, by the key's number.
uint64_t cost_of(uint32_t number);

// REQUIRES: the server knows the policy, and it evicts.
class Replay {
 public:
  explicit Replay(const ReplaySpec& spec);
  ~Replay();
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  struct Hits {
    uint64_t count = 0;
    uint64_t saved_ms = 0;  // what those keys cost
  };
  Hits run(const Trace& trace);
  // Those that an LRU cache of so many keys would have had, as the shards' own estimates tell.
  double lru_hits_with(double keys) const;

 private:
  bool refer(std::string_view name, uint64_t cost);
  void evict();

  ReplaySpec spec_;
  std::unique_ptr<Options> options_;
  std::unique_ptr<Keyspace> keyspace_;
  int64_t now_ = 1'700'000'000'000;
  int64_t life_ = 0;  // from SET to deadline; 0: none
  size_t keys_ = 0;
  Balance balance_{1};
};

// REQUIRES: the server knows the policy, and it evicts.
Replay::Hits replay_hits(const Trace& trace, const ReplaySpec& spec);

// Every policy of the server that evicts, in the order of its documentation.
std::vector<std::string> evicting_policies();

}  // namespace freshet
