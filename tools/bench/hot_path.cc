// freshet-hot-path: a pipeline of one kind of command through all that the server does with it but
// the sockets: cut, prefetch, dispatch, engine, reply. Nothing in it is left to chance, so under
// callgrind it counts the same instructions each time; instructions.sh runs it.
//
//   freshet-hot-path KIND COMMANDS     KIND: get, get-adaptive, set, incr, mget, depset
//
// There are 1,048,576 keys, as in the tables of make bench, and all have been used once when counting
// begins: statistics follow a fixed number of keys, so they would weigh too much among a few, and
// to a policy that learns a use soon after another is no use.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#endif

#include "commands/harness.h"
#include "server/batch.h"

namespace freshet {
namespace {

constexpr int kPipeline = 32, kKeys = 1 << 20;

std::string command(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return text;
}

// The keys of commands that follow one another are far apart.
std::string key(int i) {
  char text[32];
  std::snprintf(text, sizeof text, "key:%012d", static_cast<int>(i * 40'503u % kKeys));
  return text;
}

using Kind = std::function<std::string(int)>;

const std::map<std::string, Kind>& kinds() {
  static const std::string value(64, 'x');
  static const std::map<std::string, Kind> all = {
      {"get",
       [](int i) {
         return command({"GET", key(i)});
       }},
      {"get-adaptive",
       [](int i) {
         return command({"GET", key(i)});
       }},
      {"set",
       [](int i) {
         return command({"SET", key(i), value});
       }},
      {"incr",
       [](int i) {
         return command({"INCR", "n" + key(i)});
       }},
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

  void limit_memory() {
    cache_("CONFIG SET maxmemory 4gb");
    cache_("CONFIG SET maxmemory-policy allkeys-adaptive");
  }

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
    std::fprintf(stderr,
                 "usage: freshet-hot-path get|get-adaptive|set|incr|mget|depset COMMANDS\n");
    return 1;
  }
  Path path;
  if (kind->first == "get-adaptive") path.limit_memory();
  const int commands = std::atoi(argv[2]) / kPipeline * kPipeline;
  std::vector<std::string> turns(static_cast<size_t>(commands / kPipeline));
  for (int i = 0; i < kKeys; ++i) path.run(kinds().at("set")(i));
  for (int i = 0; i < kKeys; ++i) {
    const std::string text = kind->second(i);
    if (i < commands) turns[static_cast<size_t>(i / kPipeline)] += text;
    path.run(text);
  }
  CALLGRIND_START_INSTRUMENTATION;
  for (const std::string& turn : turns) path.run(turn);
  CALLGRIND_STOP_INSTRUMENTATION;
  return 0;
}
