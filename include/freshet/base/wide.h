// Questions about the bytes of short texts, many at once, with the compiler's own vectors: whatever
// the machine has for them, and no call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace freshet {

// N: 8 or 16 bytes. Texts are as long as that, at least; their last two words may overlap.
template <size_t N>
class Wide {
 public:
  // Do `a` and `b` differ in their first `size` bytes?
  static bool differ(const char* a, const char* b, size_t size) {
    return any(size, [&](size_t at) { return load(a + at) ^ load(b + at); });
  }
  // Is there such a byte?
  static bool contains(const char* text, size_t size, char byte) {
    const Word wanted = Word{} + static_cast<uint8_t>(byte);
    return any(size, [&](size_t at) { return static_cast<Word>(load(text + at) == wanted); });
  }

 private:
  using Word [[gnu::vector_size(N)]] = uint8_t;

  static Word load(const char* at) {
    Word word;
    std::memcpy(&word, at, sizeof word);
    return word;
  }
  // Has any of the words f(offset) a bit that is set?
  template <class F>
  static bool any(size_t size, F&& f) {
    Word all = f(size - N);
    for (size_t at = 0; at + N < size; at += N) all |= f(at);
    uint64_t parts[N / 8];
    std::memcpy(parts, &all, sizeof parts);
    return (parts[0] | parts[N / 8 - 1]) != 0;
  }
};

}  // namespace freshet
