#include "freshet/commands/options.h"

#include <algorithm>
#include <filesystem>

#include "commands/option_checks.h"
#include "commands/option_file.h"
#include "commands/option_table.h"
#include "commands/option_values.h"
#include "freshet/base/check.h"
#include "freshet/base/glob.h"

namespace freshet {
namespace {

class Inside {
 public:
  explicit Inside(Door& door) : door_(door) { door_.enter(); }
  ~Inside() { door_.leave(); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  Door& door_;
};

const OptionRow& row_of(std::string_view name) {
  const OptionRow* row = find_option(name);
  CHECK(row != nullptr);
  return *row;
}

std::string failed(std::string_view name, std::string_view why) {
  return "ERR CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - " +
         std::string(why);
}

using Changes = std::vector<std::pair<std::string, std::string>>;

// Finds each change's row; the first that can't be set at all is the error. Redis looks at all
// names before it looks at a value.
std::string find_rows(const Changes& changes, std::vector<const OptionRow*>& rows) {
  for (const auto& [name, value] : changes) {
    const OptionRow* row = find_option(name);
    if (row == nullptr || row->kind == OptionKind::kMany) {
      return "ERR Unknown option or number of arguments for CONFIG SET - '" + name + "'";
    }
    if (row->change == OptionChange::kAtStart) return failed(name, "can't set immutable config");
    if (std::find(rows.begin(), rows.end(), row) != rows.end()) {
      return failed(name, "duplicate parameter");
    }
    rows.push_back(row);
  }
  return "";
}

}  // namespace

Options::Options() : values_(std::make_unique<OptionValues>()) { publish(); }

Options::~Options() = default;

void Options::publish() {
  for (const OptionRow& row : option_rows()) {
    if (row.hook == nullptr) continue;
    const std::string& text = values_->text(row);
    row.hook(*this, option_number(row, text), text);
  }
}

std::string Options::load(const std::vector<std::string>& arguments) {
  const OptionArguments given = read_option_arguments(arguments);
  if (!given.error.empty()) return "command line: " + given.error;
  OptionValues values;
  std::string error;
  if (!given.file.empty()) error = read_option_file(given.file, values);
  if (error.empty() && given.from_stdin) error = read_option_stdin(values);
  for (const auto& line : given.lines) {
    if (!error.empty()) break;
    error = take_option_line(line, values);
    if (!error.empty()) error.insert(0, "command line: ");
  }
  if (!error.empty()) return error;
  if (!given.file.empty()) {
    file_ = std::filesystem::absolute(given.file).lexically_normal().string();
  }
  *values_ = std::move(values);
  publish();
  return "";
}

std::vector<std::pair<std::string, std::string>> Options::get(
    const std::vector<std::string>& globs) const {
  Changes found;
  {
    Inside inside(door_);
    for (const OptionRow& row : option_rows()) {
      if (row.kind == OptionKind::kMany) continue;
      const auto fits = [&row](const std::string& glob) {
        return glob_match_nocase(glob, row.name);
      };
      const auto asked = std::find_if(globs.begin(), globs.end(), fits);
      if (asked == globs.end()) continue;
      // As in Redis, a name comes back in the case in which it was asked for.
      found.emplace_back(glob_is_literal(*asked) ? *asked : row.name, values_->text(row));
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string Options::set(const Changes& changes) {
  std::vector<const OptionRow*> rows;
  if (std::string error = find_rows(changes, rows); !error.empty()) return error;
  std::vector<const OptionRow*> differ;
  {
    Inside inside(door_);
    std::vector<std::string> texts;
    for (size_t i = 0; i < rows.size(); ++i) {
      OptionValue value = values_->check(*rows[i], OptionWords(&changes[i].second, 1));
      if (!value.error.empty()) return failed(rows[i]->name, value.error);
      texts.push_back(std::move(value.text));
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      const OptionRow& row = *rows[i];
      if (texts[i] == values_->text(row)) continue;
      differ.push_back(&row);
      // Behind the door, so that of two who set the same option the atomic shows the same one as
      // GET.
      if (row.hook != nullptr) row.hook(*this, option_number(row, texts[i]), texts[i]);
      values_->put(row, std::move(texts[i]));
    }
  }
  if (changed) {
    for (const OptionRow* row : differ) changed(std::string(row->name));
  }
  return "";
}

std::string Options::rewrite() {
  if (file_.empty()) return "ERR The server is running without a config file";
  Inside one_at_a_time(rewriting_);
  OptionValues values;
  {
    Inside inside(door_);
    values = *values_;
  }
  const std::string error = rewrite_option_file(file_, values);
  return error.empty() ? "" : "ERR Rewriting config file: " + error;
}

std::string Options::text(std::string_view name) const {
  const OptionRow& row = row_of(name);
  Inside inside(door_);
  return values_->text(row);
}

int64_t Options::number(std::string_view name) const {
  return option_number(row_of(name), text(name));
}

std::vector<std::string> Options::list(std::string_view name) const {
  std::vector<std::string> words = cut_at_spaces(text(name));
  std::erase(words, "");
  return words;
}

std::vector<std::vector<std::string>> Options::many(std::string_view name) const {
  const OptionRow& row = row_of(name);
  if (row.kind == OptionKind::kMany) {
    Inside inside(door_);
    return values_->lines(row);
  }
  constexpr std::ptrdiff_t kWordsPerClass = 4;
  const std::vector<std::string> words = list(name);
  std::vector<std::vector<std::string>> classes;
  for (auto at = words.begin(); words.end() - at >= kWordsPerClass; at += kWordsPerClass) {
    classes.emplace_back(at, at + kWordsPerClass);
  }
  return classes;
}

std::string Options::file() const { return file_; }

}  // namespace freshet
