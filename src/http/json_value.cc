#include "http/json_value.h"

#include <algorithm>

#include "http/text.h"

namespace freshet {
namespace {

// The library writes what it has read by recursion.
bool nested_too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMostNesting) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

bool may_be_json(std::string_view bytes) {
  constexpr std::string_view kFirst = "{[\"-0123456789tfn";
  return !bytes.empty() && kFirst.find(bytes.front()) != std::string_view::npos;
}

// The bytes are exactly what this value would be stored as.
std::optional<Json> exact_json(std::string_view bytes) {
  if (!may_be_json(bytes)) return std::nullopt;
  std::optional<Json> json = parse_json(bytes);
  if (!json || to_text(*json) != bytes) return std::nullopt;
  return json;
}

}  // namespace

std::optional<Json> parse_json(std::string_view text) {
  if (nested_too_deep(text)) return std::nullopt;
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string stored_bytes(const Json& value) {
  if (!value.is_string()) return to_text(value);
  const auto& text = value.get_ref<const std::string&>();
  return exact_json(text) ? to_text(value) : text;
}

std::optional<Json> shown_value(std::string_view bytes) {
  if (auto json = exact_json(bytes)) return json;
  if (!is_utf8(bytes)) return std::nullopt;
  return Json(std::string(bytes));
}

HttpResponse json_response(int status, const Json& json) {
  return {status, "application/json", to_text(json), {}};
}

HttpResponse json_error(int status, std::string_view why) {
  return json_response(status, Json{{"error", shown(why)}});
}

}  // namespace freshet
