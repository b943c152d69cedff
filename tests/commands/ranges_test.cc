#include "harness.h"

namespace freshet {
namespace {

const std::string kNotAnInteger = "-ERR value is not an integer or out of range\r\n";
const std::string kTooLong = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";
const std::string kEmpty = "$0\r\n\r\n";

}  // namespace

TEST_CASE("APPEND makes a value or puts bytes behind it") {
  Cache cache;
  CHECK_EQ(cache("APPEND a 12"), ":2\r\n");
  CHECK_EQ(cache("INCR a"), ":13\r\n");
  CHECK_EQ(cache("APPEND a 7"), ":3\r\n");
  CHECK_EQ(cache("GET a"), "$3\r\n137\r\n");
  CHECK_EQ(cache("INCR a"), ":138\r\n");
  CHECK_EQ(cache.run({"APPEND", "a", ""}), ":3\r\n");
  CHECK_EQ(cache.run({"APPEND", "b", ""}), ":0\r\n");
  CHECK_EQ(cache("GET b"), kEmpty);
}

TEST_CASE("a value grows from a number through every size, and keeps its deadline") {
  Cache cache;
  cache("SET a 1 EX 1");
  std::string expected = "1";
  for (int i = 0; i < 300; ++i) {
    const std::string part(static_cast<size_t>(i), static_cast<char>('a' + i % 26));
    expected += part;
    CHECK_EQ(cache.run({"APPEND", "a", part}), ":" + std::to_string(expected.size()) + "\r\n");
    if (i % 10 == 0) {
      CHECK_EQ(cache("GET a"), "$" + std::to_string(expected.size()) + "\r\n" + expected + "\r\n");
    }
  }
  cache.pass(1000);
  CHECK_EQ(cache("GET a"), "$-1\r\n");
}

TEST_CASE("SETRANGE overwrites, and fills the gap with zeros") {
  using namespace std::string_literals;
  Cache cache;
  CHECK_EQ(cache("SETRANGE a 2 xy"), ":4\r\n");
  CHECK_EQ(cache("GET a"), "$4\r\n\0\0xy\r\n"s);
  CHECK_EQ(cache("SETRANGE a 1 b"), ":4\r\n");
  CHECK_EQ(cache("GET a"), "$4\r\n\0bxy\r\n"s);
  CHECK_EQ(cache("SETRANGE a 9000 z"), ":9001\r\n");
  CHECK_EQ(cache("GETRANGE a 8998 -1"), "$3\r\n\0\0z\r\n"s);
  CHECK_EQ(cache.run({"SETRANGE", "a", "99999", ""}), ":9001\r\n");
  CHECK_EQ(cache.run({"SETRANGE", "missing", "5", ""}), ":0\r\n");
  CHECK_EQ(cache("GET missing"), "$-1\r\n");
  CHECK_EQ(cache("SETRANGE a -1 x"), "-ERR offset is out of range\r\n");
  CHECK_EQ(cache("SETRANGE a x y"), kNotAnInteger);
}

TEST_CASE("no value grows past proto-max-bulk-len") {
  Cache cache;
  cache.options.proto_max_bulk_len = 1 << 20;
  CHECK_EQ(cache("SETRANGE a 1048576 x"), kTooLong);
  CHECK_EQ(cache("SETRANGE a 9223372036854775807 x"), kTooLong);
  CHECK_EQ(cache("SETRANGE a 1048575 x"), ":1048576\r\n");
  CHECK_EQ(cache("APPEND a y"), kTooLong);
  CHECK_EQ(cache("STRLEN a"), ":1048576\r\n");
}

TEST_CASE("GETRANGE takes ends from both sides and cuts them to the value") {
  Cache cache;
  cache.run({"SET", "a", "This is a string"});
  cache("SET n 12345");
  const std::pair<const char*, std::string> cases[] = {
      {"GETRANGE a 0 3", "$4\r\nThis\r\n"},
      {"GETRANGE a -3 -1", "$3\r\ning\r\n"},
      {"SUBSTR a 10 100", "$6\r\nstring\r\n"},
      {"GETRANGE a -100 0", "$1\r\nT\r\n"},
      {"GETRANGE a -200 -100", "$1\r\nT\r\n"},
      {"GETRANGE a -100 -200", kEmpty},
      {"GETRANGE a 5 4", kEmpty},
      {"GETRANGE a 16 20", kEmpty},
      {"GETRANGE n 1 -2", "$3\r\n234\r\n"},
      {"GETRANGE missing 0 -1", kEmpty},
      {"GETRANGE a -9223372036854775808 9223372036854775807", "$16\r\nThis is a string\r\n"}};
  for (const auto& [line, reply] : cases) CHECK_EQ(cache(line), reply);
  CHECK_EQ(cache("GETRANGE a x 1"), kNotAnInteger);
  CHECK_EQ(cache("GETRANGE missing 1 x"), kNotAnInteger);
}

TEST_CASE("STRLEN counts bytes, a number's too") {
  Cache cache;
  cache("MSET a hello n -1234");
  CHECK_EQ(cache("STRLEN a"), ":5\r\n");
  CHECK_EQ(cache("STRLEN n"), ":5\r\n");
  CHECK_EQ(cache("STRLEN missing"), ":0\r\n");
}

TEST_CASE("LCS answers with the text, its length or the matching ranges") {
  Cache cache(7);
  cache("MSET a ohmytext b mynewtext");
  CHECK_EQ(cache("LCS a b"), "$6\r\nmytext\r\n");
  CHECK_EQ(cache("LCS a b LEN"), ":6\r\n");
  CHECK_EQ(cache("LCS a b IDX"),
           "*4\r\n$7\r\nmatches\r\n*2\r\n*2\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n"
           "*2\r\n*2\r\n:2\r\n:3\r\n*2\r\n:0\r\n:1\r\n$3\r\nlen\r\n:6\r\n");
  CHECK_EQ(cache("LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN"),
           "*4\r\n$7\r\nmatches\r\n*1\r\n*3\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n:4\r\n"
           "$3\r\nlen\r\n:6\r\n");
  CHECK_EQ(cache("LCS a missing"), kEmpty);
  CHECK_EQ(cache("LCS a missing LEN"), ":0\r\n");
  CHECK_EQ(cache("LCS a missing IDX"), "*4\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0\r\n");
  cache.session.resp = 3;
  CHECK_EQ(cache("LCS a missing IDX"), "%2\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0\r\n");
}

TEST_CASE("LCS refuses what is ambiguous, unknown or too large") {
  Cache cache;
  cache("MSET a ohmytext b mynewtext");
  CHECK_EQ(cache("LCS a b IDX LEN"),
           "-ERR If you want both the length and indexes, please just use IDX.\r\n");
  CHECK_EQ(cache("LCS a b MINMATCHLEN"), "-ERR syntax error\r\n");
  CHECK_EQ(cache("LCS a b FOO"), "-ERR syntax error\r\n");
  CHECK_EQ(cache("LCS a b MINMATCHLEN x"), kNotAnInteger);
  cache.options.proto_max_bulk_len = 4 * 9 * 10 - 1;
  CHECK_EQ(cache("LCS a b LEN"),
           "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n");
  cache.options.proto_max_bulk_len = 4 * 9 * 10;
  CHECK_EQ(cache("LCS a b LEN"), ":6\r\n");
}

}  // namespace freshet
