// DEBUG: those of Redis 7.0's subcommands (debug.c) that mean something without persistence and
// replication. Like there it is one command that reads its first argument, not a container of rows.
#include <time.h>

#include <cmath>
#include <cstdlib>
#include <string>

#include "commands/key_rows.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/commands/context.h"
#include "freshet/commands/host.h"
#include "freshet/commands/options.h"

namespace freshet {
namespace {

// Sleeps in place: the core that read the command does nothing else meanwhile.
void sleep(Context& c) {
  const double seconds = std::strtod(std::string(c.args[2]).c_str(), nullptr);
  if (seconds > 0 && std::isfinite(seconds)) {
    const double whole = std::floor(std::min(seconds, 1e9));
    timespec time{static_cast<time_t>(whole), static_cast<long>((seconds - whole) * 1e9)};
    nanosleep(&time, nullptr);
  }
  c.reply.ok();
}

void set_active_expire(Context& c) {
  const bool on = std::atoi(std::string(c.args[2]).c_str()) != 0;
  c.host.options().settings.active_expire.store(on, std::memory_order_relaxed);
  c.reply.ok();
}

// What the value would take in an RDB file, uncompressed.
size_t serialized_length(const Entry* entry) {
  const size_t length = entry->length();
  if (entry->encoding() == Encoding::kInt) {
    const int64_t number = entry->number();
    if (number >= INT8_MIN && number <= INT8_MAX) return 2;
    if (number >= INT16_MIN && number <= INT16_MAX) return 3;
    if (number >= INT32_MIN && number <= INT32_MAX) return 5;
  }
  return length + (length < 64 ? 1 : length < 16384 ? 2 : 5);
}

std::string describe(const Context& c, const Space& space, const Entry* entry) {
  char address[32];
  std::snprintf(address, sizeof address, "%p", static_cast<const void*>(entry));
  return std::string("Value at:") + address + " refcount:" + std::to_string(refcount_of(c, entry)) +
         " encoding:" + std::string(encoding_name(entry)) +
         " serializedlength:" + std::to_string(serialized_length(entry)) +
         " lru:" + std::to_string(entry->stamp) +
         " lru_seconds_idle:" + std::to_string(space.idle(entry) / 1000);
}

void object(Context& c) {
  const Key key = c.key(2);
  std::string text;
  c.router.at(c.router.keyspace().id_of(key.hash), [&](Shard& shard) {
    Space space(shard, c.db, c.now, true);
    if (const Entry* entry = space.peek(key)) text = describe(c, space, entry);
  });
  if (text.empty()) return c.reply.error("ERR no such key");
  c.reply.status(text);
}

// Nothing to change here: there is no replication, and there are no lists.
void accept(Context& c) { c.reply.ok(); }

void packed_threshold(Context& c) {
  const auto size = parse_memory(c.args[2]);
  if (!size || *size < 0 || *size > int64_t{4} << 30) {
    return c.reply.error("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  }
  c.reply.ok();
}

void error(Context& c) { c.reply.error(c.args[2]); }

void log(Context& c) {
  c.host.log("warning", "DEBUG LOG: " + std::string(c.args[2]));
  c.reply.ok();
}

// POPULATE count [prefix [size]]: keys that exist already are left alone.
void populate(Context& c) {
  const auto count = parse_int(c.args[2]);
  const auto size = c.args.size() > 4 ? parse_int(c.args[4]) : 0;
  if (!count || *count < 0 || !size || *size < 0) {
    return c.reply.error("ERR value is out of range, must be positive");
  }
  const std::string prefix(c.args.size() > 3 ? c.args[3] : "key");
  for (int64_t i = 0; i < *count; ++i) {
    const std::string name = prefix + ":" + std::to_string(i);
    std::string value = "value:" + std::to_string(i);
    if (*size != 0) value.resize(static_cast<size_t>(*size));
    const Key key = c.router.hasher().key(name);
    c.router.at(c.router.keyspace().id_of(key.hash), [&](Shard& shard) {
      Space space(shard, c.db, c.now);
      if (space.peek(key) == nullptr) space.assign(key, Value::of(value), kNever, nullptr);
    });
  }
  c.reply.ok();
}

// Some reply of each type that RESP knows, for the tests of clients.
void protocol(Context& c) {
  const std::string_view type = c.args[2];
  const bool resp3 = c.reply.version() == 3;
  Output& out = c.reply.output();
  if (is_word(type, "string")) {
    c.reply.bulk("Hello World");
  } else if (is_word(type, "integer")) {
    c.reply.integer(12345);
  } else if (is_word(type, "double")) {
    c.reply.real(3.141);
  } else if (is_word(type, "null")) {
    c.reply.nil();
  } else if (is_word(type, "array") || is_word(type, "set")) {
    if (is_word(type, "set")) {
      c.reply.set(3);
    } else {
      c.reply.array(3);
    }
    for (int i = 0; i < 3; ++i) c.reply.integer(i);
  } else if (is_word(type, "map")) {
    c.reply.map(3);
    for (int i = 0; i < 3; ++i) {
      c.reply.integer(i);
      c.reply.boolean(i == 1);
    }
  } else if (is_word(type, "attrib")) {
    if (resp3) out.append("|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n");
    c.reply.bulk("Some real reply following the attribute");
  } else if (is_word(type, "push")) {
    if (!resp3) return c.reply.error("ERR RESP2 is not supported by this command");
    out.append(">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n");
    c.reply.bulk("Some real reply following the push reply");
  } else if (is_word(type, "verbatim")) {
    c.reply.verbatim("This is a verbatim\nstring");
  } else if (is_word(type, "true") || is_word(type, "false")) {
    c.reply.boolean(is_word(type, "true"));
  } else if (is_word(type, "bignum")) {
    constexpr std::string_view kDigits = "1234567999999999999999999999999999999";
    if (!resp3) return c.reply.bulk(kDigits);
    out.append("(");
    out.append(kDigits);
    out.append("\r\n");
  } else {
    c.reply.error(
        "ERR Wrong protocol type name. Please use one of the following: "
        "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
  }
}

// 1: watches from now on. 0: ends that, and returns what was seen, in microseconds of cpu time.
void turns(Context& c) {
  if (std::atoi(std::string(c.args[2]).c_str()) != 0) {
    c.host.watch_turns();
    return c.reply.ok();
  }
  const Host::LongestTurns longest = c.host.end_turn_watch();
  c.reply.array(2);
  c.reply.integer(static_cast<int64_t>(longest.one / 1000));
  c.reply.integer(static_cast<int64_t>(longest.two / 1000));
}

void help(Context& c) {
  constexpr std::string_view kLines[] = {
      "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "CHANGE-REPL-ID",
      "    Change the replication IDs of the instance.",
      "    Dangerous: should be used only for testing the replication subsystem.",
      "ERROR <string>",
      "    Return a Redis protocol error with <string> as message. Useful for clients",
      "    unit tests to simulate Redis errors.",
      "LOG <message>",
      "    Write <message> to the server log.",
      "OBJECT <key>",
      "    Show low level info about `key` and associated value.",
      "POPULATE <count> [<prefix>] [<size>]",
      "    Create <count> string keys named key:<num>. If <prefix> is specified then",
      "    it is used instead of the 'key' prefix. These are not propagated to",
      "    replicas. Cluster slots are not respected so keys not belonging to the",
      "    current node can be created in cluster mode.",
      "PROTOCOL <type>",
      "    Reply with a test value of the specified type. <type> can be: string,",
      "    integer, double, bignum, null, array, set, map, attrib, push, verbatim,",
      "    true, false.",
      "SET-ACTIVE-EXPIRE <0|1>",
      "    Setting it to 0 disables expiring keys in background when they are not",
      "    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the",
      "    default.",
      "QUICKLIST-PACKED-THRESHOLD <size>",
      "    Sets the threshold for elements to be inserted as plain vs packed nodes",
      "    Default value is 1GB, allows values up to 4GB. Setting to 0 restores to default.",
      "SLEEP <seconds>",
      "    Stop the server for <seconds>. Decimals allowed.",
      "TURNS <0|1>",
      "    1 begins to watch how much cpu time the turns of the event loops take. 0 ends",
      "    it, and returns the longest turn and the longest two in a row, in microseconds.",
      "HELP",
      "    Prints this help.",
  };
  reply_help(c.reply, kLines);
}

struct Subcommand {
  std::string_view name;
  size_t least, most;  // arguments, with DEBUG and the name
  void (*run)(Context&);
};

constexpr Subcommand kSubcommands[] = {
    {"change-repl-id", 2, 2, accept},
    {"error", 3, 3, error},
    {"help", 2, 2, help},
    {"log", 3, 3, log},
    {"object", 3, 3, object},
    {"populate", 3, 5, populate},
    {"protocol", 3, 3, protocol},
    {"quicklist-packed-threshold", 3, 3, packed_threshold},
    {"set-active-expire", 3, 3, set_active_expire},
    {"sleep", 3, 3, sleep},
    {"turns", 3, 3, turns},
};

void debug(Context& c) {
  for (const Subcommand& subcommand : kSubcommands) {
    if (!is_word(c.args[1], subcommand.name)) continue;
    if (c.args.size() < subcommand.least || c.args.size() > subcommand.most) break;
    return subcommand.run(c);
  }
  c.reply.error("ERR unknown subcommand or wrong number of arguments for '" +
                std::string(c.args[1].substr(0, 128)) + "'. Try DEBUG HELP.");
}

constexpr Command kRows[] = {
    {"debug", -2, kAdmin | kNoScript | kLoading | kStale | kGuarded, no_keys(), Verb::kHere, debug,
     "server", "1.0.0", "subcommand [argument ...]", "Tools for those who test or debug."},
};

}  // namespace

std::span<const Command> debug_rows() { return kRows; }

}  // namespace freshet
