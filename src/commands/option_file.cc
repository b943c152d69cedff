#include "commands/option_file.h"

#include <glob.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "commands/option_text.h"
#include "freshet/base/text.h"
#include "freshet/resp/split_args.h"

namespace freshet {
namespace {

constexpr int kDeepestInclude = 16;  // a file that includes itself must end

std::string read_file(const std::string& path, OptionValues& values, int depth);

// include takes a path or a glob, seen from the working directory. A glob may match nothing.
std::string include(const std::string& pattern, OptionValues& values, int depth) {
  if (depth == kDeepestInclude) return "include: files include each other too deeply";
  if (pattern.find_first_of("*?[") == std::string::npos) return read_file(pattern, values, depth);
  glob_t found{};
  std::string error;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc && error.empty(); ++i) {
      error = read_file(found.gl_pathv[i], values, depth);
    }
  }
  ::globfree(&found);
  return error;
}

std::string read_lines(const std::string& name, std::string_view text, OptionValues& values,
                       int depth) {
  int number = 0;
  std::vector<std::string> words;
  for (const std::string_view line : option_lines(text)) {
    const std::string where = name + ':' + std::to_string(++number) + ": ";
    if (is_option_comment(line)) continue;
    if (!split_args(line, words)) return where + "unbalanced quotes";
    if (words.empty()) continue;  // a lone form feed
    if (is_word(words[0], "include") && words.size() == 2) {
      const std::string error = include(words[1], values, depth + 1);
      // The included file's own line says more than this one.
      if (!error.empty()) return error.starts_with("include: ") ? where + error : error;
      continue;
    }
    const std::string error = take_option_line(words, values);
    if (!error.empty()) return where + error;
  }
  return "";
}

std::string read_file(const std::string& path, OptionValues& values, int depth) {
  const FileText file = read_file_text(path);
  if (file.error != 0) return path + ": can't be read: " + std::strerror(file.error);
  return read_lines(path, file.text, values, depth);
}

bool is_option(const std::string& argument) { return argument.starts_with("--"); }

// `--save` without a value means "never".
bool lacks_value(const std::vector<std::string>& line, const std::string* next) {
  return line.size() == 1 && is_word(line[0], "save") && (next == nullptr || is_option(*next));
}

}  // namespace

std::string take_option_line(const std::vector<std::string>& words, OptionValues& values) {
  const OptionRow* row = find_option(words[0]);
  if (row == nullptr) return "unknown option '" + words[0] + "'";
  const std::string error = values.add(*row, OptionWords(words).subspan(1));
  return error.empty() ? "" : std::string(row->name) + ": " + error;
}

std::string read_option_file(const std::string& path, OptionValues& values) {
  return read_file(path, values, 0);
}

std::string read_option_stdin(OptionValues& values) {
  const FileText file = read_file_text("/dev/stdin");
  if (file.error != 0)
    return std::string("standard input can't be read: ") + std::strerror(file.error);
  return read_lines("standard input", file.text, values, 0);
}

OptionArguments read_option_arguments(const std::vector<std::string>& arguments) {
  OptionArguments result;
  size_t at = 0;
  if (!arguments.empty() && !arguments[0].starts_with('-')) result.file = arguments[at++];
  // The word after an option's name is its value, whatever it looks like.
  bool may_be_option = true;
  for (; at < arguments.size(); ++at) {
    const std::string& argument = arguments[at];
    const bool last = at + 1 == arguments.size();
    if (argument == "-" && (at == 0 || last)) {
      result.from_stdin = true;
    } else if (may_be_option && is_option(argument)) {
      // "--port 6379" may also come as one argument.
      std::vector<std::string> line;
      if (!split_args(std::string_view(argument).substr(2), line) || line.empty()) {
        result.error = "unbalanced quotes, or no name, in '" + argument + "'";
        return result;
      }
      may_be_option = line.size() > 1;
      if (lacks_value(line, last ? nullptr : &arguments[at + 1])) {
        line.emplace_back();
        may_be_option = true;
      }
      result.lines.push_back(std::move(line));
    } else {
      if (result.lines.empty()) result.lines.emplace_back();
      result.lines.back().push_back(argument);
      may_be_option = true;
    }
  }
  return result;
}

}  // namespace freshet
