// Hit ratio by memory (the miss ratio curve's complement): how many look-ups an LRU cache of any
// size would have answered, from a small part of all keys. For CACHESTATS MRC.
//
// A fixed part of the keys by their hash is followed, whether the cache holds them or not (SHARDS,
// Waldspurger et al. 2015, fixed-size variant with its count correction). They stand in the order
// of their last use; the bytes in front of a key when it is used again, times the sampling rate,
// are the memory that an LRU cache needs to still hold it. Those distances make a histogram. When
// more keys are met than there is room for, what lies beyond the horizon goes, and if that is not
// enough, half of the keys are followed no longer, and what was counted weighs half.
//
//   slots:    | oldest | - | … | newest | (free) |     a used key moves to the next free slot
//   fenwick:  sums of the slots' bytes
//   places:   slots by hash, open addressing
//
// A key that is not followed costs one compare. Owned by one shard; REQUIRES: its door held.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "freshet/base/time.h"
#include "freshet/engine/followed.h"
#include "freshet/engine/meter.h"

namespace freshet {

class Mrc {
 public:
  // What the shard knows at the moment of a call.
  static constexpr uint64_t kHorizon = 4;  // times what there is, or may be
  struct Totals {
    Millis now;
    uint64_t hits, misses;  // of all its keys, as its statistics have them
    uint64_t horizon;       // bytes of entries: nobody asks for estimates beyond
  };

  // most: of keys that are followed for long; a power of two, 2^14 at most. For a while there may
  // be twice as many, and there are fewer while the cache is small: what they cost is paid by the
  // keys.
  Mrc(Meter& meter, size_t most);
  ~Mrc();
  Mrc(const Mrc&) = delete;
  Mrc& operator=(const Mrc&) = delete;

  bool follows(uint64_t hash) const { return (hash & mask_) == 0; }
  // Who is told which hashes it follows, from now on.
  void report_to(Followed& followed) {
    followed_ = &followed;
    set_mask(mask_);
  }

  // One in so many keys is followed.
  uint64_t weight() const { return (mask_ >> kMaskShift) + 1; }

  // What happens to a key. REQUIRES: follows(hash).
  // A look-up found it; it takes `bytes` now.
  void hit(uint64_t hash, size_t bytes, Millis deadline, const Totals& totals);
  // A look-up did not. In a larger cache it might have been there.
  void missed(uint64_t hash, const Totals& totals);
  // A value was stored, or got another deadline.
  void stored(uint64_t hash, size_t bytes, Millis deadline, const Totals& totals);
  // It left, and would have from a cache of any size.
  void removed(uint64_t hash);

  // All keys leave; so all may be followed again.
  void clear();
  // Counts anew, as the totals do: they are 0 now. What is known of the keys stays.
  void restart();

  // What is known now. Counts begin at `since`; 0: nothing was counted yet.
  struct Reading {
    size_t keys;                // followed now
    double rate;                // the part of all keys that is
    double sampled;             // look-ups of followed keys, as many as there were at this rate
    uint64_t hits, references;  // of all keys, for comparison
    Millis since;
  };
  Reading read(const Totals& totals) const;
  // Of `references`, those that an LRU cache with room for so many bytes of entries would have
  // answered.
  double hits_within(double bytes, const Totals& totals) const;

 private:
  static constexpr int kMaskShift = 8;    // the bits below tell keys of one bucket apart
  static constexpr int kPerOctave = 16;   // buckets of distances: 4 % wide
  static constexpr int kLeastOctave = 4;  // 16 bytes
  static constexpr int kBuckets = 44 * kPerOctave;

  struct Slot {
    uint64_t name;  // the hash; 0: nobody
    uint32_t bytes;
    uint32_t deadline;  // seconds; UINT32_MAX: none
  };
  struct Window {
    std::array<float, kBuckets> hits = {};  // by distance
    double sampled = 0;
    uint64_t hits_before = 0, misses_before = 0;  // the totals when it began
    Millis since = 0;
  };

  static uint64_t name_of(uint64_t hash) { return hash | 1; }
  static int bucket_of(double bytes);
  static double end_of(int bucket);
  void set_mask(uint64_t mask) {
    mask_ = mask;
    if (followed_ != nullptr) followed_->tell(Followed::kCurve, mask);
  }
  double rate() const { return 1.0 / static_cast<double>(weight()); }

  size_t home_of(uint64_t name) const;
  uint16_t* place_of(uint64_t name);
  void close_gap(size_t gap);
  void put(uint64_t name, uint32_t bytes, uint32_t deadline, const Totals& totals);
  void add(uint32_t slot, int64_t bytes);
  uint64_t bytes_up_to(uint32_t slot) const;
  void refer(uint64_t name, const Totals& totals);
  void turn_window(const Totals& totals);
  void make_room(const Totals& totals);
  void rebuild(size_t slots, const std::vector<Slot>& kept);
  void halve();
  void weigh(double factor);
  void charge();

  Meter& meter_;
  Followed* followed_ = nullptr;
  const size_t most_;  // slots
  uint64_t mask_ = 0;
  size_t size_ = 0;
  uint32_t next_ = 0;              // slot
  uint64_t total_ = 0;             // bytes of all slots
  std::vector<Slot> slots_;        // grows to most_
  std::vector<uint64_t> fenwick_;  // by slot
  std::vector<uint16_t> places_;   // slot + 1; 0: empty; twice as many as slots
  size_t bytes_ = 0;
  // Two windows follow one another, so that old times are forgotten.
  Window current_, previous_;
};

}  // namespace freshet
