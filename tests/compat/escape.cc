#include "escape.h"

#include <cstdio>

namespace freshet::compat {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-+.:/{}#|=,@").find(c) != std::string_view::npos;
}

std::string escaped(char c) {
  switch (c) {
    case '\\':
      return "\\\\";
    case '"':
      return "\\\"";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte < 0x7f) return {c};
  char hex[8];
  std::snprintf(hex, sizeof hex, "\\x%02x", byte);
  return hex;
}

std::string word(std::string_view arg) {
  bool plain = !arg.empty();
  for (const char c : arg) plain = plain && is_plain(c);
  return plain ? std::string(arg) : quoted(arg);
}

// Octal, the one escape that every printf has; nothing in it needs the shell's quoting.
std::string printf_text(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (is_plain(c) || c == ' ') {
      text += c;
      continue;
    }
    char octal[8];
    std::snprintf(octal, sizeof octal, "\\%03o", static_cast<unsigned char>(c));
    text += octal;
  }
  return text;
}

}  // namespace

std::string quoted(std::string_view bytes) {
  std::string text = "\"";
  for (const char c : bytes) text += escaped(c);
  return text + '"';
}

std::string quoted(std::string_view bytes, size_t limit) {
  if (bytes.size() <= limit) return quoted(bytes);
  return quoted(bytes.substr(0, limit)) + "... (" + std::to_string(bytes.size()) + " bytes)";
}

std::string pasteable(const Step& step) {
  if (step.kind == Step::Kind::kSleep) return "# sleep " + std::to_string(step.millis) + " ms";
  std::string line;
  if (step.kind == Step::Kind::kScript) {
    for (const std::string& piece : step.pieces) line += printf_text(piece);
    return "# shell: printf '" + line + "' | nc -U SOCKET";
  }
  for (const std::string& arg : step.args) line.append(line.empty() ? "" : " ").append(word(arg));
  return line;
}

}  // namespace freshet::compat
