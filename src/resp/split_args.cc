#include "freshet/resp/split_args.h"

#include <cctype>

namespace freshet {
namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char escaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Reads up to the closing quote; false if there is none or it is glued to something.
bool quoted_part(std::string_view line, size_t& at, char quote, std::string& arg) {
  for (; at < line.size(); ++at) {
    const char c = line[at];
    const size_t left = line.size() - at;
    if (quote == '"' && c == '\\' && left >= 4 && line[at + 1] == 'x' &&
        hex_digit(line[at + 2]) >= 0 && hex_digit(line[at + 3]) >= 0) {
      arg += static_cast<char>(hex_digit(line[at + 2]) * 16 + hex_digit(line[at + 3]));
      at += 3;
    } else if (quote == '"' && c == '\\' && left >= 2) {
      arg += escaped(line[++at]);
    } else if (quote == '\'' && c == '\\' && left >= 2 && line[at + 1] == '\'') {
      arg += '\'';
      ++at;
    } else if (c == quote) {
      ++at;
      return at == line.size() || is_space(line[at]);
    } else {
      arg += c;
    }
  }
  return false;
}

}  // namespace

bool split_args(std::string_view line, std::vector<std::string>& args) {
  args.clear();
  size_t at = 0;
  for (;;) {
    while (at < line.size() && is_space(line[at])) ++at;
    if (at == line.size()) return true;
    std::string arg;
    while (at < line.size() && !is_space(line[at])) {
      const char c = line[at++];
      if (c != '"' && c != '\'') {
        arg += c;
        continue;
      }
      if (!quoted_part(line, at, c, arg)) return false;
      break;
    }
    args.push_back(std::move(arg));
  }
}

}  // namespace freshet
