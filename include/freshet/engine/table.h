// A hash table of items that know their own key, grown one small segment at a time.
//
//   directory (2^depth references, by the high bits of the position)
//     -> segment: 1 … 128 buckets, chosen by the bits that follow, scaled to the count of buckets
//
//   bucket, one cache line:
//    0         9    10           16                64
//   | tag x 9 |ovf | item * : 6 | item * : 6 | … 9 in all |
//
// A tag of 0 is an empty slot. An address is 6 bytes, for Linux maps nothing above 2^48 unless it
// is asked to; it is read as the high end of 8. A full bucket passes its key on to the next one of
// the segment and counts that in `ovf` (the count sticks at 255), so that a look-up stops at the
// first bucket that never overflowed. A segment grows by a quarter of itself until it has 128
// buckets, then splits in two; so no step moves more than 1,037 items, and memory follows the
// number of keys (90 % full at most, about 82 % on average).
//
// Everything is in the order of the position, whatever the size: a SCAN cursor is a position, and
// no growth can make it miss or repeat a key. (Redis reverses bits to that end, dict.c.)
//
// T has `std::string_view key() const`. Owned by one shard; REQUIRES: its door held.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "freshet/base/hash.h"
#include "freshet/base/prefetch.h"
#include "freshet/base/rng.h"
#include "freshet/base/text.h"
#include "freshet/engine/meter.h"

namespace freshet {

template <class T>
class Table {
 public:
  static constexpr int kSlots = 9;  // of a bucket

  Table(Hasher hasher, Meter& meter);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  size_t size() const { return size_; }
  size_t memory() const { return bytes_; }

  T* find(const Key& key) const {
    if (size_ == 0) [[unlikely]]
      return nullptr;
    const Segment segment = segment_at(position_of(key.hash));
    const uint64_t pattern = tag_of(key.hash) * kOnes;
    uint32_t index = segment.home(position_of(key.hash));
    for (uint32_t step = 0; step < segment.count(); ++step) {
      const Bucket& bucket = segment.buckets()[index];
      for (uint64_t hits = zero_bytes(bucket.tags() ^ pattern); hits != 0; hits &= hits - 1) {
        T* item = bucket.item(std::countr_zero(hits) >> 3);
        if (item != nullptr && same_text(item->key(), key.view)) [[likely]]
          return item;
      }
      if (bucket.tag[kLast] == tag_of(key.hash)) {
        T* item = bucket.item(kLast);
        if (same_text(item->key(), key.view)) return item;
      }
      if (bucket.overflow == 0) return nullptr;
      if (++index == segment.count()) index = 0;
    }
    return nullptr;
  }

  // Asks the memory for the bucket, then (later) for the item, of a key about to be looked up.
  void prefetch_bucket(uint64_t hash) const {
    if (size_ == 0) return;
    const Segment segment = segment_at(position_of(hash));
    prefetch(&segment.buckets()[segment.home(position_of(hash))]);
  }
  void prefetch_item(uint64_t hash) const {
    if (size_ == 0) return;
    const Segment segment = segment_at(position_of(hash));
    const Bucket& bucket = segment.buckets()[segment.home(position_of(hash))];
    const int slot = bucket.slot_of(tag_of(hash));
    if (slot == kSlots) return;
    const char* item = reinterpret_cast<const char*>(bucket.item(slot));
    prefetch(item);
    prefetch(item + 64);
  }

  // The item of that hash if there is one, or else perhaps another; nullptr: there is none.
  // Compares no key.
  const T* likely(uint64_t hash) const {
    if (size_ == 0) return nullptr;
    const Segment segment = segment_at(position_of(hash));
    const Bucket& bucket = segment.buckets()[segment.home(position_of(hash))];
    const int slot = bucket.slot_of(tag_of(hash));
    return slot == kSlots ? nullptr : bucket.item(slot);
  }

  // Asks for the items of the bucket that comes `ahead` buckets behind that of `position`, for a
  // scan.
  void prefetch_items(uint64_t position, uint32_t ahead) const {
    if (size_ == 0) return;
    const Segment segment = segment_at(position);
    const uint32_t index = segment.home(position) + ahead;
    if (index >= segment.count()) return;
    const Bucket& bucket = segment.buckets()[index];
    for (int slot = 0; slot < kSlots; ++slot) {
      if (bucket.tag[slot] != 0) prefetch(bucket.item(slot));
    }
  }

  // REQUIRES: the key is absent.
  void insert(uint64_t hash, T* item);
  // REQUIRES: `old` is in the table; `fresh` has the same key.
  void replace(uint64_t hash, const T* old, T* fresh);
  // REQUIRES: `item` is in the table. Does not free it.
  void erase(uint64_t hash, const T* item);
  // Forgets all items without freeing them.
  void clear();

  // Calls f(T*) for the items of one bucket whose position is `position` or more, and returns the
  // position to go on from; 0 when that was the last. `f` may not change the table.
  template <class F>
  uint64_t scan(uint64_t position, F&& f) const;

  // Calls f(const T*) for the items of the whole segment (up to 1,037, unless hashes collide) that
  // `position` falls in, and returns the position behind it; 0 when that was the last. Costs no
  // hashing.
  template <class F>
  uint64_t visit_segment(uint64_t position, F&& f) const;

  // Appends the items whose tag is `tag` and whose position is in [from, to).
  void collect(uint64_t from, uint64_t to, uint8_t tag, std::vector<T*>& out) const;

  // Calls f(T*) for every item. `f` may free the item but not change the table.
  template <class F>
  void for_each(F&& f) const;

  // Takes one segment out of a table that is being given up, calling f(T*) for its items; false
  // when none is left. Nothing else may be called in between.
  template <class F>
  bool shed(F&& f);

  // An item by chance, each with nearly the same chance; nullptr if empty.
  T* random(Rng& rng) const;
  // Up to `most` items by chance, from a few buckets: all that a bucket holds are as much by chance
  // as one of it, and cost one miss in the cache together. Returns how many; 0 only if empty.
  size_t sample(Rng& rng, T** out, size_t most) const;
  // The item of that hash, compared by the hash of its key; nullptr: there is none.
  T* find_hash(uint64_t hash) const;

 private:
  static constexpr int kLast = kSlots - 1;  // the others' tags are one word
  static constexpr uint32_t kMaxBuckets = 128;
  static constexpr uint64_t kOnes = 0x0101010101010101ull;
  static constexpr uint64_t kPositions = 1ull << kPositionBits;

  struct Bucket {
    uint8_t tag[kSlots];
    uint8_t overflow;
    uint8_t addresses[kSlots][6];

    uint64_t tags() const {
      uint64_t word;
      std::memcpy(&word, tag, sizeof word);
      return word;
    }
    // The slot of that tag, or kSlots. Of several, the first.
    int slot_of(uint8_t wanted) const {
      const uint64_t hits = zero_bytes(tags() ^ (wanted * kOnes));
      if (hits != 0) return std::countr_zero(hits) >> 3;
      return tag[kLast] == wanted ? kLast : kSlots;
    }
    // nullptr if the slot is empty.
    T* item(int slot) const {
      uint64_t word;  // begins with two bytes of what stands before the address
      std::memcpy(&word, reinterpret_cast<const char*>(this) + 8 + 6 * slot, sizeof word);
      return reinterpret_cast<T*>(word >> 16);
    }
    void put(int slot, uint8_t its_tag, const T* its_item);
  };
  static_assert(std::endian::native == std::endian::little);
  static_assert(kSlots == 9 && offsetof(Bucket, addresses) == 10);
  static_assert(sizeof(Bucket) == 64);

  // A reference as the directory keeps it: | buckets: 16 bits | address: 42 bits | depth: 6 bits |.
  // Buckets are aligned to 64 bytes, so the address has its low 6 bits free.
  struct Segment {
    uint64_t word;

    Segment(Bucket* buckets, uint32_t count, uint32_t depth)
        : word(reinterpret_cast<uint64_t>(buckets) | uint64_t{count} << 48 | depth) {}
    Bucket* buckets() const { return reinterpret_cast<Bucket*>(word & 0x0000ffffffffffc0ull); }
    uint32_t count() const { return static_cast<uint32_t>(word >> 48); }
    uint32_t depth() const { return word & 63; }
    // The bucket that a position belongs to: its bits behind the segment's own, scaled.
    uint32_t home(uint64_t position) const {
      const uint64_t rest = (position << depth()) & (kPositions - 1);
      return static_cast<uint32_t>((rest * count()) >> kPositionBits);
    }
  };

  // High bit of each byte that is zero. Bytes above the lowest zero may be reported falsely, which
  // a comparison of keys finds out.
  static uint64_t zero_bytes(uint64_t word) { return (word - kOnes) & ~word & (kOnes << 7); }
  static uint32_t limit(uint32_t buckets) { return buckets * kSlots - buckets * kSlots / 10; }
  static uint32_t larger(uint32_t buckets) {
    return buckets + std::max(1u, std::bit_floor(buckets) / 4);
  }
  static uint32_t buckets_for(uint32_t items);

  uint64_t directory_index(uint64_t position) const { return position >> (kPositionBits - depth_); }
  Segment segment_at(uint64_t position) const { return directory_[directory_index(position)]; }
  uint64_t hash_of(const T* item) const { return hasher_(item->key()); }

  Bucket* make_buckets(uint32_t count);
  void drop_buckets(Segment segment);
  static void place(Segment segment, uint64_t hash, T* item);
  void set_segment(uint64_t position, Segment segment);
  void resize(uint64_t position, uint32_t buckets);
  void split(uint64_t position);
  void make_room(uint64_t position);
  void count_bytes();
  static size_t gather(Segment segment, uint32_t from, T** found);
  template <class F>
  static void visit(Segment segment, F&& f);

  Hasher hasher_;
  Meter& meter_;
  size_t size_ = 0;
  size_t bytes_ = 0;
  uint32_t depth_ = 0;
  std::vector<Segment> directory_;
  std::vector<uint32_t> used_;  // items of a segment, at its first place in the directory
};

template <class T>
template <class F>
uint64_t Table<T>::scan(uint64_t position, F&& f) const {
  if (size_ == 0) return 0;
  const Segment segment = segment_at(position);
  const int shift = kPositionBits - static_cast<int>(segment.depth());
  const uint64_t base = segment.depth() == 0 ? 0 : (position >> shift) << shift;
  const uint32_t home = segment.home(position);
  uint32_t index = home;
  for (uint32_t step = 0; step < segment.count(); ++step) {
    const Bucket& bucket = segment.buckets()[index];
    for (int slot = 0; slot < kSlots; ++slot) {
      if (bucket.tag[slot] == 0) continue;
      const uint64_t at = position_of(hash_of(bucket.item(slot)));
      if (at >= position && segment.home(at) == home) f(bucket.item(slot));
    }
    if (bucket.overflow == 0) break;
    if (++index == segment.count()) index = 0;
  }
  // The first position of the next bucket: (home + 1) / count of the segment, rounded up.
  const __uint128_t whole = static_cast<__uint128_t>(home + 1) << shift;
  const uint64_t next =
      base + static_cast<uint64_t>((whole + segment.count() - 1) / segment.count());
  return next >= kPositions ? 0 : next;
}

// Writes the items of up to kMaxBuckets buckets to `found`, and returns how many. No branch depends
// on which slots are in use: those would be guessed wrongly once a bucket.
template <class T>
size_t Table<T>::gather(Segment segment, uint32_t from, T** found) {
  const uint32_t end = std::min(from + kMaxBuckets, segment.count());
  size_t count = 0;
  for (uint32_t b = from; b < end; ++b) {
    const Bucket& bucket = segment.buckets()[b];
    for (int slot = 0; slot < kSlots; ++slot) {
      found[count] = bucket.item(slot);
      count += bucket.tag[slot] != 0;
    }
  }
  return count;
}

// Calls f(T*) for each item of a segment. They are asked for ahead: each is a miss in the cache,
// and waiting for one after the other takes three times as long.
template <class T>
template <class F>
void Table<T>::visit(Segment segment, F&& f) {
  constexpr uint32_t kAhead = 32;  // items; from 16 on it makes no difference
  T* found[kMaxBuckets * kSlots];
  for (uint32_t from = 0; from < segment.count(); from += kMaxBuckets) {
    const size_t count = gather(segment, from, found);
    for (size_t i = 0; i < count + kAhead; ++i) {
      if (i < count) prefetch(found[i]);
      if (i >= kAhead) f(found[i - kAhead]);
    }
  }
}

template <class T>
template <class F>
uint64_t Table<T>::visit_segment(uint64_t position, F&& f) const {
  if (size_ == 0) return 0;
  const Segment segment = segment_at(position);
  visit(segment, f);
  const int shift = kPositionBits - static_cast<int>(segment.depth());
  const uint64_t next = segment.depth() == 0 ? 0 : ((position >> shift) + 1) << shift;
  return next >= kPositions ? 0 : next;
}

template <class T>
template <class F>
bool Table<T>::shed(F&& f) {
  if (directory_.empty()) {
    clear();
    return false;
  }
  const Segment segment = directory_.back();
  for (uint32_t b = 0; b < segment.count(); ++b) {
    const Bucket& bucket = segment.buckets()[b];
    for (int slot = 0; slot < kSlots; ++slot) {
      if (bucket.tag[slot] != 0) f(bucket.item(slot));
    }
  }
  directory_.resize(directory_.size() - (size_t{1} << (depth_ - segment.depth())), segment);
  drop_buckets(segment);
  return true;
}

template <class T>
template <class F>
void Table<T>::for_each(F&& f) const {
  for (size_t i = 0; i < directory_.size();) {
    const Segment segment = directory_[i];
    for (uint32_t b = 0; b < segment.count(); ++b) {
      const Bucket& bucket = segment.buckets()[b];
      for (int slot = 0; slot < kSlots; ++slot) {
        if (bucket.tag[slot] != 0) f(bucket.item(slot));
      }
    }
    i += size_t{1} << (depth_ - segment.depth());
  }
}

}  // namespace freshet
