#include "workloads.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <unordered_map>

#include "freshet/engine/balance.h"
#include "freshet/engine/space.h"

namespace freshet::eviction {
namespace {

constexpr Millis kStart = 1'700'000'000'000;

double uniform(Rng& rng) { return static_cast<double>(rng.next() >> 11) * 0x1p-53; }

// Ranks 0 … keys - 1, each with the chance (rank + 1)^-skew.
class Ranks {
 public:
  Ranks(uint32_t keys, double skew) {
    double sum = 0;
    for (uint32_t rank = 0; rank < keys; ++rank) {
      sum += std::pow(rank + 1, -skew);
      sums_.push_back(sum);
    }
  }
  uint32_t draw(Rng& rng) const {
    const double at = uniform(rng) * sums_.back();
    return static_cast<uint32_t>(std::lower_bound(sums_.begin(), sums_.end(), at) - sums_.begin());
  }

 private:
  std::vector<double> sums_;
};

// Keys in a cache, the one of the farthest next use last.
struct Farthest {
  std::set<std::pair<size_t, uint32_t>> by_next_use;
  std::unordered_map<uint32_t, size_t> next_use;

  void put(uint32_t key, size_t next) {
    next_use[key] = next;
    by_next_use.emplace(next, key);
  }
  void take(uint32_t key) {
    by_next_use.erase({next_use[key], key});
    next_use.erase(key);
  }
};

}  // namespace

Stream zipf(size_t length, uint32_t keys, double skew, uint64_t seed) {
  Rng rng(seed);
  const Ranks ranks(keys, skew);
  Stream stream(length);
  for (uint32_t& key : stream) key = ranks.draw(rng);
  return stream;
}

Stream scans(size_t length, uint32_t keys, uint64_t seed) {
  Rng rng(seed);
  const Ranks ranks(keys, 0.9);
  Stream stream(length);
  uint32_t once = keys;
  for (uint32_t& key : stream) key = rng.below(2) == 0 ? once++ : ranks.draw(rng);
  return stream;
}

Stream loop(size_t length, uint32_t keys) {
  Stream stream(length);
  for (size_t i = 0; i < length; ++i) stream[i] = static_cast<uint32_t>(i % keys);
  return stream;
}

Stream shifting(size_t length, uint32_t keys, uint64_t seed) {
  Rng rng(seed);
  const Ranks ranks(keys, 1.0);
  Stream stream(length);
  for (size_t i = 0; i < length; ++i) stream[i] = static_cast<uint32_t>(i / 100 + ranks.draw(rng));
  return stream;
}

Stream phases(size_t length, uint32_t keys, uint64_t seed) {
  Rng rng(seed);
  const Ranks ranks(keys, 0.9);
  Stream stream(length);
  for (size_t i = 0; i < length; ++i) {
    const bool looping = i / (length / 6) % 2 == 0;
    stream[i] = looping ? keys + static_cast<uint32_t>(i % keys) : ranks.draw(rng);
  }
  return stream;
}

double hit_ratio(const Stream& stream, const Setup& setup) {
  Settings settings;
  settings.maxmemory = int64_t{1} << 50;  // what limits is the number of keys
  settings.maxmemory_samples = 5;
  settings.policy = setup.policy;
  Keyspace keyspace(setup.shards, 1, 42, settings);
  Balance balance(1);
  size_t keys = 0, hits = 0;
  Millis now = kStart;
  for (const uint32_t number : stream) {
    now += 100;  // Redis's clock has seconds
    const std::string name = std::to_string(number);
    const Key key = keyspace.hasher.key(name);
    Space space(keyspace.home(key), 0, now);
    if (space.read(key) != nullptr) {
      ++hits;
      continue;
    }
    while (keys >= setup.capacity) {
      Shard* shard = balance.next(keyspace);
      const size_t before = shard->db(0).keys.size();
      shard->evict_one(now);
      keys -= before - shard->db(0).keys.size();
    }
    space.assign(key, Value::of(int64_t{1}), kNever, nullptr);
    ++keys;
  }
  return 100 * static_cast<double>(hits) / static_cast<double>(stream.size());
}

double best_hit_ratio(const Stream& stream, size_t capacity) {
  std::vector<size_t> next(stream.size());
  std::unordered_map<uint32_t, size_t> seen;
  for (size_t i = stream.size(); i-- > 0;) {
    const auto found = seen.find(stream[i]);
    next[i] = found == seen.end() ? SIZE_MAX : found->second;
    seen[stream[i]] = i;
  }
  Farthest cache;
  size_t hits = 0;
  for (size_t i = 0; i < stream.size(); ++i) {
    if (cache.next_use.contains(stream[i])) {
      ++hits;
      cache.take(stream[i]);
    }
    cache.put(stream[i], next[i]);
    if (cache.next_use.size() > capacity) cache.take(cache.by_next_use.rbegin()->second);
  }
  return 100 * static_cast<double>(hits) / static_cast<double>(stream.size());
}

}  // namespace freshet::eviction
