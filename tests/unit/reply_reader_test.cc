#include "freshet/resp/reply_reader.h"

#include <doctest/doctest.h>

#include <string>

namespace freshet {

TEST_CASE("a nested reply is read whole, and a cut one asks for more at every byte") {
  const std::string bytes = "*3\r\n:5\r\n*2\r\n$3\r\na\r\n\r\n$-1\r\n-ERR no\r\n";
  ReplyValue value;
  size_t used = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    CHECK(ReplyReader::read(std::string_view(bytes).substr(0, size), value, used) ==
          ReplyReader::Status::kMore);
  }
  const std::string more = bytes + "+next\r\n";  // the value's texts are views into it
  REQUIRE(ReplyReader::read(more, value, used) == ReplyReader::Status::kReply);
  CHECK_EQ(used, bytes.size());
  REQUIRE_EQ(value.items.size(), 3u);
  CHECK_EQ(value.items[0].integer, 5);
  REQUIRE_EQ(value.items[1].items.size(), 2u);
  CHECK_EQ(value.items[1].items[0].text, "a\r\n");
  CHECK(value.items[1].items[1].kind == ReplyValue::Kind::kNil);
  CHECK(value.items[2].kind == ReplyValue::Kind::kError);
}

TEST_CASE("an empty array is a reply of its own, also inside another") {
  ReplyValue value;
  size_t used = 0;
  REQUIRE(ReplyReader::read("*2\r\n*0\r\n+a\r\n", value, used) == ReplyReader::Status::kReply);
  CHECK_EQ(value.items[1].text, "a");
}

TEST_CASE("what is no RESP is broken") {
  ReplyValue value;
  size_t used = 0;
  for (const char* bad : {"hello\r\n", "$-2\r\n", ":x\r\n", "*99999999999\r\n", "\r\n"}) {
    CAPTURE(bad);
    CHECK(ReplyReader::read(bad, value, used) == ReplyReader::Status::kBroken);
  }
}

}  // namespace freshet
