// The string commands, as Redis 7.0 has them (t_string.c).
#include "freshet/commands/command_table.h"
#include "freshet/commands/context.h"

namespace freshet {
namespace {

void get(Context& c) {
  const Key key = c.key(1);
  const Entry* entry = c.space(key).read(key);
  if (entry == nullptr) {
    c.reply.nil();
  } else {
    c.reply_value(entry);
  }
}

void set(Context& c) {
  const Key key = c.key(1);
  Space space = c.space(key);
  space.assign(key, c.value(2), kNever, space.write(key));
  c.reply.ok();
}

constexpr Command kRows[] = {
    {"get", 2, kReadOnly | kFast, keys(1, 1, 1), Verb::kAt, get, "string", "1.0.0", "key",
     "Returns the string value of a key."},
    {"set", -3, kWrite | kDenyOom, keys(1, 1, 1), Verb::kAt, set, "string", "1.0.0", "key value",
     "Sets the string value of a key."},
};

}  // namespace

std::span<const Command> string_commands() { return kRows; }

}  // namespace freshet
