#include "freshet/resp/cut.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace freshet {
namespace {

// The arguments of the command that `text` starts with; none if it is not cut.
std::vector<std::string_view> cut(CommandHead& head, std::string_view text) {
  const char* const end = text.data() + text.size();
  const char* at = head.again(text.data(), end);
  if (at == nullptr) at = head.read(text.data(), end);
  if (at == nullptr) return {};
  std::vector<std::string_view> args(head.count());
  args[0] = head.name(at);
  if (cut_args(at, end, args.size() - 1, args.data() + 1) == nullptr) return {};
  return args;
}

using Words = std::vector<std::string_view>;

}  // namespace

TEST_CASE("a head that stands before the next command, too, is taken as read") {
  CommandHead head;
  const std::string get = "*2\r\n$3\r\nGET\r\n$1\r\na\r\n",
                    other = "*2\r\n$3\r\nGET\r\n$2\r\nbc\r\n";
  CHECK_EQ(cut(head, get), Words{"GET", "a"});
  CHECK(head.again(other.data(), other.data() + other.size()) == other.data() + 13);
  CHECK_EQ(cut(head, other), Words{"GET", "bc"});
}

TEST_CASE("a head that differs in one byte is another") {
  CommandHead head;
  const std::string first = "*6\r\n$6\r\nDEPSET\r\n";
  const std::string rest = "$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n$1\r\ne\r\n";
  for (size_t i = 0; i < first.size(); ++i) {
    REQUIRE_EQ(cut(head, first + rest).size(), 6u);
    std::string changed = first + rest;
    changed[i] ^= 1;
    CHECK(head.again(changed.data(), changed.data() + changed.size()) == nullptr);
  }
}

TEST_CASE("heads that are too short or too long to be compared are read each time") {
  CommandHead head;
  for (const std::string name : {"INCRBYFLOAT", "X"}) {
    std::string text = "*1\r\n$" + std::to_string(name.size()) + "\r\n" + name + "\r\n";
    CHECK_EQ(cut(head, text), Words{name});
    CHECK_EQ(cut(head, text), Words{name});
  }
}

TEST_CASE("what is not all there is not cut, at any byte") {
  const std::string text = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$12\r\nabcdefghijkl\r\n";
  for (size_t size = 0; size < text.size(); ++size) {
    CommandHead fresh, used;
    CHECK_EQ(cut(used, text), Words{"SET", "a", "abcdefghijkl"});
    CHECK(cut(fresh, std::string_view(text).substr(0, size)).empty());
    CHECK(cut(used, std::string_view(text).substr(0, size)).empty());
  }
}

TEST_CASE("lengths have one digit to four, and no zero in front") {
  CommandHead head;
  for (const size_t size : {0, 1, 9, 10, 99, 100, 999, 1000, 9999}) {
    const std::string value(size, 'v');
    const std::string text =
        "*2\r\n$4\r\nECHO\r\n$" + std::to_string(size) + "\r\n" + value + "\r\n*1\r\n";
    const auto args = cut(head, text);
    REQUIRE_EQ(args.size(), 2u);
    CHECK_EQ(args[1], value);
  }
  for (const std::string length : {"00", "01", "-1", "a", "1a", "12a", "10000", ""}) {
    CHECK(cut(head, "*2\r\n$4\r\nECHO\r\n$" + length + "\r\n" + std::string(10'010, 'v')).empty());
  }
}

}  // namespace freshet
