// Commands that carry a value from one key or database to another: RENAME, COPY, MOVE, SWAPDB.
// Deadline and declarations come along.
#include "commands/declare.h"
#include "commands/key_rows.h"
#include "commands/loops.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/commands/context.h"

namespace freshet {
namespace {

// Where a value goes: the key, its database, and what stands there now.
struct Target {
  Key key;
  int db;
  Entry* existing;
};

// True if what `entry` of `source` declares may be declared by the target. If not, the handler
// returns: the reply is an error, or it is run again. The shards of both keys are not enough for
// declarations that leave their shard or database, which have to be attached at the homes of their
// names, nor if the target's name has dependents: they may be what `entry` was made from.
bool may_carry(Context& c, const Space& source, const Entry* entry, const Target& to) {
  const Graph& graph = source.db().graph;
  const Declarations* declarations = graph.of(entry);
  if (declarations == nullptr) return true;
  const Space target = c.space(to.key, to.db);
  const bool stays = to.db == c.db && &source.shard() == &target.shard();
  const bool may_loop = declarations->deps() != 0 && target.db().graph.name(to.key) != nullptr;
  if ((!stays || may_loop) && !c.all_held()) {
    c.need_all();
    return false;
  }
  if (!may_loop) return true;
  std::vector<Key> deps;  // but for the target itself, which is left out
  for (const Link& link : declarations->dep_links()) {
    const std::string_view name = graph.node(link)->key();
    if (name != to.key.view) deps.push_back(c.router.hasher().key(name));
  }
  return edges_allowed(c, {to.key, to.db, deps});
}

void store(Context& c, const Space& from, const Entry* entry, const Target& to) {
  const Declared declared = redeclare(c, from, entry, to.key, to.db);
  c.space(to.key, to.db).written(to.key);
  c.space(to.key, to.db).assign(to.key, entry->share(), entry->deadline(), to.existing, declared);
}

enum class Overwrite { kYes, kNo };

void rename_key(Context& c, Overwrite overwrite) {
  const Key from = c.key(1);
  Space source = c.space(from);
  Entry* entry = source.peek(from);
  if (entry == nullptr) return c.reply.error("ERR no such key");
  const bool same = c.args[1] == c.args[2];
  Target to{c.key(2), c.db, nullptr};
  to.existing = same ? entry : c.space(to.key).peek(to.key);
  const bool free = to.existing == nullptr || overwrite == Overwrite::kYes;
  if (!same && free && !may_carry(c, source, entry, to)) return;
  source.touch(from, entry);
  if (!free) return c.reply.integer(0);
  if (same) return c.reply.ok();
  store(c, source, entry, to);
  source.remove(from, entry, Cause::kDeleted);
  if (overwrite == Overwrite::kYes) {
    c.reply.ok();
  } else {
    c.reply.integer(1);
  }
}

void rename(Context& c) { rename_key(c, Overwrite::kYes); }
void renamenx(Context& c) { rename_key(c, Overwrite::kNo); }

void copy(Context& c) {
  int db = c.db;
  bool replace = false;
  for (size_t arg = 3; arg < c.args.size(); ++arg) {
    if (is_word(c.args[arg], "replace")) {
      replace = true;
    } else if (is_word(c.args[arg], "db") && arg + 1 < c.args.size()) {
      const auto given = database_arg(c, ++arg);
      if (!given) return;
      db = *given;
    } else {
      return c.reply.error("ERR syntax error");
    }
  }
  if (db == c.db && c.args[1] == c.args[2]) {
    return c.reply.error("ERR source and destination objects are the same");
  }
  const Key from = c.key(1);
  Target to{c.key(2), db, nullptr};
  Space source = c.space(from);
  to.existing = c.space(to.key, db).peek(to.key);
  const bool free = to.existing == nullptr || replace;
  // Looked at before it is read, so that another run counts no second hit.
  const Entry* entry = source.peek(from);
  if (entry != nullptr && free && !may_carry(c, source, entry, to)) return;
  entry = source.read(from);
  if (entry == nullptr || !free) return c.reply.integer(0);
  store(c, source, entry, to);
  c.reply.integer(1);
}

void move(Context& c) {
  const auto db = database_arg(c, 2);
  if (!db) return;
  if (*db == c.db) return c.reply.error("ERR source and destination objects are the same");
  const Key key = c.key(1);
  Target to{key, *db, nullptr};
  Space source = c.space(key);
  const bool free = c.space(key, *db).peek(key) == nullptr;
  const Entry* seen = source.peek(key);
  if (seen != nullptr && free && !may_carry(c, source, seen, to)) return;
  Entry* entry = source.read(key);  // Redis counts a hit or a miss here
  if (entry == nullptr || !free) return c.reply.integer(0);
  store(c, source, entry, to);
  source.written(key);
  source.remove(key, entry, Cause::kDeleted);
  c.reply.integer(1);
}

// One of SWAPDB's two numbers; nullopt if it is none.
std::optional<int> small_int(std::string_view text) {
  const auto number = parse_int(text);
  if (!number || *number < INT32_MIN || *number > INT32_MAX) return std::nullopt;
  return static_cast<int>(*number);
}

void swapdb(Context& c) {
  const auto first = small_int(c.args[1]);
  if (!first) return c.reply.error("ERR invalid first DB index");
  const auto second = small_int(c.args[2]);
  if (!second) return c.reply.error("ERR invalid second DB index");
  const int count = c.router.keyspace().databases();
  if (*first < 0 || *first >= count || *second < 0 || *second >= count) {
    return c.reply.error("ERR DB index is out of range");
  }
  c.router.keyspace().fences.refuse_all();
  c.router.each([&](Shard& shard) { shard.swap(*first, *second); });
  c.reply.ok();
}

constexpr Command kRows[] = {
    {"rename", 3, kWrite, keys(1, 2, 1), Verb::kTogether, rename, "generic", "1.0.0", "key newkey",
     "Gives a key another name, overwriting what had it."},
    {"renamenx", 3, kWrite | kFast, keys(1, 2, 1), Verb::kTogether, renamenx, "generic", "1.0.0",
     "key newkey", "Gives a key another name if nothing has it."},
    {"copy", -3, kWrite | kDenyOom | kOwnWrites, keys(1, 2, 1), Verb::kTogether, copy, "generic",
     "6.2.0", "source destination [DB destination-db] [REPLACE]",
     "Copies a key's value to another key."},
    {"move", 3, kWrite | kFast | kOwnWrites, keys(1, 1, 1), Verb::kAt, move, "generic", "1.0.0",
     "key db", "Moves a key to another database."},
    {"swapdb", 3, kWrite | kFast | kDangerous, no_keys(), Verb::kAll, swapdb, "server", "4.0.0",
     "index1 index2", "Swaps the contents of two databases."},
};

}  // namespace

std::span<const Command> transfer_rows() { return kRows; }

}  // namespace freshet
