#include "freshet/engine/table.h"

#include <algorithm>

#include "freshet/base/alloc.h"
#include "freshet/base/check.h"
#include "freshet/engine/ancestor.h"
#include "freshet/engine/entry.h"
#include "freshet/engine/graph.h"

namespace freshet {

template <class T>
Table<T>::Table(Hasher hasher, Meter& meter) : hasher_(hasher), meter_(meter) {}

template <class T>
Table<T>::~Table() {
  clear();
}

// The smallest segment that holds `items` and has room for a few more.
template <class T>
uint32_t Table<T>::buckets_for(uint32_t items) {
  uint32_t buckets = 1;
  while (limit(buckets) < items + items / 32 + 1) buckets = larger(buckets);
  return buckets;
}

template <class T>
typename Table<T>::Bucket* Table<T>::make_buckets(uint32_t count) {
  const size_t size = count * sizeof(Bucket);
  auto* buckets = static_cast<Bucket*>(allocate_aligned(64, size));
  std::memset(static_cast<void*>(buckets), 0, size);
  bytes_ += allocation_size(size);
  meter_.add(allocation_size(size));
  return buckets;
}

template <class T>
void Table<T>::drop_buckets(Segment segment) {
  const size_t size = segment.count() * sizeof(Bucket);
  bytes_ -= allocation_size(size);
  meter_.sub(allocation_size(size));
  deallocate(segment.buckets(), size);
}

template <class T>
void Table<T>::Bucket::put(int slot, uint8_t its_tag, const T* its_item) {
  const auto address = reinterpret_cast<uint64_t>(its_item);
  CHECK(address >> 48 == 0);
  tag[slot] = its_tag;
  std::memcpy(addresses[slot], &address, sizeof addresses[slot]);
}

// Puts an item into the first bucket with room, from its home on. REQUIRES: there is one.
template <class T>
void Table<T>::place(Segment segment, uint64_t hash, T* item) {
  uint32_t index = segment.home(position_of(hash));
  for (;;) {
    Bucket& bucket = segment.buckets()[index];
    const int slot = bucket.slot_of(0);
    if (slot < kSlots) return bucket.put(slot, tag_of(hash), item);
    if (bucket.overflow < 255) ++bucket.overflow;
    if (++index == segment.count()) index = 0;
  }
}

// Writes `segment` to every place of the directory that it stands for.
template <class T>
void Table<T>::set_segment(uint64_t position, Segment segment) {
  const uint64_t span = uint64_t{1} << (depth_ - segment.depth());
  const uint64_t first = directory_index(position) & ~(span - 1);
  std::fill_n(directory_.begin() + static_cast<int64_t>(first), span, segment);
}

template <class T>
void Table<T>::resize(uint64_t position, uint32_t buckets) {
  const Segment old = segment_at(position);
  const Segment fresh(make_buckets(buckets), buckets, old.depth());
  visit(old, [&](T* item) { place(fresh, hash_of(item), item); });
  set_segment(position, fresh);
  drop_buckets(old);
}

template <class T>
void Table<T>::split(uint64_t position) {
  if (segment_at(position).depth() == depth_) {  // the directory has no bit left for the halves
    const size_t old_size = directory_.size();
    directory_.resize(old_size * 2, Segment(nullptr, 0, 0));
    used_.resize(old_size * 2);
    for (size_t i = old_size; i-- > 0;) {
      directory_[2 * i] = directory_[2 * i + 1] = directory_[i];
      used_[2 * i] = used_[i];
      used_[2 * i + 1] = 0;
    }
    ++depth_;
    count_bytes();
  }
  const Segment old = segment_at(position);
  const uint32_t depth = old.depth() + 1;
  const uint64_t half_bit = uint64_t{1} << (kPositionBits - depth);
  std::vector<std::pair<uint64_t, T*>> halves[2];
  visit(old, [&](T* item) {
    const uint64_t hash = hash_of(item);
    halves[(position_of(hash) & half_bit) != 0].emplace_back(hash, item);
  });
  const uint64_t base = position & ~(half_bit * 2 - 1);
  for (int half = 0; half < 2; ++half) {
    const auto count = static_cast<uint32_t>(halves[half].size());
    const Segment fresh(make_buckets(buckets_for(count)), buckets_for(count), depth);
    for (const auto& [hash, item] : halves[half]) place(fresh, hash, item);
    const uint64_t at = base + (half != 0 ? half_bit : 0);
    set_segment(at, fresh);
    used_[directory_index(at)] = count;
  }
  drop_buckets(old);
}

// Called when the segment of `position` is full.
template <class T>
void Table<T>::make_room(uint64_t position) {
  const Segment segment = segment_at(position);
  // A directory far larger than the keys need means that they don't part: hashes that share their
  // high bits. Then the one segment grows, as any chained table would.
  const bool may_split = segment.depth() < depth_ || directory_.size() <= 16 + size_ / 16;
  if (segment.count() < kMaxBuckets || !may_split) {
    CHECK(segment.count() < 50000);
    resize(position, larger(segment.count()));
  } else {
    split(position);
  }
}

template <class T>
void Table<T>::count_bytes() {
  // The directory is counted at its full capacity; vectors double.
  const size_t now = directory_.capacity() * sizeof(Segment) + used_.capacity() * sizeof(uint32_t);
  static_assert(sizeof(Segment) == 8);
  const size_t before = directory_.capacity() / 2 * (sizeof(Segment) + sizeof(uint32_t));
  meter_.add(now - before);
  bytes_ += now - before;
}

template <class T>
void Table<T>::insert(uint64_t hash, T* item) {
  if (directory_.empty()) {
    directory_.emplace_back(make_buckets(1), 1, 0);
    used_.push_back(0);
  }
  const uint64_t position = position_of(hash);
  for (;;) {
    const Segment segment = segment_at(position);
    const uint64_t span = uint64_t{1} << (depth_ - segment.depth());
    uint32_t& used = used_[directory_index(position) & ~(span - 1)];
    if (used < limit(segment.count())) {
      ++used;
      ++size_;
      place(segment, hash, item);
      return;
    }
    make_room(position);
  }
}

template <class T>
void Table<T>::replace(uint64_t hash, const T* old, T* fresh) {
  const Segment segment = segment_at(position_of(hash));
  uint32_t index = segment.home(position_of(hash));
  for (uint32_t step = 0; step < segment.count(); ++step) {
    Bucket& bucket = segment.buckets()[index];
    for (int slot = 0; slot < kSlots; ++slot) {
      if (bucket.item(slot) == old) return bucket.put(slot, bucket.tag[slot], fresh);
    }
    if (++index == segment.count()) index = 0;
  }
  CHECK(!"the item is in the table");
}

template <class T>
void Table<T>::erase(uint64_t hash, const T* item) {
  const uint64_t position = position_of(hash);
  const Segment segment = segment_at(position);
  const uint32_t home = segment.home(position);
  uint32_t index = home;
  for (;;) {
    Bucket& bucket = segment.buckets()[index];
    int slot = 0;
    while (slot < kSlots && bucket.item(slot) != item) ++slot;
    if (slot < kSlots) {
      bucket.put(slot, 0, nullptr);
      break;
    }
    CHECK(bucket.overflow != 0);
    if (bucket.overflow < 255) --bucket.overflow;
    if (++index == segment.count()) index = 0;
  }
  if (--size_ == 0) {
    clear();
    return;
  }
  const uint64_t span = uint64_t{1} << (depth_ - segment.depth());
  const uint32_t used = --used_[directory_index(position) & ~(span - 1)];
  // Shrink only far below the limit, so that a key coming and going never moves a segment twice.
  if (segment.count() > 1 && used < limit(segment.count()) * 2 / 5) {
    resize(position, buckets_for(used + used / 8));
  }
}

template <class T>
void Table<T>::clear() {
  for (size_t i = 0; i < directory_.size();) {
    const Segment segment = directory_[i];
    drop_buckets(segment);
    i += size_t{1} << (depth_ - segment.depth());
  }
  meter_.sub(bytes_);
  bytes_ = 0;
  size_ = 0;
  depth_ = 0;
  std::vector<Segment>().swap(directory_);  // "= {}" would keep their room
  std::vector<uint32_t>().swap(used_);
}

template <class T>
void Table<T>::collect(uint64_t from, uint64_t to, uint8_t tag, std::vector<T*>& out) const {
  if (size_ == 0) return;
  for (uint64_t position = from; position < to;) {
    const Segment segment = segment_at(position);
    const uint32_t home = segment.home(position);
    uint32_t index = home;
    for (uint32_t step = 0; step < segment.count(); ++step) {
      const Bucket& bucket = segment.buckets()[index];
      for (int slot = 0; slot < kSlots; ++slot) {
        if (bucket.tag[slot] != tag) continue;
        const uint64_t at = position_of(hash_of(bucket.item(slot)));
        if (at >= position && at < to && segment.home(at) == home) out.push_back(bucket.item(slot));
      }
      if (bucket.overflow == 0) break;
      if (++index == segment.count()) index = 0;
    }
    const int shift = kPositionBits - static_cast<int>(segment.depth());
    const uint64_t base = segment.depth() == 0 ? 0 : (position >> shift) << shift;
    const __uint128_t whole = static_cast<__uint128_t>(home + 1) << shift;
    position = base + static_cast<uint64_t>((whole + segment.count() - 1) / segment.count());
  }
}

template <class T>
T* Table<T>::random(Rng& rng) const {
  if (size_ == 0) return nullptr;
  // Every (bucket, slot) pair has about the same chance, empty ones are drawn again. A table whose
  // segments emptied unevenly could draw for long, so after a while the walk goes on from there.
  uint64_t position = 0;
  for (int attempt = 0; attempt < 64; ++attempt) {
    position = rng.next() & (kPositions - 1);
    const Segment segment = segment_at(position);
    const Bucket& bucket = segment.buckets()[segment.home(position)];
    const auto slot = rng.below(kSlots);
    if (bucket.tag[slot] != 0) return bucket.item(slot);
  }
  for (uint64_t i = directory_index(position), seen = 0; seen < directory_.size(); ++seen) {
    const Segment segment = directory_[i];
    const uint32_t start = static_cast<uint32_t>(rng.below(segment.count()));
    for (uint32_t b = 0; b < segment.count(); ++b) {
      const Bucket& bucket = segment.buckets()[(start + b) % segment.count()];
      for (int slot = 0; slot < kSlots; ++slot) {
        if (bucket.tag[slot] != 0) return bucket.item(slot);
      }
    }
    i = (i + 1) % directory_.size();
  }
  return nullptr;
}

template <class T>
size_t Table<T>::sample(Rng& rng, T** out, size_t most) const {
  constexpr size_t kBuckets = 16, kPerBucket = 4;  // at once; a bucket holds seven or eight
  if (size_ == 0) return 0;
  size_t found = 0;
  for (int attempt = 0; attempt < 4 && found < most; ++attempt) {
    const Bucket* buckets[kBuckets];
    const size_t count = std::min(kBuckets, (most - found + kPerBucket - 1) / kPerBucket);
    for (size_t i = 0; i < count; ++i) {
      const uint64_t position = rng.next() & (kPositions - 1);
      const Segment segment = segment_at(position);
      buckets[i] = &segment.buckets()[segment.home(position)];
      prefetch(buckets[i]);
    }
    for (size_t i = 0; i < count; ++i) {
      for (int slot = 0; slot < kSlots && found < most; ++slot) {
        if (buckets[i]->tag[slot] == 0) continue;
        out[found] = buckets[i]->item(slot);
        prefetch(out[found++]);
      }
    }
  }
  if (found == 0) out[found++] = random(rng);
  return found;
}

template <class T>
T* Table<T>::find_hash(uint64_t hash) const {
  if (size_ == 0) return nullptr;
  const Segment segment = segment_at(position_of(hash));
  uint32_t index = segment.home(position_of(hash));
  for (uint32_t step = 0; step < segment.count(); ++step) {
    const Bucket& bucket = segment.buckets()[index];
    for (int slot = 0; slot < kSlots; ++slot) {
      if (bucket.tag[slot] == tag_of(hash) && hash_of(bucket.item(slot)) == hash) {
        return bucket.item(slot);
      }
    }
    if (bucket.overflow == 0) return nullptr;
    if (++index == segment.count()) index = 0;
  }
  return nullptr;
}

template class Table<Entry>;
template class Table<Node>;
template class Table<Name>;
template class Table<Ancestor>;

}  // namespace freshet
