// Numbers as Redis 7.0 reads and writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freshet {

// The longest decimal int64: "-9223372036854775808".
inline constexpr size_t kMaxIntDigits = 20;

// Strict decimal, as Redis's string2ll: an optional '-', no '+', no leading zeros, no spaces, within
// int64. "-0" is refused.
std::optional<int64_t> parse_int(std::string_view text);

// Writes without a terminator; returns the length. `out` holds kMaxIntDigits bytes.
size_t format_int(char* out, int64_t value);

// As Redis's string2ld / getLongDoubleFromObject: what strtold accepts, whole text, no leading
// space, not NaN; nullopt otherwise. Infinity is accepted ("inf").
std::optional<long double> parse_long_double(std::string_view text);

// As Redis's ld2string(LD_STR_HUMAN): fixed notation with 17 digits, trailing zeros cut; "inf", "-inf".
std::string format_long_double(long double value);

// As Redis's getDoubleFromObject (strtod, whole text, no leading space, not NaN).
std::optional<double> parse_double(std::string_view text);

// As Redis writes a RESP3 double or %.17g bulk: the shortest text that reads back the same.
std::string format_double(double value);

// Sizes as in redis.conf: 100, 1k (1000), 1kb (1024), m, mb, g, gb, b; any case. nullopt if broken.
std::optional<int64_t> parse_memory(std::string_view text);

// As INFO's *_human fields: 512B, 1.50K, 2.00M, 3.21G.
std::string format_memory(uint64_t bytes);

}  // namespace freshet
