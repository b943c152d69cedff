// Which key of a shard makes room, and what has to be remembered of each use to know it.
//
// It owns the meaning of the entries' stamps (stamp.h) and, while a learned policy with a limit of
// memory is on, what that learns from: a sample of keys that are followed (ReuseSample), what comes
// of it (Learner), and who was evicted lately (Ghost). It removes nothing: it says who goes, and is
// told. Candidates are a few keys by chance, the next best of the last time (the pool, as Redis
// has one), and, if the policy learns, keys that are new and were not used since (recents): so a
// scan pushes out itself.
//
// Owned by one shard; REQUIRES: its door held.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>

#include "freshet/base/mutant.h"
#include "freshet/base/rng.h"
#include "freshet/base/time.h"
#include "freshet/engine/entry.h"
#include "freshet/engine/followed.h"
#include "freshet/engine/ghost.h"
#include "freshet/engine/learner.h"
#include "freshet/engine/meter.h"
#include "freshet/engine/reckoning.h"
#include "freshet/engine/reuse_sample.h"
#include "freshet/engine/settings.h"
#include "freshet/engine/stamp.h"

namespace freshet {

class Evictor {
 public:
  // Who learns: the shard's number, of how many, how many keys it follows at most (a power of two),
  // and with whom.
  struct Teaching {
    uint32_t shard, shards;
    size_t sampled;
    Lessons& lessons;
  };
  Evictor(const Settings& settings, Meter& meter, Rng& rng, const Teaching& teaching)
      : settings_(settings), meter_(meter), rng_(rng), teaching_(teaching) {}

  // --- What is told of keys ---

  // Who is told which hashes it follows, from now on.
  void report_to(Followed& followed) {
    followed_keys_ = &followed;
    report();
  }

  // A key was used. Those that are followed must then be told to use_followed().
  void used(Entry* entry, Millis now) {
    if (kind_ == stamp::kLearned) {
      use_learned(entry, now);
    } else if (kind_ == stamp::kClock) [[likely]] {
      const uint32_t word = (entry->stamp & stamp::kPriorityMask) | clock_of(now);
      if (entry->stamp != word) entry->stamp = word;
    } else {
      use_counter(entry, now);
    }
  }
  void use_followed(const Entry* entry, uint64_t hash);
  // A key was looked for, and is not there.
  void missed(uint64_t hash, Millis now) {
    if (kind_ != stamp::kLearned) return;
    learning_->missed[hash % kMissed] = hash;
    pass(now);
  }
  // A key is stored that was not there; it has a priority already. `keys`: of the shard, with it.
  // True if it was evicted not long ago, as far as the policy remembers.
  bool stored(Entry* entry, uint64_t hash, uint8_t database, size_t keys, Millis now);
  // It is about to be evicted.
  void evicted(const Entry* entry, uint64_t hash, Millis now);
  // Before a victim is chosen among so many keys: learns, if it is time.
  void prepare(size_t keys, Millis now);

  // Takes over what the settings say. Cheap if nothing changed.
  void follow(size_t keys, Millis now) {
    if (wanted() != followed_) [[unlikely]]
      change(keys, now);
  }

  // The same, and a new limit of memory is noticed.
  void refit(size_t keys, Millis now) {
    if (wanted() != followed_ ||
        (learning_ != nullptr && learning_->sample.most() != fitting_sample())) {
      change(keys, now);
    }
  }

  // Makes what evictions need, so that it counts before memory is at its limit.
  void expect_evictions(size_t keys) {
    if (learning_ != nullptr) fit_ghosts(keys);
  }

  // --- What is asked ---

  EvictionPolicy policy() const { return static_cast<EvictionPolicy>(followed_ & ~kLimited); }
  // Milliseconds since the last use: to the second under a policy that keeps the clock, to the
  // minute under LFU, else about to a tick.
  Millis idle(const Entry* entry, Millis now) const;
  // Redis's counter, with what it lost by time; of a key stamped under another policy, that of a
  // new one.
  uint32_t frequency(const Entry* entry, Millis now) const;
  // The lower, the sooner it goes.
  double score(const Entry* entry, Millis now) const;

  // A candidate by its hash: what it was may be gone.
  struct Ref {
    uint64_t hash;
    uint8_t database;
  };
  static constexpr int kPool = 8, kRecents = 8;
  std::array<Ref, kPool> pool = {};
  int pooled = 0;
  const std::array<Ref, kRecents>* recents() const {
    return learning_ == nullptr || mutant(kNoRecents) ? nullptr : &learning_->recents;
  }
  bool used_since_stored(const Entry* entry) const {
    return stamp::kind(entry->stamp) != stamp::kLearned || (entry->stamp & stamp::kHit);
  }

  // About what the next victim is worth, for those who choose a shard to evict from; kNothing:
  // there is none. Any thread may read it.
  static constexpr float kNothing = std::numeric_limits<float>::infinity();
  float cheapest() const { return cheapest_.load(std::memory_order_relaxed); }
  void set_cheapest(float score) { cheapest_.store(score, std::memory_order_relaxed); }

 private:
  static constexpr uint32_t kLimited = 128;
  static constexpr size_t kMissed = 128;
  static constexpr uint32_t kRingTicks = 256, kRingEpochs = 64;

  // What is kept only while a learned policy has something to do.
  struct Learning {
    Learning(const Teaching& teaching, size_t sampled, Meter& meter);
    ~Learning();
    Learner learner;
    Ghost ghost;
    ReuseSample sample;
    std::array<uint64_t, kMissed> missed = {};  // hashes; the SET that follows is no second use
    std::array<Ref, kRecents> recents = {};
    uint32_t next_recent = 0;
    // When ticks began: the last 256, and 64 times 256 before them.
    std::array<Millis, kRingTicks> tick_times = {};
    std::array<Millis, kRingEpochs> epoch_times = {};
    uint64_t learned_at = 0;  // references
    uint32_t lessons = 0;
    int size_weight = -1, cost_weight = -1;  // percent
    std::array<float, 256> by_size = {};     // what a size makes of a score, by its logarithm
    std::array<float, reckoning::kCostSteps> by_cost = {};  // and a cost, by its step
    Meter& meter;
  };

  static uint32_t clock_of(Millis now) {
    return static_cast<uint32_t>(now / 1000) & stamp::kClockMask;
  }
  uint32_t wanted() const {
    const auto policy = settings_.policy.load(std::memory_order_relaxed);
    const bool limited = settings_.maxmemory.load(std::memory_order_relaxed) != 0;
    return static_cast<uint32_t>(policy) | (limited ? kLimited : 0);
  }
  void change(size_t keys, Millis now);
  bool stored_learned(Entry* entry, uint64_t hash, uint8_t database, size_t keys, Millis now);

  // One reference has passed. What is used again within a tick is not one: a key that takes half of
  // a shard's traffic would make the others look old.
  void pass(Millis now) {
    if (--left_ == 0) [[unlikely]]
      next_tick(now);
  }
  void next_tick(Millis now);
  void set_shift(int shift);
  void fit(size_t keys);
  size_t fitting(size_t bytes) const;
  size_t fitting_sample() const;
  uint64_t now_references() const { return begun_ + ((uint64_t{1} << shift_) - left_); }
  uint32_t references() const { return static_cast<uint32_t>(now_references()); }

  void use_learned(Entry* entry, Millis now) {
    const uint32_t word = entry->stamp;
    const uint32_t age = (used_now_ - word) & 0xffff;
    if (((used_now_ ^ word) & stamp::kTagMask) != 0) [[unlikely]]
      return use_translated(entry, now);
    const uint32_t fresh =
        used_now_ | stamp::once_more(word) | reuse::gap_class(age) << stamp::kGapShift;
    if (age != 0) {
      entry->stamp = fresh;  // another tick
      pass(now);
    } else if (word != fresh) {
      entry->stamp = fresh;
    }
  }
  // The word is of another policy or unit.
  void use_translated(Entry* entry, Millis now);
  void use_counter(Entry* entry, Millis now);
  void follow_use(uint64_t hash, uint32_t cls);
  void report();
  // The tick or its unit changed.
  void set_used_now() { used_now_ = tag_ | stamp::kHit | (tick_ & 0xffff); }

  struct Learned {
    uint32_t age, frequency, gap;
  };
  // What a word says in present units, whatever policy it was written under.
  Learned read(uint32_t word, Millis now) const;
  Millis time_of(uint32_t age) const;
  double worth(const Entry* entry, Millis now) const;
  void follow_weights();
  void fit_ghosts(size_t keys);

  std::atomic<float> cheapest_{-kNothing};
  const Settings& settings_;
  Meter& meter_;
  Rng& rng_;
  const Teaching teaching_;
  uint32_t followed_ = 0;  // policy, and kLimited
  stamp::Kind kind_ = stamp::kClock;
  Millis kind_since_ = 0;

  // While kind_ is kLearned.
  uint32_t used_now_ = 0;  // the word of a key used now, but for its priority, frequency and gap
  uint32_t tag_ = 0;
  uint32_t tick_ = 0;  // modulo 2^32
  uint32_t left_ = 1;  // references until the next tick
  int shift_ = 0;
  uint64_t begun_ = 0;  // references at the tick's beginning
  std::unique_ptr<Learning> learning_;
  Followed* followed_keys_ = nullptr;
};

}  // namespace freshet
