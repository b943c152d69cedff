#include "commands/command_info.h"

#include <algorithm>
#include <iterator>

#include "freshet/base/text.h"

namespace freshet {
namespace {

constexpr std::string_view kReadKey = "RO access", kLookKey = "RO", kUpdateKey = "RW access update",
                           kTouchKey = "RW update", kStoreKey = "OW update";
constexpr std::string_view kUnordered = "nondeterministic_output_order",
                           kRandom = "nondeterministic_output",
                           kAllNodes = "request_policy:all_nodes response_policy:all_succeeded",
                           kAllShards = "request_policy:all_shards response_policy:all_succeeded",
                           kSumOfKeys = "request_policy:multi_shard response_policy:agg_sum",
                           kReport =
                               "nondeterministic_output request_policy:all_nodes "
                               "response_policy:special";
constexpr std::string_view kKeys = "O(N) where N is the number of keys",
                           kLength = "O(N) where N is the length of the string",
                           kClients = "O(N) where N is the number of client connections",
                           kNames = "O(N) where N is the number of commands to look up",
                           kDepends = "Depends on subcommand.";

// By name. A command that is all default (O(1), no tips) needs no line.
constexpr CommandInfo kInfos[] = {
    {"append", "RW insert"},
    {"auth", "", "", "", "O(N) where N is the number of passwords of the user"},
    {"bitcount", kReadKey, "", "", kLength},
    {"bitfield", "RW access update variable_flags", "", "", "O(1) for each subcommand"},
    {"bitfield_ro", kReadKey, "", "", "O(1) for each subcommand"},
    {"bitop", "OW update;RO access", "", "", "O(N) where N is the length of the longest string"},
    {"bitpos", kReadKey, "", "", kLength},
    {"client", "", "", "", kDepends},
    {"client|info", "", "", kRandom},
    {"client|kill", "", "", "", kClients},
    {"client|list", "", "", kRandom, kClients},
    {"client|unblock", "", "", "", "O(log N) where N is the number of client connections"},
    {"client|unpause", "", "", "", "O(N) where N is the number of paused clients"},
    {"command", "", "connection", kUnordered, "O(N) where N is the number of commands"},
    {"command|count", "", "connection"},
    {"command|docs", "", "connection", kUnordered, kNames},
    {"command|getkeys", "", "connection", "", "O(N) where N is the number of arguments"},
    {"command|getkeysandflags", "", "connection", "", "O(N) where N is the number of arguments"},
    {"command|help", "", "connection"},
    {"command|info", "", "connection", kUnordered, kNames},
    {"command|list", "", "connection", kUnordered, "O(N) where N is the number of commands"},
    {"config", "", "", "", kDepends},
    {"config|get", "", "", "", "O(N) where N is the number of options"},
    {"config|set", "", "", kAllNodes, "O(N) where N is the number of options given"},
    {"copy", "RO access;OW update"},
    {"dbsize", "", "keyspace", "request_policy:all_shards response_policy:agg_sum"},
    {"decr", kUpdateKey},
    {"decrby", kUpdateKey},
    {"del", "RM delete", "", kSumOfKeys, kKeys},
    {"depadd", kTouchKey, "", "", "O(N) where N is the number of names declared"},
    {"depinfo", kReadKey, "", "", "O(N) where N is the number of names declared"},
    {"deprem", kTouchKey, "", "", "O(N) where N is the number of names declared"},
    {"depscan", "", "", kRandom, "O(1) for every call, O(N) for a complete iteration"},
    {"depset", "RW access update", "", "", "O(N) where N is the number of names declared"},
    {"exists", kLookKey, "", kSumOfKeys, kKeys},
    {"expiretime", kReadKey},
    {"flushall", "", "keyspace dangerous", kAllShards, "O(N) where N is the number of keys"},
    {"flushdb", "", "keyspace dangerous", kAllShards,
     "O(N) where N is the number of keys of the database"},
    {"getdel", "RW access delete"},
    {"getex", kUpdateKey},
    {"getrange", kReadKey, "", "", "O(N) where N is the length of the returned string"},
    {"getset", kUpdateKey, "", "", "", "`SET` with the `!GET` argument", "6.2.0"},
    {"incr", kUpdateKey},
    {"incrby", kUpdateKey},
    {"incrbyfloat", kUpdateKey},
    {"info", "", "dangerous",
     "nondeterministic_output request_policy:all_shards "
     "response_policy:special"},
    {"invalidate", "", "", "request_policy:all_shards response_policy:agg_sum",
     "O(N) where N is the number of keys killed; PATTERN: of keys in the database"},
    {"keys", "", "dangerous", "request_policy:all_shards nondeterministic_output_order",
     "O(N) where N is the number of keys in the database"},
    {"latency", "", "", "", kDepends},
    {"latency|doctor", "", "", kReport},
    {"latency|history", "", "", kReport},
    {"latency|latest", "", "", kReport},
    {"latency|reset", "", "", kAllNodes},
    {"lcs", kReadKey, "", "", "O(N*M) where N and M are the lengths of the two strings"},
    {"memory", "", "", "", kDepends},
    {"memory|doctor", "", "",
     "nondeterministic_output request_policy:all_shards "
     "response_policy:special"},
    {"memory|malloc-stats", "", "",
     "nondeterministic_output request_policy:all_shards "
     "response_policy:special"},
    {"memory|purge", "", "", kAllShards},
    {"memory|stats", "", "",
     "nondeterministic_output request_policy:all_shards "
     "response_policy:special"},
    {"memory|usage", kLookKey},
    {"mget", kReadKey, "", "request_policy:multi_shard", kKeys},
    {"move", kUpdateKey},
    {"mset", kStoreKey, "", "request_policy:multi_shard response_policy:all_succeeded", kKeys},
    {"msetnx", "OW insert", "", "request_policy:multi_shard response_policy:agg_min", kKeys},
    {"object", "", "", "", kDepends},
    {"object|encoding", kLookKey, "", kRandom},
    {"object|freq", kLookKey, "", kRandom},
    {"object|idletime", kLookKey, "", kRandom},
    {"object|refcount", kLookKey, "", kRandom},
    {"ping", "", "", kAllShards},
    {"psetex", kStoreKey},
    {"pttl", kReadKey, "", kRandom},
    {"randomkey", "", "", "request_policy:all_shards nondeterministic_output"},
    {"rename", "RW access delete;OW update"},
    {"renamenx", "RW access delete;OW insert"},
    {"scan", "", "", "nondeterministic_output request_policy:special",
     "O(1) for every call, O(N) for a complete iteration"},
    {"set", "RW access update variable_flags"},
    {"setbit", kUpdateKey},
    {"setex", kStoreKey},
    {"setnx", "OW insert"},
    {"setrange", kTouchKey, "", "", "O(M) where M is the length of the value"},
    {"slowlog", "", "", "", kDepends},
    {"slowlog|get", "", "", "request_policy:all_nodes nondeterministic_output",
     "O(N) where N is the number of entries returned"},
    {"slowlog|len", "", "",
     "request_policy:all_nodes response_policy:agg_sum "
     "nondeterministic_output"},
    {"slowlog|reset", "", "", kAllNodes, "O(N) where N is the number of entries in the slowlog"},
    {"strlen", kLookKey},
    {"substr", kReadKey, "", "", "O(N) where N is the length of the returned string", "`GETRANGE`",
     "2.0.0"},
    {"swapdb", "", "keyspace dangerous", "", "O(1)"},
    {"time", "", "", kRandom},
    {"touch", kLookKey, "", kSumOfKeys, kKeys},
    {"ttl", kReadKey, "", kRandom},
    {"type", kLookKey},
    {"unlink", "RM delete", "", kSumOfKeys, kKeys},
};
static_assert(std::is_sorted(std::begin(kInfos), std::end(kInfos),
                             [](const CommandInfo& a, const CommandInfo& b) {
                               return a.name < b.name;
                             }));

constexpr CommandInfo kPlain = {""};

struct FlagName {
  uint32_t flag;
  std::string_view name;
};
// In the order of COMMAND INFO.
constexpr FlagName kFlagNames[] = {
    {kWrite, "write"},
    {kReadOnly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kNoScript, "noscript"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipSlowlog, "skip_slowlog"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoMulti, "no_multi"},
    {kMovableKeys, "movablekeys"},
    {kAllowBusy, "allow_busy"},
};

constexpr std::string_view kCategories[] = {"keyspace", "read", "write", "string",    "bitmap",
                                            "admin",    "fast", "slow",  "dangerous", "connection"};

std::string_view group_category(std::string_view group) {
  if (group == "generic" || group == "graph") return "keyspace";
  return group == "server" ? std::string_view{} : group;
}

bool has_category(const Command& command, const CommandInfo& info, std::string_view category) {
  const auto extra = cut(info.categories, ' ');
  if (std::find(extra.begin(), extra.end(), category) != extra.end()) return true;
  if (category == "read") return command.flags & kReadOnly;
  if (category == "write") return command.flags & kWrite;
  if (category == "admin") return command.flags & kAdmin;
  if (category == "fast") return command.flags & kFast;
  if (category == "slow") return !(command.flags & kFast);
  if (category == "dangerous") return command.flags & (kAdmin | kDangerous);
  // A mere container belongs to nothing: its subcommands do.
  const bool runs = command.data != nullptr || command.session != nullptr;
  return runs && category == group_category(command.group);
}

// SET … GET reads what it overwrites; plain SET does not look.
std::string_view use_of_set(Args args) {
  for (size_t i = 3; i < args.size(); ++i) {
    if (is_word(args[i], "get")) return kUpdateKey;
  }
  return kStoreKey;
}

// BITFIELD that only GETs changes nothing. What can't be read is taken for a change, as in Redis.
std::string_view use_of_bitfield(Args args) {
  for (size_t i = 2; i < args.size(); ++i) {
    const size_t left = args.size() - i - 1;
    if (is_word(args[i], "get") && left >= 2) {
      i += 2;
    } else if (is_word(args[i], "overflow") && left >= 1) {
      i += 1;
    } else {
      return kUpdateKey;
    }
  }
  return kReadKey;
}

}  // namespace

std::vector<std::string_view> cut(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end != 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

const CommandInfo& info_of(const Command& command) {
  const auto found = std::lower_bound(
      std::begin(kInfos), std::end(kInfos), command.name,
      [](const CommandInfo& info, std::string_view name) { return info.name < name; });
  return found != std::end(kInfos) && found->name == command.name ? *found : kPlain;
}

std::vector<KeyUse> key_uses(const Command& command) {
  std::vector<KeyUse> uses;
  const KeySpec& keys = command.keys;
  if (keys.first == 0) return uses;
  std::string_view use = info_of(command).use;
  if (use.empty()) use = command.flags & kWrite ? kTouchKey : kReadKey;
  const auto parts = cut(use, ';');
  for (size_t i = 0; i < parts.size(); ++i) {
    const int first = keys.first + static_cast<int>(i) * keys.step;
    const bool rest = i + 1 == parts.size();
    const int last = !rest ? 0 : keys.last < 0 ? keys.last : keys.last - first;
    uses.push_back({parts[i], first, last, last == 0 ? 1 : keys.step});
  }
  return uses;
}

std::string_view use_of(const Command& command, Args args, int index) {
  if (command.name == "set") return use_of_set(args);
  if (command.name == "bitfield") return use_of_bitfield(args);
  // What a movable row names beyond its key (dependencies) is looked at, never changed.
  const KeySpec& keys = command.keys;
  if (keys.find != nullptr && keys.last > 0 && index > keys.last) return kLookKey;
  const auto uses = key_uses(command);
  for (size_t i = uses.size(); i-- > 0;) {
    if (index >= uses[i].first) return uses[i].flags;
  }
  return command.flags & kWrite ? kTouchKey : kReadKey;
}

std::vector<std::string_view> categories_of(const Command& command) {
  std::vector<std::string_view> found;
  const CommandInfo& info = info_of(command);
  for (const std::string_view category : kCategories) {
    if (has_category(command, info, category)) found.push_back(category);
  }
  return found;
}

std::vector<std::string_view> flag_names(const Command& command) {
  std::vector<std::string_view> names;
  for (const FlagName& flag : kFlagNames) {
    if (command.flags & flag.flag) names.push_back(flag.name);
  }
  return names;
}

}  // namespace freshet
