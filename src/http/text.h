// How bytes are written in URLs and in JSON texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace freshet {

// nullopt if a % is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text);
// All bytes but letters, digits and -._~ become %XX.
std::string percent_encode(std::string_view bytes);

// "a=1&b=x+y": names and values, decoded; a '+' is a space here. nullopt if one is broken.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view text);

std::optional<std::string> base64_decode(std::string_view text);
std::string base64_encode(std::string_view bytes);

bool is_utf8(std::string_view bytes);

// A name to be shown: itself, or percent-encoded if it is not UTF-8.
std::string shown(std::string_view bytes);

// "misses_by_cause" -> "missesByCause".
std::string camel_case(std::string_view name);

// "256MB", "1.5GB", "900B": powers of 1024, at most one digit behind the point.
std::string human_bytes(unsigned long long bytes);

}  // namespace freshet
