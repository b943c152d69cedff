// CONFIG REWRITE: which lines of the file stay, which change, what is added.
#include <cerrno>
#include <cstring>
#include <map>
#include <set>

#include "commands/option_checks.h"
#include "commands/option_file.h"
#include "commands/option_text.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/resp/split_args.h"

namespace freshet {
namespace {

constexpr std::string_view kAdded = "# Added by CONFIG REWRITE";

// In the largest unit that it is a multiple of, as an operator would have written it.
std::string memory_text(int64_t bytes) {
  constexpr std::pair<int64_t, std::string_view> kUnits[] = {
      {int64_t{1} << 30, "gb"}, {1 << 20, "mb"}, {1 << 10, "kb"}};
  for (const auto& [size, unit] : kUnits) {
    if (bytes != 0 && bytes % size == 0) return std::to_string(bytes / size) + std::string(unit);
  }
  return std::to_string(bytes);
}

std::string words_text(const std::string& text) {
  if (text.empty()) return "\"\"";
  std::string line;
  for (const std::string& word : cut_at_spaces(text)) {
    if (!line.empty()) line += ' ';
    line += option_word(word);
  }
  return line;
}

// The option as a file spells it.
std::string option_line(const OptionRow& row, const std::string& text) {
  std::string value;
  if (row.kind == OptionKind::kMemory) {
    value = memory_text(option_number(row, text));
  } else if (row.kind == OptionKind::kWords) {
    value = words_text(text);
  } else {
    value = option_word(text);
  }
  return std::string(row.name) + ' ' + value + '\n';
}

// What the lines of a file are about: an option, an include, or nothing that REWRITE touches.
struct Line {
  std::string_view text;
  const OptionRow* row = nullptr;
};

struct Plan {
  std::vector<Line> lines;
  std::map<const OptionRow*, size_t> last;  // the option's last line
  size_t last_include = 0;                  // one past it; 0 if there is none
};

Plan look_at(std::string_view text) {
  Plan plan;
  std::vector<std::string> words;
  for (const std::string_view line : option_lines(text)) {
    plan.lines.push_back({line});
    if (is_option_comment(line) || !split_args(line, words) || words.empty()) continue;
    if (is_word(words[0], "include")) plan.last_include = plan.lines.size();
    const OptionRow* row = find_option(words[0]);
    if (row == nullptr || row->kind == OptionKind::kMany) continue;
    plan.lines.back().row = row;
    plan.last[row] = plan.lines.size() - 1;
  }
  return plan;
}

std::string rewritten(const Plan& plan, const OptionValues& old, const OptionValues& now) {
  std::set<const OptionRow*> changed;
  for (const OptionRow& row : option_rows()) {
    if (row.kind != OptionKind::kMany && old.text(row) != now.text(row)) changed.insert(&row);
  }
  std::string text;
  bool marked = false;  // the comment above added lines is there from an earlier time
  for (size_t i = 0; i < plan.lines.size(); ++i) {
    const Line& line = plan.lines[i];
    if (line.text == kAdded) marked = true;
    if (line.row == nullptr || !changed.contains(line.row)) {
      text += line.text;
      text += '\n';
    } else if (plan.last.at(line.row) == i && i >= plan.last_include) {
      text += option_line(*line.row, now.text(*line.row));
      changed.erase(line.row);
    }  // else its new line comes later
  }
  for (const OptionRow& row : option_rows()) {
    if (!changed.contains(&row)) continue;
    if (!marked) text += '\n' + std::string(kAdded) + '\n';
    marked = true;
    // An included file may have begun the value.
    if (row.joins && !now.text(row).empty()) text += option_line(row, "");
    text += option_line(row, now.text(row));
  }
  return text;
}

}  // namespace

std::string rewrite_option_file(const std::string& path, const OptionValues& values) {
  const FileText file = read_file_text(path);
  if (file.error != 0 && file.error != ENOENT) return std::strerror(file.error);
  OptionValues old;
  if (file.error == 0) {
    // A file that was broken since start-up is the operator's to mend: half understood, it is not
    // touched.
    const std::string error = read_option_file(path, old);
    if (!error.empty()) return error;
  }
  const int error = replace_file(path, rewritten(look_at(file.text), old, values));
  return error == 0 ? "" : std::strerror(error);
}

}  // namespace freshet
