#include "freshet/base/glob.h"

#include <algorithm>
#include <utility>

#include "freshet/base/text.h"

namespace freshet {
namespace {

constexpr std::string_view kSpecial = "*?[\\";

enum class Case { kExact, kFolded };

// What the head of a pattern says of one byte: whether it matches, and how long that head is.
struct Head {
  bool matches;
  size_t length;
};

char folded(char c, Case fold) { return fold == Case::kFolded ? lower(c) : c; }

// Redis compares as signed char and swaps the ends before it folds them: [Z-a] folded is empty.
// The signed compare is spelled out, since plain char is unsigned on some machines.
bool in_range(char first, char last, char c, Case fold) {
  auto low = static_cast<signed char>(first);
  auto high = static_cast<signed char>(last);
  if (low > high) std::swap(low, high);
  const auto rank = [fold](char byte) { return static_cast<signed char>(folded(byte, fold)); };
  return rank(static_cast<char>(low)) <= rank(c) && rank(c) <= rank(static_cast<char>(high));
}

// One member of a class: an escaped byte (never folded), a range or a byte. As in Redis, a range
// may end in ']', and a backslash that ends the pattern is itself.
Head match_member(std::string_view rest, char c, Case fold) {
  if (rest.size() >= 2 && rest[0] == '\\') return {rest[1] == c, 2};
  if (rest.size() >= 3 && rest[1] == '-') return {in_range(rest[0], rest[2], c, fold), 3};
  return {folded(rest[0], fold) == folded(c, fold), 1};
}

// REQUIRES: `rest` starts with '['. The end of the pattern closes a class as well as ']' does; "[]"
// matches nothing, "[^]" any byte.
Head match_class(std::string_view rest, char c, Case fold) {
  const bool negated = rest.size() >= 2 && rest[1] == '^';
  size_t i = negated ? 2 : 1;
  bool found = false;
  while (i < rest.size() && rest[i] != ']') {
    const Head member = match_member(rest.substr(i), c, fold);
    found = found || member.matches;
    i += member.length;
  }
  return {found != negated, std::min(i + 1, rest.size())};
}

// REQUIRES: `rest` is not empty and does not start with '*'.
Head match_head(std::string_view rest, char c, Case fold) {
  switch (rest[0]) {
    case '?':
      return {true, 1};
    case '[':
      return match_class(rest, c, fold);
    case '\\':
      if (rest.size() >= 2) return {folded(rest[1], fold) == folded(c, fold), 2};
      [[fallthrough]];
    default:
      return {folded(rest[0], fold) == folded(c, fold), 1};
  }
}

// Every head but '*' takes exactly one byte, so the leftmost place where the part after a '*' fits
// is as good as any later one: only the last '*' need ever be tried again.
bool match(std::string_view pattern, std::string_view text, Case fold) {
  if (text.empty()) return pattern.empty();
  size_t p = 0;
  size_t t = 0;
  size_t retry_p = std::string_view::npos;  // Just after the last '*' seen.
  size_t retry_t = 0;                       // Where the text after that '*' is taken to begin.
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      retry_p = ++p;
      retry_t = t;
      if (p == pattern.size()) return true;
      continue;
    }
    if (p < pattern.size()) {
      const Head head = match_head(pattern.substr(p), text[t], fold);
      if (head.matches) {
        p += head.length;
        ++t;
        continue;
      }
    }
    if (retry_p == std::string_view::npos) return false;
    p = retry_p;
    t = ++retry_t;
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  return match(pattern, text, Case::kExact);
}

bool glob_match_nocase(std::string_view pattern, std::string_view text) {
  return match(pattern, text, Case::kFolded);
}

bool glob_is_literal(std::string_view pattern) {
  return pattern.find_first_of(kSpecial) == std::string_view::npos;
}

std::string_view literal_prefix(std::string_view pattern) {
  return pattern.substr(0, pattern.find_first_of(kSpecial));
}

}  // namespace freshet
