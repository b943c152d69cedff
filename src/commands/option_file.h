// Options in files and on the command line: reading, and CONFIG REWRITE. Grammar: Redis 7.0's
// (config.c, server.c). Blocking I/O; never behind a shard's door.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "commands/option_values.h"

namespace freshet {

// "" or one line: "file:line: option: what is wrong".
std::string read_option_file(const std::string& path, OptionValues& values);

// The words behind the program's name. `file` becomes the configuration file's path, if one is
// named.
struct OptionArguments {
  std::string file;
  bool from_stdin = false;
  std::vector<std::vector<std::string>> lines;  // as a file would have them, cut into words
  std::string error;
};
OptionArguments read_option_arguments(const std::vector<std::string>& arguments);

std::string read_option_stdin(OptionValues& values);

// One line's words. "" or "option: what is wrong".
std::string take_option_line(const std::vector<std::string>& words, OptionValues& values);

// Brings the file at `path` up to date with `values`, or makes it. "" or what went wrong.
std::string rewrite_option_file(const std::string& path, const OptionValues& values);

}  // namespace freshet
