#include "harness.h"

namespace freshet {

TEST_CASE("a missing counter starts at 0") {
  Cache cache;
  CHECK_EQ(cache("INCR a"), ":1\r\n");
  CHECK_EQ(cache("DECR b"), ":-1\r\n");
  CHECK_EQ(cache("INCRBY c 12"), ":12\r\n");
  CHECK_EQ(cache("DECRBY d 12"), ":-12\r\n");
  CHECK_EQ(cache("INCRBYFLOAT e 1.5"), "$3\r\n1.5\r\n");
}

TEST_CASE("a counter counts on from text that is an integer, and keeps its deadline") {
  Cache cache;
  cache("SET a 41 PX 100");
  CHECK_EQ(cache("INCR a"), ":42\r\n");
  CHECK_EQ(cache("GET a"), "$2\r\n42\r\n");
  cache.pass(100);
  CHECK_EQ(cache("INCR a"), ":1\r\n");
}

TEST_CASE("a value that is no integer is not counted") {
  Cache cache;
  const std::string refused = "-ERR value is not an integer or out of range\r\n";
  for (const char* text : {"abc", "01", "+1", "1.0", "9223372036854775808", "-0"}) {
    cache.run({"SET", "a", text});
    CHECK_EQ(cache("INCR a"), refused);
    CHECK_EQ(cache.run({"INCRBY", "b", text}), refused);
    CHECK_EQ(cache.run({"DECRBY", "b", text}), refused);
  }
  cache.run({"SET", "a", " 1"});
  CHECK_EQ(cache("INCR a"), refused);
  cache.run({"SET", "a", ""});
  CHECK_EQ(cache("INCR a"), refused);
  CHECK_EQ(cache("GET b"), "$-1\r\n");
}

TEST_CASE("a counter stops at the ends of int64") {
  Cache cache;
  const std::string refused = "-ERR increment or decrement would overflow\r\n";
  cache("SET a 9223372036854775806");
  CHECK_EQ(cache("INCR a"), ":9223372036854775807\r\n");
  CHECK_EQ(cache("INCR a"), refused);
  CHECK_EQ(cache("DECRBY a -1"), refused);
  CHECK_EQ(cache("GET a"), "$19\r\n9223372036854775807\r\n");
  cache("SET a -9223372036854775807");
  CHECK_EQ(cache("DECR a"), ":-9223372036854775808\r\n");
  CHECK_EQ(cache("DECR a"), refused);
  CHECK_EQ(cache("INCRBY a -9223372036854775808"), refused);
  CHECK_EQ(cache("DECRBY a -9223372036854775808"), "-ERR decrement would overflow\r\n");
  CHECK_EQ(cache("INCRBY b -9223372036854775808"), ":-9223372036854775808\r\n");
}

TEST_CASE("INCRBYFLOAT writes 17 digits after the point and no trailing zeros") {
  Cache cache;
  cache("SET a 10.50");
  CHECK_EQ(cache("INCRBYFLOAT a 0.1"), "$4\r\n10.6\r\n");
  CHECK_EQ(cache("INCRBYFLOAT a -5"), "$3\r\n5.6\r\n");
  cache("SET a 5.0e3");
  CHECK_EQ(cache("INCRBYFLOAT a 2.0e2"), "$4\r\n5200\r\n");
  CHECK_EQ(cache("INCR a"), ":5201\r\n");
  CHECK_EQ(cache("INCRBYFLOAT a 0.5"), "$6\r\n5201.5\r\n");
  CHECK_EQ(cache("INCR a"), "-ERR value is not an integer or out of range\r\n");
}

TEST_CASE("INCRBYFLOAT refuses what is no number, and sums that are none") {
  Cache cache;
  const std::string refused = "-ERR value is not a valid float\r\n";
  cache("SET a abc");
  CHECK_EQ(cache("INCRBYFLOAT a 1"), refused);
  CHECK_EQ(cache("INCRBYFLOAT b nan"), refused);
  CHECK_EQ(cache("INCRBYFLOAT b 1x"), refused);
  CHECK_EQ(cache.run({"INCRBYFLOAT", "b", ""}), refused);
  CHECK_EQ(cache("INCRBYFLOAT b inf"), "-ERR increment would produce NaN or Infinity\r\n");
  CHECK_EQ(cache("GET b"), "$-1\r\n");
}

}  // namespace freshet
