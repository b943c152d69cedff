// Hit ratio by memory under the policy in force: small copies of the cache, each a share of its
// size, that hear of the same small part of all keys (Waldspurger et al., "Cache Modeling and
// Optimization using Miniature Simulations", 2017). For CACHESTATS MRC, beside the LRU curve of
// Mrc.
//
// A key is known whether any copy holds it or not; what the copies know of it differs:
//
//   key:  | name | bytes | deadline | last use | priority | for each copy: where, frequency, gap |
//
// Of a copy stands only who is in it, as numbers of keys. It evicts as a shard does (eviction.cc):
// keys by chance, those that came next the last time, the newest; and the policies that learn do so
// here from the keys known, so that no copy needs the others' evictions. Time is counted in uses.
//
// All shards share them. Any thread: guarded by a door of its own, behind which only that of its
// Lessons is entered. Keys that are not followed cost one compare and no door.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "freshet/base/rng.h"
#include "freshet/base/time.h"
#include "freshet/engine/door.h"
#include "freshet/engine/learner.h"
#include "freshet/engine/meter.h"
#include "freshet/engine/reuse_sample.h"
#include "freshet/engine/settings.h"

namespace freshet {

class Miniatures {
 public:
  // Shares of maxmemory.
  static constexpr std::array<double, 5> kShares = {0.25, 0.5, 1, 2, 4};
  static constexpr size_t kFull = 2;  // where 1 stands

  Miniatures(uint32_t shards, const Settings& settings, Budget& budget);
  ~Miniatures();
  Miniatures(const Miniatures&) = delete;
  Miniatures& operator=(const Miniatures&) = delete;

  // One in so many keys of the process, at most, is followed: the copies' work on one is a few
  // times that of an eviction.
  static constexpr uint64_t kLeastWeight = 16;

  // What the shard knows at the moment of a call; it follows one in `weight` keys itself.
  struct Moment {
    Millis now;
    uint32_t shard;
    uint64_t references;  // look-ups of all its keys
    uint64_t entry_bytes;
    uint64_t weight;
  };
  struct Seen {
    uint64_t hash;
    size_t bytes = 0;
    Millis deadline = kNever;
    uint8_t priority = 0;
    uint8_t cost = 0;
  };
  // What happens to a key. A look-up found it; or did not; a value was stored, or got another
  // deadline; it left, and would have from a cache of any size.
  void hit(const Seen& seen, const Moment& moment);
  void missed(uint64_t hash, const Moment& moment);
  void stored(const Seen& seen, const Moment& moment);
  void removed(uint64_t hash);
  // All keys of a shard left.
  void removed_all(uint32_t shard);
  // Counts anew; shards' references are 0 now.
  void restart();
  // Gives up what it knows, and its memory.
  void clear();

  struct Reading {
    size_t keys = 0;  // known
    double rate = 0;  // the part of all keys that is
    uint64_t references = 0;
    // Parts of the references that a cache of each share would have answered. Without a limit, or
    // before the first look-up, nothing.
    std::optional<std::array<double, kShares.size()>> hit_rates;
  };
  Reading read();

 private:
  static constexpr int kMaskShift = 8;
  static constexpr size_t kMostKeys = 8192, kFewestKeys = 256, kKeyBytes = 64;
  static constexpr size_t kTaught = 2048;  // keys that are learned from, at most
  static constexpr uint16_t kNone = UINT16_MAX;

  struct Place {
    uint16_t at = 0;        // in Copy::held, + 1; 0: not there
    uint8_t frequency = 0;  // under LFU its counter; of a key that was evicted what was left
    uint8_t gap = 0;
    bool used = false;  // since it was stored
  };
  struct Key {
    uint64_t name = 0;  // the hash; 0: a free place
    uint32_t bytes = 0;
    float weight = 1;       // what size and cost make of its worth, if the policy learns
    uint32_t deadline = 0;  // seconds; UINT32_MAX: none
    uint32_t last = 0;      // use
    uint16_t minute = 0;    // of it
    uint16_t shard = 0;
    uint8_t priority = 0;
    uint8_t cost = 0;
    std::array<Place, kShares.size()> in = {};
  };
  struct Copy {
    std::vector<uint16_t> held;  // keys; those that may be evicted are in front
    size_t evictable = 0;
    uint64_t bytes = 0;
    std::array<uint16_t, 8> pool, recents;
    size_t pooled = 0, next_recent = 0;
    int shift = 0;  // a tick is 2^shift uses
    uint32_t lesson = 0;
    reuse::Counts index = {};
    double hits = 0, hits_before = 0;  // of the present window, and of the one before
  };
  struct Window {
    double sampled = 0;  // look-ups of followed keys, as many as there were at this rate
    uint64_t references = 0;
  };
  struct Learning {
    Learning(Budget& budget) : lessons(1, budget), learner(0, lessons) {}
    Lessons lessons;
    Learner learner;
    uint32_t learned_at = 0;
    uint32_t count = 0;
  };

  bool follows(uint64_t hash) const { return (hash & mask_.load(std::memory_order_relaxed)) == 0; }
  uint64_t weight() const { return (mask_.load(std::memory_order_relaxed) >> kMaskShift) + 1; }
  EvictionPolicy wanted_policy() const;
  bool concerned(uint64_t hash) const;
  bool begin(const Moment& moment);
  template <class F>
  void tell(uint64_t hash, const Moment& moment, F&& f);
  void release();
  void halve();
  void weigh(double factor);

  uint16_t* place_of(uint64_t name);
  uint16_t find(uint64_t name);
  uint16_t add(uint64_t name, const Moment& moment);
  void forget(uint16_t id);
  void make_room();

  void count_look_up();
  void pass(const Key& key);
  void use(size_t number, Key& key, Millis now);
  void store(size_t number, uint16_t id);
  void take_out(size_t number, uint16_t id);
  void put_in(size_t number, uint16_t id);
  void swap_held(size_t number, size_t a, size_t b);
  bool may_go(const Key& key) const;
  void describe(uint16_t id, const Seen& seen);
  void end_use(Key& key, Millis now);
  void follow_use(const Key& key);
  void learn();
  void shrink(Millis now);
  void evict(size_t number, Millis now);
  void fit(size_t number);
  uint32_t counter(const Key& key, const Place& place, Millis now) const;
  double worth(size_t number, const Key& key) const;
  double score(size_t number, const Key& key, Millis now) const;
  void charge();

  const Settings& settings_;
  Budget& budget_;
  Door door_;  // guards what follows, but for mask_ and on_
  std::atomic<uint64_t> mask_{(kLeastWeight - 1) << kMaskShift};
  std::atomic<bool> on_{false};

  Meter meter_;
  Rng rng_;
  EvictionPolicy policy_ = EvictionPolicy::kNoEviction;
  size_t most_ = 0;
  std::vector<Key> keys_;
  std::vector<uint16_t> free_, places_;  // places_: number of a key + 1, by name; 0: empty
  std::array<Copy, kShares.size()> copies_;
  std::unique_ptr<ReuseSample> sample_;
  std::unique_ptr<Learning> learning_;
  uint32_t uses_ = 0;  // modulo 2^32
  Window window_, window_before_;
  static constexpr uint64_t kUnheard = UINT64_MAX;
  struct Told {
    uint64_t references = kUnheard, entry_bytes = 0;
  };
  std::vector<Told> told_;  // by shard
  uint64_t entry_bytes_ = 0;
  size_t bytes_ = 0;
};

}  // namespace freshet
