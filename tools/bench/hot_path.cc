// freshet-hot-path: a pipeline of one kind of command through all that the server does with it but
// the sockets: cut, prefetch, dispatch, engine, reply. Nothing in it is left to chance, so under
// callgrind it counts the same instructions each time; instructions.sh runs it.
//
//   freshet-hot-path get|set|incr|mget|depset ROUNDS     a round is 32 commands, 1,024 keys in turn
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "commands/harness.h"
#include "server/batch.h"

namespace freshet {
namespace {

constexpr int kPipeline = 32, kKeys = 1024;

std::string command(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return text;
}

std::string key(int i) {
  char text[32];
  std::snprintf(text, sizeof text, "key:%012d", i % kKeys);
  return text;
}

using Kind = std::function<std::string(int)>;

const std::map<std::string, Kind>& kinds() {
  static const std::string value(64, 'x');
  static const std::map<std::string, Kind> all = {
      {"get", [](int i) { return command({"GET", key(i)}); }},
      {"set", [](int i) { return command({"SET", key(i), value}); }},
      {"incr", [](int i) { return command({"INCR", "n" + key(i)}); }},
      {"mget",
       [](int i) {
         std::vector<std::string> words{"MGET"};
         for (int k = 0; k < 10; ++k) words.push_back(key(10 * i + k));
         return command(words);
       }},
      {"depset",
       [](int i) {
         return command({"DEPSET", key(i), value, "TAGS", "2", "t" + std::to_string(i % 10),
                         "u" + std::to_string(i % 7)});
       }},
  };
  return all;
}

class Path {
 public:
  Path() : cache_(8) {}

  // Runs all commands of `input`.
  void run(const std::string& input) {
    for (size_t at = 0; at < input.size();) {
      if (!batch_.take(std::string_view(input).substr(at), cache_.router, 0)) std::abort();
      for (size_t i = 0; i < batch_.size(); ++i) {
        cache_.dispatcher.run(cache_.session, batch_.request(i), out_, nullptr, 0);
      }
      at += batch_.end(batch_.size() - 1);
      out_.clear();
    }
  }

 private:
  Cache cache_;
  Batch batch_;
  Output out_;
};

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  using namespace freshet;
  const auto kind = argc == 3 ? kinds().find(argv[1]) : kinds().end();
  if (kind == kinds().end()) {
    std::fprintf(stderr, "usage: freshet-hot-path get|set|incr|mget|depset ROUNDS\n");
    return 1;
  }
  Path path;
  std::string fill, turns[kKeys / kPipeline];
  for (int i = 0; i < kKeys; ++i) {
    fill += kinds().at("set")(i);
    turns[i / kPipeline] += kind->second(i);
  }
  path.run(fill);
  for (const std::string& turn : turns) path.run(turn);  // the first time makes what is missing
  for (int round = 0; round < std::atoi(argv[2]); ++round) path.run(turns[round % std::size(turns)]);
  return 0;
}
