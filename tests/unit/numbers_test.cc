// Every expectation here was read off Redis 7.0.15, unless a test says otherwise.
#include "freshet/base/numbers.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

namespace freshet {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

std::string written(int64_t value) {
  char out[kMaxIntDigits];
  return std::string(out, format_int(out, value));
}

std::string long_double_round_trip(std::string_view text) {
  const auto value = parse_long_double(text);
  return value ? format_long_double(*value) : "refused";
}

std::string double_round_trip(std::string_view text) {
  const auto value = parse_double(text);
  return value ? format_double(*value) : "refused";
}

TEST_CASE("an integer is read up to both ends of int64") {
  CHECK(parse_int("0") == 0);
  CHECK(parse_int("-1") == -1);
  CHECK(parse_int("1234567890") == 1234567890);
  CHECK(parse_int("9223372036854775807") == kMax);
  CHECK(parse_int("-9223372036854775808") == kMin);
}

TEST_CASE("an integer past the ends of int64 is refused") {
  CHECK_FALSE(parse_int("9223372036854775808"));
  CHECK_FALSE(parse_int("-9223372036854775809"));
  CHECK_FALSE(parse_int("9999999999999999999"));
  CHECK_FALSE(parse_int("18446744073709551617"));
  CHECK_FALSE(parse_int("-18446744073709551615"));
}

TEST_CASE("an integer has one spelling only") {
  for (const char* text : {"", "-", "-0", "+1", "01", "-01", "00", " 1", "1 ", "1.0", "1e3", "0x1",
                           "--1", "1-", "a", "/", ":"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_int(text));
  }
  CHECK_FALSE(parse_int(std::string_view("1\0", 2)));
}

TEST_CASE("an integer is written with as many digits as it has") {
  CHECK(written(0) == "0");
  CHECK(written(kMax) == "9223372036854775807");
  CHECK(written(kMin) == "-9223372036854775808");
  CHECK(written(kMin).size() == kMaxIntDigits);
}

TEST_CASE("an integer beside a power of ten or of two is written and read back the same") {
  const auto same = [](int64_t value) {
    const std::string text = written(value);
    CHECK(text == std::to_string(value));
    CHECK(parse_int(text) == value);
  };
  int64_t ten = 1;
  for (int exponent = 0; exponent <= 18; ++exponent) {
    for (int64_t near : {ten - 1, ten, ten + 1}) same(near), same(-near);
    if (exponent < 18) ten *= 10;
  }
  for (int bit = 0; bit < 63; ++bit) {
    const int64_t two = int64_t{1} << bit;
    for (int64_t near : {two - 1, two, two + 1}) same(near), same(-near);
  }
}

TEST_CASE("every integer of up to five digits is written and read back the same") {
  for (int64_t value = -99999; value <= 99999; ++value) {
    const std::string text = written(value);
    REQUIRE(text == std::to_string(value));
    REQUIRE(parse_int(text) == value);
  }
}

TEST_CASE("a long double is written without trailing zeros") {
  CHECK(long_double_round_trip("0.1") == "0.1");
  CHECK(long_double_round_trip("3e3") == "3000");
  CHECK(long_double_round_trip("5.0e-1") == "0.5");
  CHECK(long_double_round_trip("100") == "100");
  CHECK(long_double_round_trip("0x1p3") == "8");
  CHECK(long_double_round_trip("+1.50") == "1.5");
  CHECK(long_double_round_trip("1e-17") == "0.00000000000000001");
}

TEST_CASE("a long double too small for 17 digits is written as zero without a sign") {
  CHECK(long_double_round_trip("0") == "0");
  CHECK(long_double_round_trip("-0") == "0");
  CHECK(long_double_round_trip("1e-30") == "0");
  CHECK(long_double_round_trip("-1e-30") == "0");
}

TEST_CASE("an infinite long double is read and written, one that overflows is refused") {
  CHECK(long_double_round_trip("inf") == "inf");
  CHECK(long_double_round_trip("-Infinity") == "-inf");
  CHECK(long_double_round_trip("1e5000") == "refused");
  CHECK(long_double_round_trip("1e-5000") == "refused");
  CHECK(long_double_round_trip("1e4900").size() == 4901);
}

TEST_CASE("a long double's text is refused from 5120 bytes on") {
  CHECK(parse_long_double("0." + std::string(5117, '1')));
  CHECK_FALSE(parse_long_double("0." + std::string(5118, '1')));
}

TEST_CASE("a floating number must fill the whole text and be a number") {
  for (const char* text : {"", " ", " 1", "\t1", "\v1", "1 ", "1e", "nan", "-nan", "nan(1)", "1,5",
                           "abc", "0x", "."}) {
    CAPTURE(text);
    CHECK_FALSE(parse_long_double(text));
    CHECK_FALSE(parse_double(text));
  }
  CHECK_FALSE(parse_long_double(std::string_view("1\0", 2)));
  CHECK_FALSE(parse_double(std::string_view("1\0", 2)));
}

TEST_CASE("a floating number is not read past the end of its view") {
  const std::string_view text = "12.5";
  CHECK(parse_double(text.substr(0, 2)) == 12.0);
  CHECK(parse_long_double(text.substr(0, 3)) == 12.0L);
}

TEST_CASE("a double is written with 17 significant digits") {
  CHECK(double_round_trip("0.1") == "0.10000000000000001");
  CHECK(double_round_trip("3.0") == "3");
  CHECK(double_round_trip("-1.5") == "-1.5");
  CHECK(double_round_trip("1e16") == "10000000000000000");
  CHECK(double_round_trip("1e17") == "1e+17");
  CHECK(double_round_trip("123456789012345678") == "1.2345678901234568e+17");
  CHECK(double_round_trip("5e-324") == "4.9406564584124654e-324");
  CHECK(double_round_trip("-0") == "-0");
}

TEST_CASE("a double that overflows or vanishes is refused, a denormal is not") {
  CHECK(double_round_trip("inf") == "inf");
  CHECK(double_round_trip("-INF") == "-inf");
  CHECK(double_round_trip("1e400") == "refused");
  CHECK(double_round_trip("-1e400") == "refused");
  CHECK(double_round_trip("1e-400") == "refused");
  CHECK(parse_double("1e-310") == 1e-310);
}

TEST_CASE("a double that is written reads back the same") {
  for (double value : {0.1, 1.0 / 3, 1e22, 1e-5, 2.5e-323, std::numeric_limits<double>::max()}) {
    CHECK(parse_double(format_double(value)) == value);
    CHECK(parse_double(format_double(-value)) == -value);
  }
}

TEST_CASE("a size takes a decimal or a binary unit of any case") {
  CHECK(parse_memory("100") == 100);
  CHECK(parse_memory("007b") == 7);
  CHECK(parse_memory("1k") == 1000);
  CHECK(parse_memory("1Kb") == 1024);
  CHECK(parse_memory("2m") == 2000000);
  CHECK(parse_memory("2MB") == 2097152);
  CHECK(parse_memory("3g") == 3000000000);
  CHECK(parse_memory("3gB") == 3221225472);
}

TEST_CASE("a size without digits is zero, as in Redis") {
  CHECK(parse_memory("") == 0);
  CHECK(parse_memory("mb") == 0);
}

TEST_CASE("a size with a sign, a space, a fraction or an unknown unit is refused") {
  for (const char* text : {"-1", "+1", " 1", "1 ", "1.5k", "1tb", "1kbb", "0x10", "k1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_memory(text));
  }
}

TEST_CASE("a size past int64 is refused, where Redis goes on and wraps") {
  CHECK(parse_memory("9223372036854775807") == kMax);
  CHECK_FALSE(parse_memory("9223372036854775808"));
  CHECK(parse_memory("8589934591gb") == 8589934591 * 1073741824);
  CHECK_FALSE(parse_memory("8589934592gb"));
  CHECK_FALSE(parse_memory("99999999999999999999999"));
}

TEST_CASE("a size is written in the largest unit not above it") {
  CHECK(format_memory(0) == "0B");
  CHECK(format_memory(512) == "512B");
  CHECK(format_memory(1023) == "1023B");
  CHECK(format_memory(1536) == "1.50K");
  CHECK(format_memory(1048575) == "1024.00K");
  CHECK(format_memory(2097152) == "2.00M");
  CHECK(format_memory(3446711255) == "3.21G");
  CHECK(format_memory(uint64_t{1} << 40) == "1.00T");
  CHECK(format_memory(uint64_t{1} << 50) == "1.00P");
  CHECK(format_memory(uint64_t{1} << 60) == "1152921504606846976B");
}

}  // namespace
}  // namespace freshet
