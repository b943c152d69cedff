#include "picker.h"

#include <algorithm>

namespace freshet {

namespace {
constexpr size_t kZipfDraws = size_t{1} << 21;
constexpr uint64_t kScatter = 2654435761;  // a prime above any key count, so ranks map one to one
}  // namespace

KeyPicker::KeyPicker(Pick pick, uint64_t keys, uint64_t seed)
    : pick_(pick), keys_(keys), random_(seed) {
  if (pick == Pick::kZipf) draw_zipf();
}

// Inverts the cumulative distribution. The popular ranks are scattered over the key space, so that
// hot keys are not neighbours in the server's memory.
void KeyPicker::draw_zipf() {
  std::vector<double> cumulative(keys_);
  double sum = 0;
  for (uint64_t rank = 0; rank < keys_; ++rank) {
    sum += std::pow(static_cast<double>(rank + 1), -kZipfExponent);
    cumulative[rank] = sum;
  }
  drawn_.resize(kZipfDraws);
  for (uint32_t& key : drawn_) {
    const double point =
        sum * static_cast<double>(random_.next() >> 11) / 9007199254740992.0;  // 2^53
    const auto found = std::upper_bound(cumulative.begin(), cumulative.end(), point);
    const uint64_t rank = std::min<uint64_t>(found - cumulative.begin(), keys_ - 1);
    key = static_cast<uint32_t>(rank * kScatter % keys_);
  }
}

}  // namespace freshet
