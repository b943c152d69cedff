// Small questions about text: case, escaping.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "freshet/base/wide.h"

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

// Equal, for short texts that mostly are: without a call.
inline bool same_text(std::string_view a, std::string_view b) {
  constexpr size_t kLong = 64;
  if (a.size() != b.size()) return false;
  if (a.size() < 8 || a.size() > kLong) [[unlikely]]
    return a == b;
  return a.size() < 16 ? !Wide<8>::differ(a.data(), b.data(), a.size())
                       : !Wide<16>::differ(a.data(), b.data(), a.size());
}

// The text up to its first NUL: what Redis shows of an argument that it prints as a C string.
inline std::string_view c_text(std::string_view text) { return text.substr(0, text.find('\0')); }

std::string to_lower(std::string_view text);

// Quoted with \n, \xHH and the like, as Redis's sdscatrepr.
std::string quoted(std::string_view bytes);

}  // namespace freshet
