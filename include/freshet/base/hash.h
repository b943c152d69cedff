// The hash of a key, computed once and carried with it.
//
//    63            48 47                                       8 7      0
//   | shard (16 bits) | position in the shard's table (40 bits)  | tag   |
//
// The seed is drawn at start-up, so nobody outside can prepare keys that collide.
// Keys with a `{hashtag}` share the shard bits of that tag (Redis Cluster's rule: what stands
// between the first '{' and the next '}', if not empty); their positions still differ.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "freshet/base/wide.h"

namespace freshet {

struct Key {
  std::string_view view;
  uint64_t hash;
};

class Hasher {
 public:
  explicit Hasher(uint64_t seed) : seed_(seed) {}

  uint64_t digest(std::string_view bytes) const {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed_);
  }

  uint64_t operator()(std::string_view key) const {
    const uint64_t whole = digest(key);
    if (!has_brace(key)) [[likely]]
      return whole;
    const size_t open = key.find('{');
    const size_t close = key.find('}', open + 1);
    if (close == std::string_view::npos || close == open + 1) return whole;
    const uint64_t tag = digest(key.substr(open + 1, close - open - 1));
    return (tag & kShardBits) | (whole & ~kShardBits);
  }

  Key key(std::string_view view) const { return Key{view, (*this)(view)}; }

 private:
  // Is there a '{'? Most keys are short and have none.
  static bool has_brace(std::string_view key) {
    constexpr size_t kLong = 64;
    if (key.size() < 8 || key.size() > kLong) return key.find('{') != std::string_view::npos;
    return key.size() < 16 ? Wide<8>::contains(key.data(), key.size(), '{')
                           : Wide<16>::contains(key.data(), key.size(), '{');
  }

  static constexpr uint64_t kShardBits = 0xffffull << 48;
  uint64_t seed_;
};

inline constexpr int kPositionBits = 40;

// Where a hash stands in its shard's table: 0 … 2^40 - 1.
inline uint64_t position_of(uint64_t hash) { return (hash >> 8) & ((1ull << kPositionBits) - 1); }

// The byte that tells keys of one bucket apart: 1 … 255; 0 marks an empty slot.
inline uint8_t tag_of(uint64_t hash) {
  const auto tag = static_cast<uint8_t>(hash);
  return tag == 0 ? 1 : tag;
}

// Which of `count` shards keeps a hash. Any count up to 65,536, not only powers of two.
inline uint32_t shard_of(uint64_t hash, uint32_t count) {
  return static_cast<uint32_t>(((hash >> 48) * count) >> 16);
}

}  // namespace freshet
