// Which keys share a shard: those with the same `{hashtag}`, wherever it stands and however long
// the key is.
#include "freshet/base/hash.h"

#include <doctest/doctest.h>

#include <string>

namespace freshet {
namespace {

constexpr uint32_t kShards = 65'536;

uint32_t shard(std::string_view key) { return shard_of(Hasher(7)(key), kShards); }

TEST_CASE("a hashtag is found anywhere in keys of any length") {
  for (size_t size = 3; size <= 80; ++size) {
    for (size_t at = 0; at + 3 <= size; ++at) {
      std::string key(size, 'z');  // one bit away from '{'
      const uint32_t plain = shard(key);
      key.replace(at, 3, "{u}");
      CHECK(shard(key) == shard("u"));
      CHECK(shard(key) != plain);
    }
  }
}

TEST_CASE("braces that enclose nothing are bytes like others") {
  const Hasher hasher(7);
  for (const std::string key :
       {"a{}b", "{}aaaaaaaa", "aaaaaaaaaaaaaaaa{", "}aaaaaaaaaaaaaa{aaaaaaa"}) {
    CHECK(hasher(key) == hasher.digest(key));
  }
}

}  // namespace
}  // namespace freshet
