// The string commands, as Redis 7.0 has them (t_string.c): those that read and store whole values,
// and the rows of all.
#include "commands/arguments.h"
#include "commands/string_handlers.h"
#include "freshet/commands/command_table.h"
#include "freshet/commands/context.h"
#include "freshet/commands/set_options.h"

namespace freshet {
namespace {

void reply_or_nil(const Context& c, const Entry* entry) {
  if (entry == nullptr) {
    c.reply.nil();
  } else {
    c.reply_value(entry);
  }
}

// Flat, as others that are asked for all the time: calls would be a third of it.
[[gnu::flatten]] void get(Context& c) {
  const Key key = c.key(1);
  Space space = c.space(key);
  const Entry* entry = space.read(key);
  if (entry == nullptr && mutant(kStaleSeen)) entry = space.db().shelf.find(key, c.now);
  reply_or_nil(c, entry);
}

[[gnu::noinline]] void set_with_options(Context& c) {
  SetOptions options;
  for (size_t at = 3; at < c.args.size();) {
    if (!options.take_set(c.args, at)) {
      c.reply.error(kSyntaxError);
      return;
    }
  }
  Millis deadline = kNever;
  if (options.timed()) {
    const auto at = options.deadline(c.now, "set", c.reply);
    if (!at) return;
    deadline = *at;
  }
  const Key key = c.key(1);
  Space space = c.space(key);
  // With GET it is a look-up that hits or misses; the old value answers, whether it is replaced or
  // not.
  Entry* existing = options.get ? space.read(key) : space.write(key);
  if (options.get) reply_or_nil(c, existing);
  const auto refused =
      existing == nullptr ? SetOptions::Only::kIfPresent : SetOptions::Only::kIfAbsent;
  if (options.only == refused) {
    if (!options.get) c.reply.nil();
    return;
  }
  if (options.expiry == SetOptions::Expiry::kKeepTtl && existing != nullptr) {
    deadline = existing->deadline();
  }
  space.assign(key, c.value(2), deadline, existing);
  if (!options.get) c.reply.ok();
}

[[gnu::flatten]] void set(Context& c) {
  if (c.args.size() > 3) {
    set_with_options(c);
    return;
  }
  const Key key = c.key(1);
  Space space = c.space(key);
  space.assign(key, c.value(2), kNever, space.peek(key));
  c.reply.ok();
}

void setnx(Context& c) {
  const Key key = c.key(1);
  Space space = c.space(key);
  const bool absent = space.write(key) == nullptr;
  if (absent) space.assign(key, c.value(2), kNever, nullptr);
  c.reply.integer(absent);
}

void set_for(Context& c, SetOptions::Expiry unit, std::string_view name) {
  const SetOptions options{.expiry = unit, .time = c.args[2]};
  const auto deadline = options.deadline(c.now, name, c.reply);
  if (!deadline) return;
  const Key key = c.key(1);
  Space space = c.space(key);
  space.assign(key, c.value(3), *deadline, space.peek(key));
  c.reply.ok();
}

void setex(Context& c) { set_for(c, SetOptions::Expiry::kEx, "setex"); }
void psetex(Context& c) { set_for(c, SetOptions::Expiry::kPx, "psetex"); }

void getset(Context& c) {
  const Key key = c.key(1);
  Space space = c.space(key);
  Entry* entry = space.read(key);
  reply_or_nil(c, entry);
  space.assign(key, c.value(2), kNever, entry);
}

void getdel(Context& c) {
  const Key key = c.key(1);
  Space space = c.space(key);
  Entry* entry = space.read(key);
  reply_or_nil(c, entry);
  if (entry != nullptr) space.remove(key, entry, Cause::kDeleted);
}

void getex(Context& c) {
  SetOptions options;
  for (size_t at = 2; at < c.args.size();) {
    if (!options.take_getex(c.args, at)) {
      c.reply.error(kSyntaxError);
      return;
    }
  }
  const Key key = c.key(1);
  Space space = c.space(key);
  Entry* entry = space.read(key);
  Millis deadline = kNever;
  if (entry != nullptr && options.timed()) {
    const auto at = options.deadline(c.now, "getex", c.reply);
    if (!at) return;
    deadline = *at;
  }
  reply_or_nil(c, entry);
  if (entry == nullptr || options.expiry == SetOptions::Expiry::kNone) return;
  space.set_deadline(key, entry, deadline);
}

[[gnu::flatten]] void mget(Context& c) {
  c.reply.array(c.args.size() - 1);
  for (size_t arg = 1; arg < c.args.size(); ++arg) {
    const Key key = c.key(arg);
    reply_or_nil(c, c.space(key).read(key));
  }
}

void set_all(Context& c) {
  for (size_t arg = 1; arg < c.args.size(); arg += 2) {
    const Key key = c.key(arg);
    Space space = c.space(key);
    space.assign(key, c.value(arg + 1), kNever, space.peek(key));
  }
}

// Every key has its value; the error if one is missing.
bool paired(const Context& c, std::string_view name) {
  if (c.args.size() % 2 == 1) return true;
  c.reply.error("ERR wrong number of arguments for '" + std::string(name) + "' command");
  return false;
}

void mset(Context& c) {
  if (!paired(c, "mset")) return;
  set_all(c);
  c.reply.ok();
}

void msetnx(Context& c) {
  if (!paired(c, "msetnx")) return;
  for (size_t arg = 1; arg < c.args.size(); arg += 2) {
    const Key key = c.key(arg);
    if (c.space(key).write(key) != nullptr) {
      c.reply.integer(0);
      return;
    }
  }
  set_all(c);
  c.reply.integer(1);
}

constexpr KeySpec kOne = keys(1, 1, 1);
constexpr uint32_t kStore = kWrite | kDenyOom;

constexpr Command kRows[] = {
    {"get", 2, kReadOnly | kFast, kOne, Verb::kAt, get, "string", "1.0.0", "key",
     "Returns the string value of a key."},
    {"set", -3, kStore, kOne, Verb::kAt, set, "string", "1.0.0",
     "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
     "PXAT unix-time-milliseconds | KEEPTTL]",
     "Sets the string value of a key, whatever it held."},
    {"getex", -2, kWrite | kFast, kOne, Verb::kAt, getex, "string", "6.2.0",
     "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | "
     "PERSIST]",
     "Returns the string value of a key and gives it a deadline, or takes it."},
    {"getdel", 2, kWrite | kFast, kOne, Verb::kAt, getdel, "string", "6.2.0", "key",
     "Returns the string value of a key and deletes it."},
    {"getset", 3, kStore | kFast, kOne, Verb::kAt, getset, "string", "1.0.0", "key value",
     "Sets the string value of a key and returns the old one."},
    {"setnx", 3, kStore | kFast, kOne, Verb::kAt, setnx, "string", "1.0.0", "key value",
     "Sets the string value of a key if it has none."},
    {"setex", 4, kStore, kOne, Verb::kAt, setex, "string", "2.0.0", "key seconds value",
     "Sets the string value of a key, and how many seconds it lives."},
    {"psetex", 4, kStore, kOne, Verb::kAt, psetex, "string", "2.6.0", "key milliseconds value",
     "Sets the string value of a key, and how many milliseconds it lives."},
    {"mget", -2, kReadOnly | kFast, keys(1, -1, 1), Verb::kTogether, mget, "string", "1.0.0",
     "key [key ...]", "Returns the string values of keys."},
    {"mset", -3, kStore, keys(1, -1, 2), Verb::kTogether, mset, "string", "1.0.1",
     "key value [key value ...]", "Sets the string values of keys, all at once."},
    {"msetnx", -3, kStore, keys(1, -1, 2), Verb::kTogether, msetnx, "string", "1.0.1",
     "key value [key value ...]", "Sets the string values of keys if none of them has one."},
    {"append", 3, kStore | kFast, kOne, Verb::kAt, append, "string", "2.0.0", "key value",
     "Puts bytes behind the string in a key; a missing one is empty."},
    {"strlen", 2, kReadOnly | kFast, kOne, Verb::kAt, string_length, "string", "2.2.0", "key",
     "Returns the length of the string in a key."},
    {"getrange", 4, kReadOnly, kOne, Verb::kAt, getrange, "string", "2.4.0", "key start end",
     "Returns a part of the string in a key."},
    {"substr", 4, kReadOnly, kOne, Verb::kAt, getrange, "string", "1.0.0", "key start end",
     "The old name of GETRANGE."},
    {"setrange", 4, kStore, kOne, Verb::kAt, setrange, "string", "2.2.0", "key offset value",
     "Overwrites a part of the string in a key, which grows as needed."},
    {"lcs", -3, kReadOnly, keys(1, 2, 1), Verb::kTogether, lcs, "string", "7.0.0",
     "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]",
     "Returns the longest common subsequence of two strings."},
    {"incr", 2, kStore | kFast, kOne, Verb::kAt, incr, "string", "1.0.0", "key",
     "Adds one to the integer in a key; 0 if it is missing."},
    {"decr", 2, kStore | kFast, kOne, Verb::kAt, decr, "string", "1.0.0", "key",
     "Takes one from the integer in a key; 0 if it is missing."},
    {"incrby", 3, kStore | kFast, kOne, Verb::kAt, incrby, "string", "1.0.0", "key increment",
     "Adds to the integer in a key; 0 if it is missing."},
    {"decrby", 3, kStore | kFast, kOne, Verb::kAt, decrby, "string", "1.0.0", "key decrement",
     "Takes from the integer in a key; 0 if it is missing."},
    {"incrbyfloat", 3, kStore | kFast, kOne, Verb::kAt, incrbyfloat, "string", "2.6.0",
     "key increment", "Adds to the floating point number in a key; 0 if it is missing."},
};

}  // namespace

std::span<const Command> string_commands() { return kRows; }

}  // namespace freshet
