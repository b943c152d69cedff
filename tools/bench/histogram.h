// A histogram of 64-bit values with a bounded relative error, after HdrHistogram (Gil Tene, 2012):
// every power of two is cut into 128 equal buckets, so a quantile is at most 1/128 above the true
// value. It knows no unit; the load generator records nanoseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace freshet {

class Histogram {
 public:
  Histogram() : counts_(kBuckets) {}

  void record(uint64_t value, uint64_t count = 1);
  void merge(const Histogram& other);

  // The smallest recorded bucket's upper end at or below which a share `q` of all values lies; 0 if
  // empty.
  uint64_t quantile(double q) const;
  uint64_t max() const { return max_; }
  uint64_t count() const { return total_; }

  static size_t bucket_of(uint64_t value);
  static uint64_t highest_of(size_t bucket);

 private:
  static constexpr int kBits = 7;
  static constexpr size_t kOctave = size_t{1} << kBits;
  static constexpr size_t kBuckets = (64 - kBits + 1) * kOctave;

  std::vector<uint64_t> counts_;
  uint64_t total_ = 0;
  uint64_t max_ = 0;
};

}  // namespace freshet
