// Commands on keys whatever they hold (Redis 7.0: db.c), and the list of the whole generic family.
#include "commands/key_rows.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/commands/command_table.h"
#include "freshet/commands/context.h"

namespace freshet {
namespace {

void del(Context& c) {
  int64_t count = 0;
  for (size_t arg = 1; arg < c.args.size(); ++arg) {
    const Key key = c.key(arg);
    Space space = c.space(key);
    if (Entry* entry = space.peek(key)) {
      space.remove(key, entry, Cause::kDeleted);
      ++count;
    }
  }
  c.reply.integer(count);
}

// Counts the keys that are there, a repeated one as often as it is named.
int64_t count_present(Context& c, bool no_touch) {
  int64_t count = 0;
  for (size_t arg = 1; arg < c.args.size(); ++arg) {
    const Key key = c.key(arg);
    Space space(c.router.keyspace().home(key), c.db, c.now, no_touch);
    if (space.read(key) != nullptr) ++count;
  }
  return count;
}

void exists(Context& c) { c.reply.integer(count_present(c, true)); }

// Stamps even for a client that asked for CLIENT NO-TOUCH: that is what the command is for.
void touch(Context& c) { c.reply.integer(count_present(c, false)); }

void type(Context& c) {
  const Key key = c.key(1);
  const Entry* entry = Space(c.router.keyspace().home(key), c.db, c.now, true).read(key);
  c.reply.status(entry == nullptr ? "none" : type_name(entry->type()));
}

// Counts what is still to be counted of the dead before it counts the living.
class Size : public Task {
 public:
  explicit Size(uint8_t db) : db_(db) {}
  void step(Router& router, Millis now) override {
    if (at_ < router.keyspace().size()) look(router, now);
    cascade_.deliver(router, now, 64);
    done_ = at_ == router.keyspace().size() && cascade_.empty();
  }
  bool done() const override { return done_; }
  void reply(Reply& reply) const override { reply.integer(static_cast<int64_t>(keys_)); }

 private:
  void look(Router& router, Millis now) {
    const Router::Collecting collecting(router, cascade_);
    router.at(at_, [&](Shard& shard) {
      Space space(shard, shard.index_of(db_), now, true);
      if (const Kill* kill = space.db().kills.first_uncounted()) {
        space.count_slice(kill->number, 64);
        return;
      }
      keys_ += space.db().size();
      ++at_;
    });
  }

  const uint8_t db_;
  Cascade cascade_;
  uint32_t at_ = 0;
  size_t keys_ = 0;
  bool done_ = false;
};

void dbsize(Context& c) {
  size_t count = 0;
  uint8_t db = 0;
  bool counted = true;
  c.each([&](Space& space) {
    count += space.db().size();
    counted &= space.db().kills.first_uncounted() == nullptr;
    db = space.db().id;
  });
  if (counted) {
    c.reply.integer(static_cast<int64_t>(count));
  } else {
    c.task = std::make_unique<Size>(db);
  }
}

// Checks [ASYNC|SYNC]. Memory comes back in slices either way: a flush is never waited for.
bool flush_args_fit(Context& c) {
  if (c.args.size() == 1) return true;
  if (c.args.size() == 2 && (is_word(c.args[1], "async") || is_word(c.args[1], "sync")))
    return true;
  c.reply.error("ERR syntax error");
  return false;
}

// All shards at once: between two of them nobody may declare a dependency on a name that is about
// to go.
void flushdb(Context& c) {
  if (!flush_args_fit(c)) return;
  c.router.keyspace().fences.refuse_all();
  c.router.each([&](Shard& shard) { shard.flush(c.db); });
  c.reply.ok();
}

void flushall(Context& c) {
  if (!flush_args_fit(c)) return;
  c.router.keyspace().fences.refuse_all();
  c.router.each([&](Shard& shard) {
    for (int db = 0; db < shard.databases(); ++db) shard.flush(db);
  });
  c.reply.ok();
}

constexpr Command kRows[] = {
    {"del", -2, kWrite, keys(1, -1, 1), Verb::kTogether, del, "generic", "1.0.0", "key [key ...]",
     "Deletes keys; replies how many there were."},
    {"unlink", -2, kWrite | kFast, keys(1, -1, 1), Verb::kTogether, del, "generic", "4.0.0",
     "key [key ...]", "Deletes keys; replies how many there were."},
    {"exists", -2, kReadOnly | kFast, keys(1, -1, 1), Verb::kTogether, exists, "generic", "1.0.0",
     "key [key ...]", "Counts which of the keys exist."},
    {"touch", -2, kReadOnly | kFast, keys(1, -1, 1), Verb::kTogether, touch, "generic", "3.2.1",
     "key [key ...]", "Marks keys as just used; replies how many there are."},
    {"type", 2, kReadOnly | kFast, keys(1, 1, 1), Verb::kAt, type, "generic", "1.0.0", "key",
     "Says which type of value a key holds."},
    {"dbsize", 1, kReadOnly | kFast, no_keys(), Verb::kHere, dbsize, "server", "1.0.0", "",
     "Counts the keys of the selected database."},
    {"flushdb", -1, kWrite | kDangerous, no_keys(), Verb::kAll, flushdb, "server", "1.0.0",
     "[ASYNC|SYNC]", "Removes all keys of the selected database."},
    {"flushall", -1, kWrite | kDangerous, no_keys(), Verb::kAll, flushall, "server", "1.0.0",
     "[ASYNC|SYNC]", "Removes all keys of all databases."},
};

}  // namespace

std::string_view type_name(Type type) {
  constexpr std::string_view kNames[] = {"string", "list", "set", "zset", "hash"};
  return kNames[static_cast<size_t>(type)];
}

std::optional<int> database_arg(Context& c, size_t arg) {
  const auto number = parse_int(c.args[arg]);
  if (!number) {
    c.reply.error("ERR value is not an integer or out of range");
    return std::nullopt;
  }
  if (*number < INT32_MIN || *number > INT32_MAX) {
    c.reply.error("ERR value is out of range, value must between -2147483648 and 2147483647");
    return std::nullopt;
  }
  if (*number < 0 || *number >= c.router.keyspace().databases()) {
    c.reply.error("ERR DB index is out of range");
    return std::nullopt;
  }
  return static_cast<int>(*number);
}

void reply_help(Reply& reply, std::span<const std::string_view> lines) {
  reply.array(lines.size());
  for (const std::string_view line : lines) reply.status(line);
}

std::span<const Command> key_commands() {
  static const std::vector<Command> rows = [] {
    std::vector<Command> joined(std::begin(kRows), std::end(kRows));
    for (const auto part : {transfer_rows(), expire_rows(), scan_rows(), object_rows(),
                            memory_rows(), debug_rows()}) {
      joined.insert(joined.end(), part.begin(), part.end());
    }
    return joined;
  }();
  return rows;
}

}  // namespace freshet
