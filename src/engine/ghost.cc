#include "freshet/engine/ghost.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "freshet/base/alloc.h"

namespace freshet {
namespace {

constexpr int kWays = 8;

// By 32 bits of the hash that are neither the shard's nor the fingerprint's.
size_t bucket_of(uint64_t hash, size_t count) {
  return static_cast<size_t>((hash >> 16 & 0xffffffff) * count >> 32);
}
uint32_t fingerprint(uint64_t hash) { return hash & 0xfff; }

uint16_t way(unsigned __int128 bucket, int at) {
  return static_cast<uint16_t>(bucket >> (at * 16));
}

}  // namespace

Ghost::~Ghost() {
  drop(now_);
  drop(before_);
}

void Ghost::drop(Places& places) {
  if (places.buckets == nullptr) return;
  meter_.sub(allocation_size(places.bytes()));
  deallocate(places.buckets, places.bytes());
  places = {};
}

void Ghost::fit(size_t keys) {
  const size_t count = std::max<size_t>(keys / kWays, 1);
  if (count >= now_.count - now_.count / 4 && count <= now_.count + now_.count / 4) return;
  drop(before_);
  before_ = std::exchange(now_, {});
  puts_ = 0;
  now_.count = count;
  now_.buckets =
      static_cast<unsigned __int128*>(allocate_zeroed(count * sizeof(unsigned __int128)));
  meter_.add(allocation_size(now_.bytes()));
}

void Ghost::put(uint64_t hash, uint32_t frequency) {
  if (now_.count == 0) return;
  unsigned __int128& bucket = now_.buckets[bucket_of(hash, now_.count)];
  bucket = bucket << 16 | (fingerprint(hash) << 4 | frequency);
  if (before_.count != 0 && ++puts_ > now_.count * kWays) drop(before_);
}

// What stands behind a place that is taken moves up.
uint32_t Ghost::Places::take(uint64_t hash) {
  if (count == 0) return 0;
  unsigned __int128& bucket = buckets[bucket_of(hash, count)];
  for (int at = 0; at < kWays; ++at) {
    const uint16_t found = way(bucket, at);
    if (found == 0) return 0;
    if (found >> 4 != fingerprint(hash)) continue;
    const unsigned __int128 newer = (static_cast<unsigned __int128>(1) << (at * 16)) - 1;
    bucket = (bucket & newer) | ((bucket >> 16) & ~newer);
    return found & 15;
  }
  return 0;
}

uint32_t Ghost::take(uint64_t hash) {
  const uint32_t found = now_.take(hash);
  return found != 0 ? found : before_.take(hash);
}

}  // namespace freshet
