#include "harness.h"

namespace freshet {
namespace {

const std::string kSyntax = "-ERR syntax error\r\n";
const std::string kNotAnInteger = "-ERR value is not an integer or out of range\r\n";
const std::string kBadOffset = "-ERR bit offset is not an integer or out of range\r\n";

std::string number(int64_t value) { return ":" + std::to_string(value) + "\r\n"; }

// What a line answers: integers from Redis 7.0.15.
struct Case {
  const char* line;
  int64_t reply;
};

}  // namespace

TEST_CASE("SETBIT grows the value with zeros and answers with the old bit") {
  Cache cache;
  CHECK_EQ(cache("SETBIT a 7 1"), ":0\r\n");
  CHECK_EQ(cache("GET a"), "$1\r\n\x01\r\n");
  CHECK_EQ(cache("SETBIT a 7 0"), ":1\r\n");
  CHECK_EQ(cache("SETBIT a 16 0"), ":0\r\n");
  CHECK_EQ(cache("STRLEN a"), ":3\r\n");
  cache("SET n 1");  // kept as a number: 0x31 as text
  CHECK_EQ(cache("SETBIT n 6 1"), ":0\r\n");
  CHECK_EQ(cache("GET n"), "$1\r\n3\r\n");
  CHECK_EQ(cache("GETBIT n 7"), ":1\r\n");
  CHECK_EQ(cache("GETBIT n 5"), ":0\r\n");
  CHECK_EQ(cache("GETBIT n 800"), ":0\r\n");
  CHECK_EQ(cache("GETBIT missing 0"), ":0\r\n");
}

TEST_CASE("a bit's offset ends with the largest string") {
  Cache cache;
  cache.options.proto_max_bulk_len = 1 << 20;
  CHECK_EQ(cache("SETBIT a 8388607 1"), ":0\r\n");
  for (const char* offset : {"8388608", "-1", "x", "#1", "1.0", "9223372036854775807"}) {
    CHECK_EQ(cache.run({"SETBIT", "a", offset, "1"}), kBadOffset);
    CHECK_EQ(cache.run({"GETBIT", "a", offset}), kBadOffset);
  }
  for (const char* bit : {"2", "-1", "x", "01"}) {
    CHECK_EQ(cache.run({"SETBIT", "a", "1", bit}),
             "-ERR bit is not an integer or out of range\r\n");
  }
  CHECK_EQ(cache("SETBIT a x x"), kBadOffset);
}

TEST_CASE("BITCOUNT counts bytes or bits of a range") {
  Cache cache;
  cache("SET foobar foobar");
  for (const auto& [line, reply] : std::initializer_list<Case>{{"BITCOUNT foobar", 26},
                                                               {"BITCOUNT foobar 0 0", 4},
                                                               {"BITCOUNT foobar 1 1 BYTE", 6},
                                                               {"BITCOUNT foobar 5 30 bit", 17},
                                                               {"BITCOUNT foobar 44 44 BIT", 0},
                                                               {"BITCOUNT foobar -5 -10", 0},
                                                               {"BITCOUNT foobar -100 -200", 0},
                                                               {"BITCOUNT foobar -200 -100", 4},
                                                               {"BITCOUNT missing 0", 0},
                                                               {"BITCOUNT missing x y", 0}}) {
    CHECK_EQ(cache(line), number(reply));
  }
  CHECK_EQ(cache("BITCOUNT foobar 0"), kSyntax);
  CHECK_EQ(cache("BITCOUNT foobar 0 1 FOO"), kSyntax);
  CHECK_EQ(cache("BITCOUNT foobar 0 1 BIT x"), kSyntax);
  CHECK_EQ(cache("BITCOUNT foobar x 1 FOO"), kNotAnInteger);
}

TEST_CASE("BITCOUNT agrees with counting bit by bit, whatever the ends") {
  Cache cache;
  std::string bytes;
  for (int i = 0; i < 41; ++i) bytes += static_cast<char>(i * 37 + i / 3);
  cache.run({"SET", "a", bytes});
  for (int first = 0; first < 90; first += 7) {
    int64_t count = 0;
    for (int last = first; last < 41 * 8; ++last) {
      count += cache.run({"GETBIT", "a", std::to_string(last)}) == ":1\r\n";
      CHECK_EQ(cache.run({"BITCOUNT", "a", std::to_string(first), std::to_string(last), "BIT"}),
               number(count));
    }
  }
}

TEST_CASE("BITPOS finds the first bit of a range") {
  Cache cache;
  using namespace std::string_view_literals;
  cache.run({"SET", "p", "\xff\xf0\x00"sv});
  cache.run({"SET", "f", "\xff\xff\xff"sv});
  cache.run({"SET", "z", "\0\0\0"sv});
  for (const auto& [line, reply] : std::initializer_list<Case>{{"BITPOS p 0", 12},
                                                               {"BITPOS p 1", 0},
                                                               {"BITPOS p 0 1", 12},
                                                               {"BITPOS p 0 0 0", -1},
                                                               {"BITPOS p 1 2", -1},
                                                               {"BITPOS p 1 13 15 BIT", -1},
                                                               {"BITPOS p 0 7 15 BIT", 12},
                                                               {"BITPOS p 0 -1 -1", 16},
                                                               {"BITPOS p 0 -100 -90", -1},
                                                               {"BITPOS f 0", 24},
                                                               {"BITPOS f 0 0", 24},
                                                               {"BITPOS f 0 0 -1", -1},
                                                               {"BITPOS f 0 3", -1},
                                                               {"BITPOS z 1", -1},
                                                               {"BITPOS missing 0", 0},
                                                               {"BITPOS missing 1", -1},
                                                               {"BITPOS missing 1 x", -1}}) {
    CHECK_EQ(cache(line), number(reply));
  }
  CHECK_EQ(cache("BITPOS p 2"), "-ERR The bit argument must be 1 or 0.\r\n");
  CHECK_EQ(cache("BITPOS p x"), kNotAnInteger);
  CHECK_EQ(cache("BITPOS p 1 0 1 FOO"), kSyntax);
  CHECK_EQ(cache("BITPOS p 1 0 x FOO"), kSyntax);
  CHECK_EQ(cache("BITPOS p 1 0 1 BIT x"), kSyntax);
}

TEST_CASE("BITPOS finds a single bit wherever it is in a long value") {
  for (const int64_t at : {0, 7, 8, 63, 64, 71, 72, 500, 1599}) {
    Cache cache;
    cache.run({"SETBIT", "a", std::to_string(at), "1"});
    cache("SETBIT a 1600 1");
    CHECK_EQ(cache("BITPOS a 1"), number(at));
    cache("BITOP NOT b a");
    CHECK_EQ(cache("BITPOS b 0"), number(at));
  }
}

TEST_CASE("BITOP combines strings of different lengths, zeros behind the shorter") {
  Cache cache(7);
  using namespace std::literals;
  cache.run({"SET", "a", "\xff\x0f\xff\x0f\xff\x0f\xff\x0f\xff\x01"sv});
  cache.run({"SET", "b", "\x0f\xff\x0f\xff\x0f\xff\x0f\xff\x0f"sv});
  CHECK_EQ(cache("BITOP AND d a b"), ":10\r\n");
  CHECK_EQ(cache("GET d"), "$10\r\n\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\0\r\n"s);
  CHECK_EQ(cache("BITOP or d a b"), ":10\r\n");
  CHECK_EQ(cache("GET d"), "$10\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\r\n");
  CHECK_EQ(cache("BITOP XOR d b a missing"), ":10\r\n");
  CHECK_EQ(cache("GET d"), "$10\r\n\xf0\xf0\xf0\xf0\xf0\xf0\xf0\xf0\xf0\x01\r\n");
  CHECK_EQ(cache("BITOP NOT a a"), ":10\r\n");
  CHECK_EQ(cache("GET a"), "$10\r\n\0\xf0\0\xf0\0\xf0\0\xf0\0\xfe\r\n"s);
}

TEST_CASE("BITOP of nothing takes the destination away, and a result has no deadline") {
  Cache cache;
  cache("SET d v EX 1");
  cache("SET a x");
  CHECK_EQ(cache("BITOP AND d a"), ":1\r\n");
  cache.pass(1000);
  CHECK_EQ(cache("GET d"), "$1\r\nx\r\n");
  CHECK_EQ(cache("BITOP OR d missing gone"), ":0\r\n");
  CHECK_EQ(cache("GET d"), "$-1\r\n");
  CHECK_EQ(cache("BITOP NOPE d a"), kSyntax);
  CHECK_EQ(cache("BITOP NOT d a a"), "-ERR BITOP NOT must be called with a single source key.\r\n");
}

TEST_CASE("BITOP makes results larger than a value kept inline") {
  Cache cache;
  cache("SETBIT a 100000 1");
  CHECK_EQ(cache("BITOP NOT b a"), ":12501\r\n");
  CHECK_EQ(cache("BITCOUNT b"), number(12501 * 8 - 1));
}

TEST_CASE("BITFIELD sets, counts and reads fields in turn") {
  Cache cache;
  CHECK_EQ(cache("BITFIELD n SET u8 0 255 INCRBY u8 0 10 OVERFLOW SAT INCRBY u8 0 100 "
                 "OVERFLOW FAIL INCRBY u8 0 200 GET i8 0 GET u4 4"),
           "*6\r\n:0\r\n:9\r\n:109\r\n$-1\r\n:109\r\n:13\r\n");
  CHECK_EQ(cache("BITFIELD n SET i5 100 -1 GET u5 100 GET u63 #40"), "*3\r\n:0\r\n:31\r\n:0\r\n");
  CHECK_EQ(cache("STRLEN n"), ":14\r\n");
  CHECK_EQ(cache("BITFIELD n"), "*0\r\n");
  CHECK_EQ(cache("BITFIELD missing GET u8 0"), "*1\r\n:0\r\n");
  CHECK_EQ(cache("GET missing"), "$-1\r\n");
}

TEST_CASE("a field of any width at any offset keeps its number and its neighbours") {
  Cache cache;
  for (int width = 1; width <= 64; ++width) {
    const std::string type = "i" + std::to_string(width);
    const int64_t least = width == 64 ? INT64_MIN : -(int64_t{1} << (width - 1));
    for (int offset = 1; offset < 10; ++offset) {
      const std::string at = std::to_string(offset);
      cache.run({"SET", "a", std::string(12, '\xff')});
      CHECK_EQ(cache.run({"BITFIELD", "a", "SET", type, at, std::to_string(least)}),
               "*1\r\n:-1\r\n");
      CHECK_EQ(cache.run({"BITFIELD", "a", "GET", type, at}), "*1\r\n" + number(least));
      CHECK_EQ(cache("BITCOUNT a"), number(96 - width + 1));
    }
  }
}

TEST_CASE("what does not fit wraps, saturates or fails") {
  Cache cache;
  CHECK_EQ(cache("BITFIELD a SET i8 0 127 INCRBY i8 0 1 INCRBY i8 0 -1"),
           "*3\r\n:0\r\n:-128\r\n:127\r\n");
  CHECK_EQ(cache("BITFIELD a OVERFLOW SAT INCRBY i8 0 100 INCRBY i8 0 -9223372036854775808"),
           "*2\r\n:127\r\n:-128\r\n");
  CHECK_EQ(cache("BITFIELD a OVERFLOW FAIL SET i8 0 128 SET i8 0 -129 SET u8 0 -1 GET i8 0"),
           "*4\r\n$-1\r\n$-1\r\n$-1\r\n:-128\r\n");
  CHECK_EQ(cache("BITFIELD a OVERFLOW SAT SET u8 0 -1 GET u8 0"), "*2\r\n:128\r\n:255\r\n");
  CHECK_EQ(cache("BITFIELD b SET i64 0 9223372036854775807 INCRBY i64 0 1"),
           "*2\r\n:0\r\n:-9223372036854775808\r\n");
  CHECK_EQ(cache("BITFIELD b OVERFLOW SAT INCRBY i64 0 -1"), "*1\r\n:-9223372036854775808\r\n");
}

TEST_CASE("a SET near the least int64 saturates upwards, as in Redis") {
  Cache cache;
  CHECK_EQ(cache("BITFIELD a OVERFLOW SAT SET i8 0 -9223372036854775808 GET i8 0"),
           "*2\r\n:0\r\n:127\r\n");
  CHECK_EQ(cache("BITFIELD a OVERFLOW SAT SET i8 0 -9223372036854775680 GET i8 0"),
           "*2\r\n:127\r\n:-128\r\n");
}

TEST_CASE("BITFIELD's errors leave everything as it was") {
  Cache cache;
  const std::string type =
      "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but "
      "i64 is.\r\n";
  for (const char* bad : {"u64", "i65", "u0", "x8", "I8", "i", "u08"}) {
    CHECK_EQ(cache.run({"BITFIELD", "a", "SET", "u8", "0", "1", "GET", bad, "0"}), type);
  }
  CHECK_EQ(cache("BITFIELD a SET u8 0 1 OVERFLOW x"), "-ERR Invalid OVERFLOW type specified\r\n");
  for (const char* line : {"BITFIELD a SET u8 0", "BITFIELD a GET u8", "BITFIELD a FOO u8 0",
                           "BITFIELD a SET u8 0 1 OVERFLOW"}) {
    CHECK_EQ(cache(line), kSyntax);
  }
  CHECK_EQ(cache("BITFIELD a SET u8 0 x"), kNotAnInteger);
  for (const char* bad :
       {"-1", "#-1", "#", "##1", "x", "4294967296", "#536870912", "#4611686018427387904"}) {
    CHECK_EQ(cache.run({"BITFIELD", "a", "SET", "u8", bad, "1"}), kBadOffset);
  }
  CHECK_EQ(cache("BITFIELD_RO a SET u8 0 1"),
           "-ERR BITFIELD_RO only supports the GET subcommand\r\n");
  CHECK_EQ(cache("GET a"), "$-1\r\n");
  cache("SET a ab");
  CHECK_EQ(cache("BITFIELD_RO a GET u8 0 GET u8 #1"), "*2\r\n:97\r\n:98\r\n");
}

}  // namespace freshet
