// Cuts a small command that has come whole: the common case of Parser, without its memory. What is
// unusual in any way (inline, unfinished, large, malformed) is left to the Parser.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace freshet {

// Reads the digits behind `at` up to a '\r', at most `most` of them; where the line ends, or
// nullptr if it is not such a number, or does not end before `end`. No leading zeros but "0".
inline const char* cut_number(const char* at, const char* end, int most, uint32_t& value) {
  if (end - at < most + 2) return nullptr;  // so that no digit needs a look at the end
  uint32_t digit = static_cast<uint8_t>(*at) - uint32_t{'0'};
  if (digit > 9) return nullptr;
  value = digit;
  for (int digits = 1; *++at != '\r'; ++digits) {
    digit = static_cast<uint8_t>(*at) - uint32_t{'0'};
    if (digit > 9 || digits == most || value == 0) return nullptr;
    value = value * 10 + digit;
  }
  return at + 2;
}

// Reads `count` bulk strings of up to 9,999 bytes into `args`, as views; where they end, or nullptr
// if they are not, or not all there.
inline const char* cut_args(const char* at, const char* end, size_t count, std::string_view* args) {
  for (; count != 0; --count) {
    if (end - at < 7 || *at != '$') return nullptr;
    const uint32_t first = static_cast<uint8_t>(at[1]) - uint32_t{'0'};
    const uint32_t second = static_cast<uint8_t>(at[2]) - uint32_t{'0'};
    uint32_t size = first;
    const char* body = at + 4;
    if (first - 1 <= 8 && second <= 9 && at[3] == '\r') {  // most have two digits
      size = first * 10 + second;
      body = at + 5;
    } else if (first > 9 || at[2] != '\r') {
      body = cut_number(at + 1, end, 4, size);
      if (body == nullptr) return nullptr;
    }
    if (static_cast<size_t>(end - body) < size + 2) return nullptr;
    *args++ = {body, size};
    at = body + size + 2;
  }
  return at;
}

// How a command begins, up to its name: "*3\r\n$3\r\nSET\r\n". In a pipeline the next one often
// begins with the same bytes, and is not read again.
class CommandHead {
 public:
  // Where the head ends if the same stands at `at`, else nullptr.
  const char* again(const char* at, const char* end) const {
    if (static_cast<size_t>(end - at) < size_) return nullptr;
    const bool same = word(at) == first_ && word(at + size_ - sizeof first_) == last_;
    return same ? at + size_ : nullptr;
  }
  // Reads another one. Where it ends, or nullptr if it is not of an array of 1 … 99,999 bulk
  // strings, or there are surely not so many.
  const char* read(const char* at, const char* end) {
    const char* const start = at;
    size_ = kNone;
    if (at == end || *at != '*') return nullptr;
    at = cut_number(at + 1, end, 5, count_);
    if (at == nullptr || count_ == 0) return nullptr;
    if (static_cast<size_t>(end - at) < count_ * kLeastArg) return nullptr;
    std::string_view name;
    at = cut_args(at, end, 1, &name);
    if (at == nullptr) return nullptr;
    name_size_ = static_cast<uint32_t>(name.size());
    const auto size = static_cast<size_t>(at - start);
    if (size < sizeof first_ || size > 2 * sizeof first_) return at;
    size_ = size;
    first_ = word(start);
    last_ = word(at - sizeof last_);
    return at;
  }

  // Arguments of the command, with its name.
  uint32_t count() const { return count_; }
  // The name in a head that ends at `end`.
  std::string_view name(const char* end) const { return {end - 2 - name_size_, name_size_}; }

 private:
  static constexpr size_t kNone = SIZE_MAX;
  static constexpr size_t kLeastArg = 6;  // "$0\r\n\r\n"

  static uint64_t word(const char* at) {
    uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
  }

  size_t size_ = kNone;            // kNone: too long, or too short, to be compared
  uint64_t first_ = 0, last_ = 0;  // eight bytes each; they may overlap
  uint32_t count_ = 0;
  uint32_t name_size_ = 0;
};

}  // namespace freshet
