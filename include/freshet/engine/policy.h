// Which keys make room when memory is short (option maxmemory-policy): Redis's eight policies, and
// four that learn.
#pragma once

#include <cstdint>
#include <string_view>

namespace freshet {

enum class EvictionPolicy : uint8_t {
  kNoEviction,
  kAllKeysLru,
  kAllKeysLfu,
  kAllKeysRandom,
  kAllKeysAdaptive,
  kAllKeysPriority,
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
  kVolatileAdaptive,
  kVolatilePriority,
};
inline constexpr int kPolicies = 12;

inline constexpr std::string_view kPolicyNames[kPolicies] = {
    "noeviction",       "allkeys-lru",      "allkeys-lfu",       "allkeys-random",
    "allkeys-adaptive", "allkeys-priority", "volatile-lru",      "volatile-lfu",
    "volatile-random",  "volatile-ttl",     "volatile-adaptive", "volatile-priority"};

// Only keys with a deadline are evicted.
constexpr bool is_volatile(EvictionPolicy policy) { return policy >= EvictionPolicy::kVolatileLru; }
constexpr bool is_lfu(EvictionPolicy policy) {
  return policy == EvictionPolicy::kAllKeysLfu || policy == EvictionPolicy::kVolatileLfu;
}
constexpr bool is_priority(EvictionPolicy policy) {
  return policy == EvictionPolicy::kAllKeysPriority || policy == EvictionPolicy::kVolatilePriority;
}
constexpr bool is_random(EvictionPolicy policy) {
  return policy == EvictionPolicy::kAllKeysRandom || policy == EvictionPolicy::kVolatileRandom;
}
// Learns how soon keys are used again.
constexpr bool is_learned(EvictionPolicy policy) {
  return policy == EvictionPolicy::kAllKeysAdaptive ||
         policy == EvictionPolicy::kVolatileAdaptive || is_priority(policy);
}

inline constexpr int kMostSamples = 64;  // of maxmemory-samples

}  // namespace freshet
