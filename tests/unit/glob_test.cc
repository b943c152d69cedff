// The odd cases here were read off KEYS and COMMAND LIST in Redis 7.0.15.
#include "freshet/base/glob.h"

#include <doctest/doctest.h>

#include <string>

namespace freshet {
namespace {

TEST_CASE("a pattern without special characters matches itself only") {
  CHECK(glob_match("user", "user"));
  CHECK_FALSE(glob_match("user", "users"));
  CHECK_FALSE(glob_match("users", "user"));
  CHECK_FALSE(glob_match("user", "User"));
}

TEST_CASE("a question mark matches one byte") {
  CHECK(glob_match("h?llo", "hello"));
  CHECK_FALSE(glob_match("h?llo", "hllo"));
  CHECK_FALSE(glob_match("?", "ab"));
}

TEST_CASE("a star matches any bytes, or none") {
  CHECK(glob_match("*", "anything"));
  CHECK(glob_match("a*", "a"));
  CHECK(glob_match("a***", "a"));
  CHECK(glob_match("*a", "bca"));
  CHECK(glob_match("a*b*c", "aXbYbZc"));
  CHECK(glob_match("*ab", "aab"));
  CHECK_FALSE(glob_match("a*b*c", "aXcYb"));
  CHECK_FALSE(glob_match("*a", "ab"));
}

TEST_CASE("the empty text matches the empty pattern only") {
  CHECK(glob_match("", ""));
  CHECK_FALSE(glob_match("", "a"));
  for (const char* pattern : {"*", "**", "?", "[^a]", "\\", "a"}) {
    CAPTURE(pattern);
    CHECK_FALSE(glob_match(pattern, ""));
  }
}

TEST_CASE("a class matches one of its bytes or ranges") {
  CHECK(glob_match("h[ae]llo", "hallo"));
  CHECK_FALSE(glob_match("h[ae]llo", "hillo"));
  CHECK(glob_match("[a-c0-9]x", "7x"));
  CHECK_FALSE(glob_match("[a-c]", "d"));
  CHECK(glob_match("[a-]", "a"));
}

TEST_CASE("a negated class matches every byte but its own") {
  CHECK(glob_match("h[^e]llo", "hallo"));
  CHECK_FALSE(glob_match("h[^e]llo", "hello"));
  CHECK_FALSE(glob_match("h[^a-z]llo", "hello"));
  CHECK(glob_match("[a^]", "^"));
}

TEST_CASE("a range may be written backwards") {
  CHECK(glob_match("[c-a]", "b"));
  CHECK_FALSE(glob_match("[c-a]", "d"));
}

TEST_CASE("a range compares bytes as signed") {
  CHECK(glob_match("[a-\xff]", "A"));
  CHECK(glob_match("[\x80-\xff]", "\xc0"));
  CHECK_FALSE(glob_match("[a-\xff]", "b"));
}

TEST_CASE("an empty class matches nothing, its negation any byte") {
  CHECK_FALSE(glob_match("[]", "a"));
  CHECK_FALSE(glob_match("[]a]", "a"));
  CHECK(glob_match("[^]", "a"));
}

TEST_CASE("the end of the pattern closes a class") {
  CHECK(glob_match("[ab", "b"));
  CHECK_FALSE(glob_match("[ab", "c"));
  CHECK_FALSE(glob_match("[", "["));
  CHECK(glob_match("[^", "a"));
  CHECK(glob_match("x[a-", "x-"));
}

TEST_CASE("a range that ends in a closing bracket leaves its class open") {
  CHECK(glob_match("[a-]", "_"));
  CHECK(glob_match("[a-]b", "b"));
  CHECK_FALSE(glob_match("[a-]b", "ab"));
}

TEST_CASE("a backslash takes the meaning from the next byte") {
  CHECK(glob_match("\\*", "*"));
  CHECK_FALSE(glob_match("\\*", "a"));
  CHECK(glob_match("\\[a]", "[a]"));
  CHECK(glob_match("[\\]]", "]"));
  CHECK(glob_match("[\\^a]", "^"));
}

TEST_CASE("a backslash at the end of the pattern is itself") {
  CHECK(glob_match("a\\", "a\\"));
  CHECK(glob_match("[a\\", "\\"));
  CHECK_FALSE(glob_match("a\\", "a"));
}

TEST_CASE("a zero byte is a byte like another") {
  const std::string_view text("a\0b", 3);
  CHECK(glob_match("a?b", text));
  CHECK(glob_match(text, text));
  CHECK_FALSE(glob_match("a", text));
}

TEST_CASE("folded matching takes no notice of case") {
  CHECK(glob_match_nocase("MAX*", "maxmemory"));
  CHECK(glob_match_nocase("[M]ax", "mAX"));
  CHECK(glob_match_nocase("[A-C]", "b"));
  CHECK(glob_match_nocase("\\A", "a"));
  CHECK_FALSE(glob_match_nocase("[^A]", "a"));
}

TEST_CASE("folded matching keeps an escaped byte in a class as it is, and swaps before it folds") {
  CHECK_FALSE(glob_match_nocase("[\\A]", "a"));
  CHECK_FALSE(glob_match_nocase("[Z-a]", "b"));
}

TEST_CASE("many stars cost text times pattern, not a tree") {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  CHECK_FALSE(glob_match(pattern + "b", std::string(5000, 'a')));
  CHECK(glob_match(pattern + "b", std::string(5000, 'a') + "b"));
}

TEST_CASE("a pattern is literal if no byte of it is special") {
  CHECK(glob_is_literal(""));
  CHECK(glob_is_literal("user:1]^-"));
  for (const char* pattern : {"a*", "?", "[a", "a\\"}) {
    CAPTURE(pattern);
    CHECK_FALSE(glob_is_literal(pattern));
  }
}

TEST_CASE("the literal prefix of a pattern ends before its first special character") {
  CHECK(literal_prefix("user:*") == "user:");
  CHECK(literal_prefix("user:?1*") == "user:");
  CHECK(literal_prefix("user[ab]") == "user");
  CHECK(literal_prefix("user\\*") == "user");
  CHECK(literal_prefix("user:1]^-") == "user:1]^-");
  for (const char* pattern : {"", "*", "?a", "[a", "\\a"}) CHECK(literal_prefix(pattern) == "");
  const std::string_view zero("a\0b*", 4);
  CHECK(literal_prefix(zero) == zero.substr(0, 3));
}

}  // namespace
}  // namespace freshet
