// What the engine lets an operator set. Written by CONFIG SET on any core, read by every shard:
// each is a relaxed atomic, for a change may become visible a command late, but never half.
#pragma once

#include <atomic>
#include <cstdint>

#include "freshet/engine/policy.h"

namespace freshet {

// What counts as a change of a dependency (option dependency-triggers).
enum Trigger : uint8_t {
  kOnOverwrite = 1,
  kOnEdit = 2,
  kOnDelete = 4,
  kOnExpire = 8,
  kOnAll = 15,
};

struct Settings {
  std::atomic<int64_t> maxmemory{0};  // bytes; 0: no limit
  std::atomic<EvictionPolicy> policy{EvictionPolicy::kNoEviction};
  std::atomic<int> maxmemory_samples{5};  // 1 … kMostSamples
  // How much a value's size counts against it, in percent, if the policy learns. 100: as many hits
  // as possible; 0: as many bytes in hits.
  std::atomic<int> size_weight{50};
  std::atomic<int> cost_weight{100};
  std::atomic<int> graph_percent{20};  // of maxmemory; over it names of evicted keys go
  // The resident set may be so far over maxmemory before keys make room for pages.
  std::atomic<int> waste_percent{4};
  std::atomic<bool> compacts{true};  // activedefrag
  // What the resident set may be over what is used: entries are moved only over both.
  std::atomic<int> compact_percent{2};
  std::atomic<int64_t> compact_bytes{8 << 20};
  std::atomic<int> lfu_log_factor{10};
  std::atomic<int> lfu_decay_time{1};  // minutes; 0: a counter never falls by itself
  std::atomic<uint8_t> triggers{kOnAll};
  std::atomic<bool> active_expire{true};
  std::atomic<uint32_t> max_deps_per_key{1024};
  std::atomic<uint32_t> max_tags_per_key{1024};
  std::atomic<uint32_t> max_dependency_depth{0};  // 0: no limit
  std::atomic<uint32_t> loop_check_at_once{256};  // names looked at with all doors held
  // A kill of up to so many keys of a shard buries them at once; of more, in slices.
  std::atomic<uint32_t> invalidate_at_once{64};
  std::atomic<int64_t> lease_millis{3000};     // of a FETCH that does not say
  std::atomic<int64_t> fetch_wait_millis{50};  // at most what WAIT tells
  std::atomic<uint32_t> lease_slots{4096};     // a shard
  std::atomic<uint32_t> fence_slots{16384};    // a shard
  std::atomic<bool> prefix_index{false};
  std::atomic<uint32_t> invalidation_log{128};     // entries, of INVALIDATE and of changes each
  std::atomic<uint32_t> invalidation_origins{64};  // clients that are told apart
  std::atomic<uint32_t> stats_top_names{64};       // a shard; 0 … 256
};

}  // namespace freshet
