#include "freshet/base/text.h"

#include <algorithm>

namespace freshet {
namespace {

// The letter after the backslash for a byte that has a short escape, 0 for any other byte.
char short_escape(char c) {
  switch (c) {
    case '\\':
    case '"':
      return c;
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\a':
      return 'a';
    case '\b':
      return 'b';
    default:
      return 0;
  }
}

void append_hex(std::string& out, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += "\\x";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string quoted(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + 2);
  out += '"';
  for (char c : bytes) {
    if (const char letter = short_escape(c)) {
      out += '\\';
      out += letter;
    } else if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      append_hex(out, c);
    }
  }
  out += '"';
  return out;
}

}  // namespace freshet
