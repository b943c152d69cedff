#include "freshet/base/numbers.h"

#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "freshet/base/text.h"

namespace freshet {
namespace {

// Redis's MAX_LONG_DOUBLE_CHARS: a longer text is no number, and no long double prints longer.
constexpr size_t kMaxLongDoubleChars = 5 * 1024;

// 19 nines still fit in uint64, so up to 19 digits need one range check, at the end.
constexpr size_t kMaxDigits = 19;

constexpr auto kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (int i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// kPowersOfTen[n] is 10^n, but for n = 0, which is 0 so that zero counts as one digit.
constexpr auto kPowersOfTen = [] {
  std::array<uint64_t, 20> powers{};
  uint64_t power = 1;
  for (size_t n = 1; n < powers.size(); ++n) powers[n] = power *= 10;
  return powers;
}();

// 1233 / 4096 is log10(2), near enough for 64 bits; the comparison corrects a guess one too high.
size_t count_digits(uint64_t value) {
  const size_t guess = (static_cast<size_t>(std::bit_width(value | 1)) * 1233) >> 12;
  return guess + (value >= kPowersOfTen[guess] ? 1 : 0);
}

// The magnitude as unsigned, so that INT64_MIN has one too.
uint64_t magnitude(int64_t value) {
  return value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What Redis asks of strtod and strtold alike: the whole text, and a value that neither overflowed
// nor vanished. A denormal also sets ERANGE, and is welcome.
template <typename Float>
std::optional<Float> parse_float(std::string_view text, Float (*convert)(const char*, char**)) {
  if (text.empty() || is_space(text.front())) return std::nullopt;
  const std::string terminated(text);
  char* end = nullptr;
  errno = 0;
  const Float value = convert(terminated.c_str(), &end);
  if (end != terminated.c_str() + terminated.size() || std::isnan(value)) return std::nullopt;
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  return value;
}

// Bytes in one of the unit, nullopt if there is no such unit.
std::optional<int64_t> unit_size(std::string_view unit) {
  if (unit.empty() || is_word(unit, "b")) return 1;
  if (is_word(unit, "k")) return 1000;
  if (is_word(unit, "kb")) return 1024;
  if (is_word(unit, "m")) return 1000 * 1000;
  if (is_word(unit, "mb")) return 1024 * 1024;
  if (is_word(unit, "g")) return 1000 * 1000 * 1000;
  if (is_word(unit, "gb")) return 1024 * 1024 * 1024;
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> parse_int(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits.size() > kMaxDigits) return std::nullopt;
  if (digits.front() == '0') {
    if (text.size() != 1) return std::nullopt;
    return 0;
  }
  uint64_t value = 0;
  for (char c : digits) {
    const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
    if (digit > 9) return std::nullopt;
    value = value * 10 + digit;
  }
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (value > kMax + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<int64_t>(negative ? 0 - value : value);
}

size_t format_int(char* out, int64_t value) {
  uint64_t rest = magnitude(value);
  const size_t length = count_digits(rest) + (value < 0 ? 1 : 0);
  if (value < 0) out[0] = '-';
  char* end = out + length;
  while (rest >= 100) {
    end -= 2;
    std::memcpy(end, &kDigitPairs[2 * (rest % 100)], 2);
    rest /= 100;
  }
  if (rest >= 10) {
    std::memcpy(end - 2, &kDigitPairs[2 * rest], 2);
  } else {
    end[-1] = static_cast<char>('0' + rest);
  }
  return length;
}

std::optional<long double> parse_long_double(std::string_view text) {
  if (text.size() >= kMaxLongDoubleChars) return std::nullopt;
  return parse_float<long double>(text, std::strtold);
}

std::string format_long_double(long double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[kMaxLongDoubleChars];
  const int length = std::snprintf(buffer, sizeof(buffer), "%.17Lf", value);
  std::string_view text(buffer, static_cast<size_t>(length));
  if (text.find('.') != std::string_view::npos) {
    text = text.substr(0, text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.remove_suffix(1);
  }
  return text == "-0" ? "0" : std::string(text);
}

std::optional<double> parse_double(std::string_view text) {
  return parse_float<double>(text, std::strtod);
}

std::string format_double(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[32];
  const int length = std::snprintf(buffer, sizeof(buffer), "%.17g", value);
  return std::string(buffer, static_cast<size_t>(length));
}

std::optional<int64_t> parse_memory(std::string_view text) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  int64_t count = 0;
  size_t i = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) {
    const int digit = text[i] - '0';
    if (count > (kMax - digit) / 10) return std::nullopt;
    count = count * 10 + digit;
  }
  const std::optional<int64_t> unit = unit_size(text.substr(i));
  if (!unit || count > kMax / *unit) return std::nullopt;
  return count * *unit;
}

std::string format_memory(uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + "B";
  double scaled = static_cast<double>(bytes) / 1024;
  uint64_t limit = uint64_t{1024} * 1024;
  for (char unit : {'K', 'M', 'G', 'T', 'P'}) {
    if (bytes < limit) {
      char buffer[32];
      const int length = std::snprintf(buffer, sizeof(buffer), "%.2f%c", scaled, unit);
      return std::string(buffer, static_cast<size_t>(length));
    }
    scaled /= 1024;
    limit *= 1024;
  }
  return std::to_string(bytes) + "B";  // Redis knows no unit above P.
}

}  // namespace freshet
