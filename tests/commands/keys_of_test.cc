// Which arguments are keys, as the router learns it: it holds the doors of these, and of no others.
#include <doctest/doctest.h>

#include <algorithm>

#include "freshet/commands/command_table.h"

namespace freshet {
namespace {

std::vector<std::string_view> keys_of(const std::vector<std::string_view>& args) {
  const Hasher hasher(1);
  std::vector<KeyArg> keys;
  CommandTable::all().find(args).command->hash_keys(args, hasher, keys);
  std::vector<std::string_view> names;
  for (const KeyArg& key : keys) {
    CHECK_EQ(key.hash, hasher(args[key.arg]));
    names.push_back(args[key.arg]);
  }
  CHECK(std::is_sorted(keys.begin(), keys.end(),
                       [](const KeyArg& a, const KeyArg& b) { return a.arg < b.arg; }));
  return names;
}

using Names = std::vector<std::string_view>;

}  // namespace

TEST_CASE("the keys of a command are hashed, all of them and in order") {
  CHECK_EQ(keys_of({"GET", "a"}), Names{"a"});
  CHECK_EQ(keys_of({"MGET", "a", "b", "a"}), Names{"a", "b", "a"});
  CHECK_EQ(keys_of({"MSET", "a", "1", "b", "2"}), Names{"a", "b"});
  CHECK_EQ(keys_of({"RENAME", "a", "b"}), Names{"a", "b"});
  CHECK_EQ(keys_of({"DEPSET", "k", "v", "TAGS", "1", "t", "DEPS", "2", "a", "b", "EX", "9"}),
           Names{"k", "a", "b"});
  CHECK_EQ(keys_of({"DEPADD", "k", "DEPS", "1", "a"}), Names{"k", "a"});
  CHECK_EQ(keys_of({"PING"}), Names{});
}

}  // namespace freshet
