// Small questions about text: case, escaping.
#pragma once

#include <string>
#include <string_view>

namespace freshet {

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Equal but for ASCII case. `word` is already lower case.
inline bool is_word(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != word[i]) return false;
  }
  return true;
}

// The text up to its first NUL: what Redis shows of an argument that it prints as a C string.
inline std::string_view c_text(std::string_view text) { return text.substr(0, text.find('\0')); }

std::string to_lower(std::string_view text);

// Quoted with \n, \xHH and the like, as Redis's sdscatrepr.
std::string quoted(std::string_view bytes);

}  // namespace freshet
