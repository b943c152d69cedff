// Chooses which key comes next: evenly, in order, or by Zipf's law.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace freshet {

// xorshift64* (Vigna, 2016): short, fast, and good enough to choose keys.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2 + 1) {}

  uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dULL;
  }

  // REQUIRES: bound < 2^32.
  uint64_t below(uint64_t bound) { return ((next() >> 32) * bound) >> 32; }

 private:
  uint64_t state_;
};

inline constexpr double kZipfExponent = 0.99;  // YCSB's default skew

enum class Pick { kUniform, kSequence, kZipf };

class KeyPicker {
 public:
  KeyPicker(Pick pick, uint64_t keys, uint64_t seed);

  uint64_t next() {
    switch (pick_) {
      case Pick::kUniform:
        return random_.below(keys_);
      case Pick::kSequence:
        return at_++ % keys_;
      case Pick::kZipf:
        return drawn_[at_++ % drawn_.size()];
    }
    return 0;
  }

  Random& random() { return random_; }

 private:
  void draw_zipf();

  Pick pick_;
  uint64_t keys_;
  uint64_t at_ = 0;
  Random random_;
  std::vector<uint32_t> drawn_;  // Zipf is drawn beforehand: the load generator must stay cheap
};

}  // namespace freshet
