// Values of keys as JSON, and bodies of requests.
//
// A JSON string is stored as its bytes, so that RESP clients see what they would have stored; any
// other JSON value as its text, without spaces. Read back, bytes that are such a text are that
// value, and all others a string. A string that would be read back as something else is stored with
// its quotes: what was put in comes out, whatever it is.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace freshet {

using Json = nlohmann::ordered_json;

// nullopt if it is no JSON, or nested deeper than kMostNesting.
constexpr int kMostNesting = 128;
std::optional<Json> parse_json(std::string_view text);
std::string to_text(const Json& json);

std::string stored_bytes(const Json& value);
// nullopt: neither JSON nor UTF-8.
std::optional<Json> shown_value(std::string_view bytes);

HttpResponse json_response(int status, const Json& json);
HttpResponse json_error(int status, std::string_view why);

}  // namespace freshet
