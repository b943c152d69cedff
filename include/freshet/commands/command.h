// A command is one row and one function. COMMAND, its docs, arity errors, routing, prefetching and
// ACL categories all read the row.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "freshet/base/hash.h"
#include "freshet/resp/reply.h"

namespace freshet {

class Context;
class Session;

using Args = std::span<const std::string_view>;

// A handler sees either the shards or the session, never both.
using DataHandler = void (*)(Context&);
using SessionHandler = void (*)(Session&, Args, Reply&);

// Redis's command flags (COMMAND INFO).
enum Flag : uint32_t {
  kWrite = 1 << 0,
  kReadOnly = 1 << 1,
  kDenyOom = 1 << 2,  // refused when memory is full and nothing can be evicted
  kAdmin = 1 << 3,
  kNoScript = 1 << 4,
  kFast = 1 << 5,
  kLoading = 1 << 6,
  kStale = 1 << 7,
  kNoAuth = 1 << 8,  // allowed before AUTH
  kMovableKeys = 1 << 9,
  kSkipMonitor = 1 << 10,
  kSkipSlowlog = 1 << 11,
  kNoMulti = 1 << 12,
  kAllowBusy = 1 << 13,
  kDangerous = 1 << 14,  // an ACL category only
  kGuarded = 1 << 16,    // DEBUG: enable-debug-command says who may
  kOwnWrites = 1 << 17,  // names keys that it does not write: says itself which it did
  kContainer =
      1 << 15,  // has subcommands; its own handler runs only if the arity allows the bare name
};

// How the router reaches the shards.
enum class Verb : uint8_t {
  kHere,      // no key, or the handler asks with Context::each
  kAt,        // the one key's shard
  kTogether,  // the shards of all keys
  kAll,       // every shard at once
};

// An argument that is a key, and the key's hash once it is known.
struct KeyArg {
  size_t arg;
  uint64_t hash = 0;
};

// Which arguments are keys, as Redis says it: first, last (-1 is the last argument), step. 0: none.
// For what that can't say, `find` appends them, without hashes.
struct KeySpec {
  int first = 0;
  int last = 0;
  int step = 0;
  void (*find)(Args args, std::vector<KeyArg>& keys) = nullptr;
};

constexpr KeySpec keys(int first, int last, int step) { return {first, last, step}; }
constexpr KeySpec no_keys() { return {}; }

struct Command {
  std::string_view name;  // lower case; a subcommand is "config|get"
  int arity;              // with the name itself; negative: at least
  uint32_t flags;
  KeySpec keys;
  Verb verb;
  DataHandler data;
  SessionHandler session;
  std::string_view group;  // "string", "generic", "connection", "server", "bitmap", "graph"
  std::string_view since;
  std::string_view syntax;  // the arguments, as COMMAND DOCS and the README table show them
  std::string_view summary;

  constexpr Command(std::string_view name_, int arity_, uint32_t flags_, KeySpec keys_, Verb verb_,
                    DataHandler handler, std::string_view group_, std::string_view since_,
                    std::string_view syntax_, std::string_view summary_)
      : name(name_),
        arity(arity_),
        flags(flags_),
        keys(keys_),
        verb(verb_),
        data(handler),
        session(nullptr),
        group(group_),
        since(since_),
        syntax(syntax_),
        summary(summary_) {}
  constexpr Command(std::string_view name_, int arity_, uint32_t flags_, SessionHandler handler,
                    std::string_view group_, std::string_view since_, std::string_view syntax_,
                    std::string_view summary_)
      : name(name_),
        arity(arity_),
        flags(flags_),
        keys{},
        verb(Verb::kHere),
        data(nullptr),
        session(handler),
        group(group_),
        since(since_),
        syntax(syntax_),
        summary(summary_) {}

  bool arity_fits(size_t count) const {
    return arity >= 0 ? count == static_cast<size_t>(arity) : count >= static_cast<size_t>(-arity);
  }
  bool has_keys() const { return keys.first != 0 || keys.find != nullptr; }
  // Which argument is its only key; 0: it has none, or may have more.
  size_t only_key() const {
    return keys.find == nullptr && keys.first == keys.last ? static_cast<size_t>(keys.first) : 0;
  }
  // Appends the keys among `args`, whose count fits the arity, without hashes.
  void find_keys(Args args, std::vector<KeyArg>& found) const;
  // The same in the order of the arguments, with hashes.
  void hash_keys(Args args, const Hasher& hasher, std::vector<KeyArg>& found) const;
};

}  // namespace freshet
