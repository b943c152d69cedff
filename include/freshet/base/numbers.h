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

// Strict decimal, as Redis's string2ll: an optional '-', no '+', no leading zeros, no spaces,
// within int64. "-0" is refused.
std::optional<int64_t> parse_int(std::string_view text);

// Writes without a terminator; returns the length. `out` holds kMaxIntDigits bytes.
size_t format_int(char* out, int64_t value);

// As Redis's string2ld / getLongDoubleFromObject: what strtold accepts ("inf" and hex too), whole
// text, no leading space; nullopt for NaN, for overflow, underflow to 0 and 5120 bytes or more.
std::optional<long double> parse_long_double(std::string_view text);

// As Redis's ld2string(LD_STR_HUMAN): fixed notation with 17 digits after the point, trailing zeros
// cut, "-0" as "0"; "inf", "-inf".
std::string format_long_double(long double value);

// As Redis's getDoubleFromObject: what strtod accepts, under the same rules but for the length.
std::optional<double> parse_double(std::string_view text);

// As Redis 7.0 writes a score, in RESP2 and RESP3: %.17g, which reads back the same but is not
// always the shortest text that does (0.1 is 0.10000000000000001; Redis 7.2 writes 0.1). "inf",
// "-inf".
std::string format_double(double value);

// Sizes as in redis.conf: 100, 1k (1000), 1kb (1024), m, mb, g, gb, b; any case. As in Redis, no
// digits are 0 bytes ("", "mb"). nullopt if broken or past int64 (Redis goes on to uint64, and
// wraps).
std::optional<int64_t> parse_memory(std::string_view text);

// As INFO's *_human fields: 512B, 1.50K, 2.00M, 3.21G, T, P; from 1024 P on, bytes again.
std::string format_memory(uint64_t bytes);

}  // namespace freshet
