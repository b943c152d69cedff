#include "commands/option_values.h"

#include "commands/option_checks.h"
#include "freshet/base/check.h"
#include "freshet/resp/split_args.h"

namespace freshet {

OptionValues::OptionValues() : texts_(option_rows().size()) {
  std::vector<std::string> words;
  for (const OptionRow& row : option_rows()) {
    if (row.kind == OptionKind::kMany) continue;
    CHECK(split_args(row.initial, words));
    CHECK(add(row, words).empty());
  }
}

const OptionValues::Lines& OptionValues::lines(const OptionRow& row) const {
  static const Lines kNone;
  const auto found = lines_.find(row.name);
  return found == lines_.end() ? kNone : found->second;
}

OptionValue OptionValues::check(const OptionRow& row, OptionWords words) const {
  return check_option(row, words, text(row));
}

std::string OptionValues::add(const OptionRow& row, OptionWords words) {
  OptionValue value = check(row, words);
  if (!value.error.empty()) return value.error;
  if (row.kind == OptionKind::kMany) {
    lines_[row.name].emplace_back(words.begin(), words.end());
    return "";
  }
  std::string& text = texts_[index(row)];
  if (row.joins && !text.empty() && !value.text.empty()) {
    text += ' ' + value.text;
  } else {
    text = std::move(value.text);
  }
  return "";
}

}  // namespace freshet
