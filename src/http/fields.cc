#include "http/fields.h"

#include <algorithm>

namespace freshet {

Fields::Fields(std::string_view body) : json_(Json::object()) {
  auto json = parse_json(body);
  if (!json || !json->is_object()) {
    error_ = "the body wants to be a JSON object, nested " + std::to_string(kMostNesting) +
             " deep at most";
  } else {
    json_ = std::move(*json);
  }
}

const Json* Fields::any(std::string_view name) {
  known_.emplace_back(name);
  const auto found = json_.find(std::string(name));
  return found == json_.end() ? nullptr : &*found;
}

const Json* Fields::find(std::string_view name) {
  const Json* found = any(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

void Fields::complain(std::string_view name, std::string_view wants) {
  if (error_.empty()) error_ = "the field " + std::string(name) + " wants " + std::string(wants);
}

std::optional<int64_t> Fields::integer(std::string_view name) {
  const Json* found = find(name);
  if (found == nullptr) return std::nullopt;
  const bool huge = found->is_number_unsigned() && found->get<uint64_t>() > INT64_MAX;
  if (found->is_number_integer() && !huge) return found->get<int64_t>();
  complain(name, "a whole number");
  return std::nullopt;
}

std::optional<std::string> Fields::text(std::string_view name) {
  const Json* found = find(name);
  if (found == nullptr) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  complain(name, "a string");
  return std::nullopt;
}

std::optional<bool> Fields::flag(std::string_view name) {
  const Json* found = find(name);
  if (found == nullptr) return std::nullopt;
  if (found->is_boolean()) return found->get<bool>();
  complain(name, "true or false");
  return std::nullopt;
}

std::vector<std::string> Fields::texts(std::string_view name) {
  const Json* found = find(name);
  if (found == nullptr) return {};
  if (found->is_string()) return {found->get<std::string>()};
  const bool fits =
      found->is_array() &&
      std::all_of(found->begin(), found->end(), [](const Json& item) { return item.is_string(); });
  if (fits) return found->get<std::vector<std::string>>();
  complain(name, "an array of strings");
  return {};
}

std::string Fields::error() const {
  if (!error_.empty()) return error_;
  for (const auto& [name, value] : json_.items()) {
    if (std::find(known_.begin(), known_.end(), name) == known_.end())
      return "the field " + name + " is not known here";
  }
  return "";
}

std::vector<std::string_view> views(const std::vector<std::string>& args) {
  return {args.begin(), args.end()};
}

}  // namespace freshet
