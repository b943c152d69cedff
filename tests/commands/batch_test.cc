// What a batch says of a pipeline's commands is what the parser and the table say of each.
#include "server/batch.h"

#include <string>
#include <vector>

#include "harness.h"

namespace freshet {
namespace {

std::string bytes_of(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return text;
}

void check_request(const Request& request, const std::vector<std::string>& words,
                   const Hasher& hasher) {
  REQUIRE_EQ(request.args.size(), words.size());
  for (size_t i = 0; i < words.size(); ++i) CHECK_EQ(request.args[i], words[i]);
  const CommandTable::Found found = CommandTable::all().find(request.args);
  CHECK(request.found.command == found.command);
  CHECK(request.found.container == found.container);
  CHECK_EQ(request.found.index, found.index);
  std::vector<KeyArg> keys;
  if (found.command != nullptr && found.command->data != nullptr &&
      found.command->arity_fits(words.size())) {
    found.command->hash_keys(request.args, hasher, keys);
  }
  REQUIRE_EQ(request.keys.size(), keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    CHECK_EQ(request.keys[i].arg, keys[i].arg);
    CHECK_EQ(request.keys[i].hash, keys[i].hash);
  }
}

const std::vector<std::vector<std::string>> kMixed = {
    {"GET", "a"},
    {"GET", "bb"},
    {"get", "ccc"},
    {"GET"},
    {"GET", "a", "b"},
    {"SET", "a", "1"},
    {"SET", "bb", std::string(120, 'x')},
    {"MGET", "a", "{b}c", "d"},
    {"MGET", "e"},
    {"CONFIG", "GET", "maxmemory"},
    {"CONFIG", "SET", "maxmemory"},
    {"CONFIG", "NONE", "maxmemory"},
    {"MEMORY", "USAGE", "a"},
    {"MEMORY", "STATS"},
    {"NOCOMMAND", "a"},
    {"DEPSET", "k", "v", "DEPS", "2", "d1", "d2", "TAGS", "1", "t"},
    {"DEPSET", "k", "v", "TAGS", "2", "t1", "t2"},
    {"PING"},
    {"INCRBYFLOAT", "a", "1"},
    {"INCRBYFLOAT", "b", "2"},
};

}  // namespace

TEST_CASE("a batch takes each command of a pipeline as it would by itself") {
  Cache cache;
  Batch batch;
  std::string input;
  for (const auto& words : kMixed) input += bytes_of(words);
  for (int turn = 0; turn < 2; ++turn) {  // the second time it remembers how the last one ended
    REQUIRE(batch.take(input, cache.router, 0));
    REQUIRE_EQ(batch.size(), kMixed.size());
    size_t end = 0;
    for (size_t i = 0; i < batch.size(); ++i) {
      check_request(batch.request(i), kMixed[i], cache.router.hasher());
      CHECK_EQ(batch.end(i), end += bytes_of(kMixed[i]).size());
    }
  }
}

TEST_CASE("a batch of several inputs takes each as it would alone") {
  Cache cache;
  Batch batch;
  std::vector<std::string> inputs;  // what a batch holds are views
  for (const auto& words : kMixed) inputs.push_back(bytes_of(words) + "*2\r\n$3\r\nGE");
  for (int turn = 0; turn < 2; ++turn) {
    batch.clear();
    for (size_t i = 0; i < kMixed.size(); ++i) {
      CHECK_EQ(batch.add(inputs[i], cache.router.hasher(), i % 2), bytes_of(kMixed[i]).size());
    }
    REQUIRE_EQ(batch.size(), kMixed.size());
    batch.fetch(cache.router);
    for (size_t i = 0; i < kMixed.size(); ++i) {
      check_request(batch.request(i), kMixed[i], cache.router.hasher());
      CHECK_EQ(batch.end(i), bytes_of(kMixed[i]).size());
    }
  }
}

TEST_CASE("what a batch left unfinished it does not take for known") {
  Cache cache;
  for (const auto& words : kMixed) {
    Batch batch;
    const std::string whole = bytes_of(words), before = bytes_of({"SET", "a", "1"});
    for (size_t size = 0; size < whole.size(); ++size) {
      REQUIRE(batch.take(before, cache.router, 0));
      CHECK(!batch.take(std::string_view(whole).substr(0, size), cache.router, 0));
      REQUIRE(batch.take(whole, cache.router, 0));
      check_request(batch.request(0), words, cache.router.hasher());
    }
  }
}

TEST_CASE("a command with more arguments than there is place for has a batch of its own") {
  Cache cache;
  Batch batch;
  std::vector<std::string> large{"MGET"};
  for (int i = 0; i < 5000; ++i) large.push_back("k" + std::to_string(i));
  const std::string small = bytes_of({"GET", "a"}), input = small + bytes_of(large) + small;
  REQUIRE(batch.take(input, cache.router, 0));
  REQUIRE_EQ(batch.size(), 1u);
  const std::string_view rest = std::string_view(input).substr(batch.end(0));
  REQUIRE(batch.take(rest, cache.router, 0));
  check_request(batch.request(0), large, cache.router.hasher());
  REQUIRE(batch.take(rest.substr(batch.end(0)), cache.router, 0));
  check_request(batch.request(batch.size() - 1), {"GET", "a"}, cache.router.hasher());
}

TEST_CASE("a batch ends at what is not a small command, and holds no more than it may") {
  Cache cache;
  Batch batch;
  const std::string get = bytes_of({"GET", "a"});
  CHECK(!batch.take("PING\r\n", cache.router, 0));
  CHECK(!batch.take("*0\r\n" + get, cache.router, 0));
  CHECK(!batch.take("*99999\r\n" + get, cache.router, 0));
  REQUIRE(batch.take(get + "PING\r\n" + get, cache.router, 0));
  CHECK_EQ(batch.size(), 1u);
  std::string many;
  for (size_t i = 0; i < Batch::kMost + 1; ++i) many += get;
  REQUIRE(batch.take(many, cache.router, 0));
  CHECK_EQ(batch.size(), Batch::kMost);
}

}  // namespace freshet
