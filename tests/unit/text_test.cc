#include "freshet/base/text.h"

#include <doctest/doctest.h>

namespace freshet {
namespace {

TEST_CASE("lower case changes ASCII letters and nothing beside them") {
  CHECK(to_lower("") == "");
  CHECK(to_lower("GetRange_09") == "getrange_09");
  CHECK(to_lower("@[`{") == "@[`{");
  CHECK(to_lower("\xC3\x84") == "\xC3\x84");
}

TEST_CASE("a word is recognised in any case, and only whole") {
  CHECK(is_word("KeepTTL", "keepttl"));
  CHECK(is_word("", ""));
  CHECK_FALSE(is_word("keepttl", "keep"));
  CHECK_FALSE(is_word("keep", "keepttl"));
  CHECK_FALSE(is_word("get", "set"));
}

TEST_CASE("printable bytes are quoted as they are") {
  CHECK(quoted("") == "\"\"");
  CHECK(quoted("hello, world ~") == "\"hello, world ~\"");
}

TEST_CASE("quotes, backslashes and the usual controls have short escapes") {
  CHECK(quoted("\"\\") == R"("\"\\")");
  CHECK(quoted("\n\r\t\a\b") == R"("\n\r\t\a\b")");
}

TEST_CASE("other bytes are quoted as two hex digits") {
  CHECK(quoted(std::string_view("\0\x1f\x7f\x80\xff", 5)) == R"("\x00\x1f\x7f\x80\xff")");
  CHECK(quoted("\v\f\x1b'") == R"("\x0b\x0c\x1b'")");
}

TEST_CASE("texts of any length are the same only if each byte is") {
  for (size_t size = 0; size <= 80; ++size) {
    const std::string text(size, 'x');
    CHECK(same_text(text, std::string(text)));
    CHECK_FALSE(same_text(text, text + 'x'));
    for (size_t at = 0; at < size; ++at) {
      std::string other = text;
      other[at] ^= 1;
      CHECK_FALSE(same_text(text, other));
    }
  }
}

}  // namespace
}  // namespace freshet
