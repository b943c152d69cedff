// The fields of a request's JSON object, each of its own kind; what is wrong is remembered, and so
// is what nobody asked for: a misspelt field is an error, not a wish that is passed over.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/base/text.h"
#include "freshet/commands/command.h"
#include "http/json_value.h"

namespace freshet {

class Fields {
 public:
  explicit Fields(std::string_view body);

  // nullptr or nullopt if it is not there; null counts as absent but for any().
  const Json* any(std::string_view name);
  std::optional<int64_t> integer(std::string_view name);
  std::optional<std::string> text(std::string_view name);
  std::optional<bool> flag(std::string_view name);
  // An array of strings, or one string; empty if it is not there.
  std::vector<std::string> texts(std::string_view name);

  // "" or the first thing that is wrong. Call it when all fields were asked for.
  std::string error() const;

 private:
  const Json* find(std::string_view name);
  void complain(std::string_view name, std::string_view wants);

  Json json_;
  std::vector<std::string> known_;
  std::string error_;
};

std::vector<std::string_view> views(const std::vector<std::string>& args);

}  // namespace freshet
