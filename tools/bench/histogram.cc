#include "histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace freshet {

// Values below 2 * kOctave are their own bucket; above, the top kBits + 1 bits name the bucket.
size_t Histogram::bucket_of(uint64_t value) {
  if (value < 2 * kOctave) return value;
  const int shift = std::bit_width(value) - 1 - kBits;
  return (static_cast<size_t>(shift) << kBits) + (value >> shift);
}

uint64_t Histogram::highest_of(size_t bucket) {
  if (bucket < 2 * kOctave) return bucket;
  const int shift = static_cast<int>(bucket >> kBits) - 1;
  const uint64_t lowest = (bucket - (static_cast<size_t>(shift) << kBits)) << shift;
  return lowest + ((uint64_t{1} << shift) - 1);
}

void Histogram::record(uint64_t value, uint64_t count) {
  counts_[bucket_of(value)] += count;
  total_ += count;
  max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  total_ += other.total_;
  max_ = std::max(max_, other.max_);
}

uint64_t Histogram::quantile(double q) const {
  if (total_ == 0) return 0;
  const double share = std::clamp(q, 0.0, 1.0) * static_cast<double>(total_);
  const uint64_t rank = std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(share)));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(highest_of(i), max_);
  }
  return max_;
}

}  // namespace freshet
