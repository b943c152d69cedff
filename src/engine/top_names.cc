#include "freshet/engine/top_names.h"

#include <algorithm>
#include <cstring>

#include "freshet/base/hash.h"

namespace freshet {

void TopNames::charge() {
  const size_t bytes = tallies_.capacity() * sizeof(Tally);
  meter_.add(bytes);
  meter_.sub(bytes_);
  bytes_ = bytes;
}

void TopNames::clear() {
  tallies_ = std::vector<Tally>();  // a plain {} would keep the memory
  charge();
}

// Keeps the first in rank.
void TopNames::shrink(size_t most) {
  std::sort(tallies_.begin(), tallies_.end(),
            [](const Tally& a, const Tally& b) { return a.total > b.total; });
  tallies_.resize(most);
  tallies_.shrink_to_fit();
  charge();
}

uint64_t TopNames::hash_of(std::string_view name) { return XXH3_64bits(name.data(), name.size()); }

// The tally of a name, if need be in the place of the least.
TopNames::Tally& TopNames::place_of(std::string_view name, uint64_t hash, size_t most) {
  for (Tally& tally : tallies_) {
    if (tally.hash == hash && tally.name() == name) return tally;
  }
  if (tallies_.size() < most) {
    if (tallies_.size() == tallies_.capacity()) {
      tallies_.reserve(std::min(most, std::max<size_t>(8, 2 * tallies_.size())));
      charge();
    }
    tallies_.push_back({});
  }
  const auto fewer = [](const Tally& a, const Tally& b) { return a.total < b.total; };
  Tally& least = *std::min_element(tallies_.begin(), tallies_.end(), fewer);
  least = {.hash = hash, .total = least.total, .error = least.total};
  std::memcpy(least.bytes, name.data(), name.size());
  least.size = static_cast<uint8_t>(name.size());
  return least;
}

void TopNames::count(std::string_view name, Event event, uint64_t times, size_t most) {
  if (tallies_.size() > most) shrink(most);
  if (most == 0 || name.empty()) return;
  name = name.substr(0, kLongest);
  Tally& tally = place_of(name, hash_of(name), most);
  tally.of[event] += times;
  tally.total += times;
}

void TopNames::count_known(uint32_t wanted, Event event, uint64_t times) {
  for (Tally& tally : tallies_) {
    if (sign(tally.hash) != wanted) continue;
    tally.of[event] += times;
    tally.total += times;
  }
}

}  // namespace freshet
