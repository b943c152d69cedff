#include "freshet/engine/key_pattern.h"

#include <doctest/doctest.h>

#include <string>

namespace freshet {

TEST_CASE("a prefix pattern matches what starts with it, whatever the lengths") {
  const std::string text = "abcdefghijklmnopqrst";
  for (size_t length = 1; length <= text.size(); ++length) {
    const KeyPattern pattern(text.substr(0, length) + "*");
    CHECK_EQ(pattern.literal(), text.substr(0, length));
    for (size_t size = 0; size <= text.size(); ++size) {
      CHECK_EQ(pattern.matches(text.substr(0, size)), size >= length);
      for (size_t at = 0; at < size; ++at) {
        std::string key = text.substr(0, size);
        key[at] = '-';
        CHECK_EQ(pattern.matches(key), size >= length && at >= length);
      }
    }
  }
}

TEST_CASE("what follows a literal prefix is matched too") {
  CHECK(KeyPattern("user:*:x").matches("user:12345:x"));
  CHECK_FALSE(KeyPattern("user:*:x").matches("user:12345:y"));
  CHECK_FALSE(KeyPattern("user:*:x").matches("over:12345:x"));
  CHECK(KeyPattern("user:12345").matches("user:12345"));
  CHECK_FALSE(KeyPattern("user:12345").matches("user:123456"));
  CHECK(KeyPattern("user:").matches("user:"));
  CHECK_FALSE(KeyPattern("user:").matches("user:123456"));
}

TEST_CASE("a star alone matches every key, the empty one too") {
  for (const char* key : {"", "a", "abcdefgh", "abcdefghi"}) CHECK(KeyPattern("*").matches(key));
}

}  // namespace freshet
