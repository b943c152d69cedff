#include "freshet/engine/reuse_sample.h"

#include <bit>

#include "freshet/base/alloc.h"

namespace freshet {

ReuseSample::ReuseSample(Meter& meter, size_t most)
    : meter_(meter),
      most_(most),
      shift_(63 - std::countr_zero(most)),
      places_(static_cast<Seen*>(allocate_zeroed(bytes()))) {
  meter_.add(allocation_size(bytes()));
}

ReuseSample::~ReuseSample() {
  meter_.sub(allocation_size(bytes()));
  deallocate(places_, bytes());
}

void ReuseSample::see(uint64_t hash, uint32_t now, int shift, uint32_t cls, Learner& learner) {
  const uint64_t kept = hash | 1;  // never 0; two hashes in 2^64 are taken for one
  const size_t mask = 2 * most_ - 1;
  size_t at = home(kept);
  for (; places_[at].hash != 0; at = (at + 1) & mask) {
    Seen& seen = places_[at];
    if (seen.hash != kept) continue;
    learner.reused(seen.cls, reuse::bin((now - seen.when) >> shift));
    seen.when = now;
    seen.cls = cls;
    return;
  }
  places_[at] = {kept, now, cls};
  if (++size_ > most_) halve(now, shift, learner);
}

// Takes a key out; those behind it that belong before move up (Knuth, 6.4, algorithm R).
void ReuseSample::erase(size_t at) {
  const size_t mask = 2 * most_ - 1;
  size_t hole = at;
  for (size_t next = (hole + 1) & mask; places_[next].hash != 0; next = (next + 1) & mask) {
    const size_t distance = (next - home(places_[next].hash)) & mask;
    if (distance < ((next - hole) & mask)) continue;
    places_[hole] = places_[next];
    hole = next;
  }
  places_[hole].hash = 0;
  --size_;
}

void ReuseSample::halve(uint32_t now, int shift, Learner& learner) {
  while (size_ > most_) {
    mask_ = mask_ * 2 + (uint64_t{1} << kMaskShift);
    for (size_t at = 0; at < 2 * most_;) {
      const Seen& seen = places_[at];
      if (seen.hash == 0 || holds(seen.hash)) {
        ++at;
        continue;
      }
      learner.lost(seen.cls, reuse::bin((now - seen.when) >> shift));
      erase(at);  // another may stand here now
    }
  }
}

void ReuseSample::teach(uint32_t now, int shift, Learner& learner) {
  reuse::Counts open = {};
  for (size_t at = 0; at < 2 * most_;) {
    const Seen& seen = places_[at];
    if (seen.hash == 0) {
      ++at;
      continue;
    }
    const int bin = reuse::bin((now - seen.when) >> shift);
    if (bin < reuse::kBins - 1) {
      open[seen.cls][static_cast<size_t>(bin)] += 1;
      ++at;
    } else {
      learner.lost(seen.cls, bin);
      erase(at);
    }
  }
  learner.learn(open, shift);
}

}  // namespace freshet
