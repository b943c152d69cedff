// Deadlines: the EXPIRE and TTL families (Redis 7.0: expire.c).
#include <optional>
#include <string>

#include "commands/key_rows.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/commands/context.h"

namespace freshet {
namespace {

struct Conditions {
  bool nx = false, xx = false, gt = false, lt = false;

  // Whether a deadline may take the place of the present one (kNever: none).
  bool allow(Millis present, Millis deadline) const {
    if (nx && present != kNever) return false;
    if (xx && present == kNever) return false;
    if (gt && (present == kNever || deadline <= present)) return false;
    return !(lt && present != kNever && deadline >= present);
  }
};

std::optional<Conditions> conditions(Context& c) {
  Conditions found;
  for (size_t arg = 3; arg < c.args.size(); ++arg) {
    if (is_word(c.args[arg], "nx")) {
      found.nx = true;
    } else if (is_word(c.args[arg], "xx")) {
      found.xx = true;
    } else if (is_word(c.args[arg], "gt")) {
      found.gt = true;
    } else if (is_word(c.args[arg], "lt")) {
      found.lt = true;
    } else {
      // Redis prints the option as a C string.
      c.reply.error("ERR Unsupported option " + std::string(c_text(c.args[arg])));
      return std::nullopt;
    }
  }
  if (found.nx && (found.xx || found.gt || found.lt)) {
    c.reply.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return std::nullopt;
  }
  if (found.gt && found.lt) {
    c.reply.error("ERR GT and LT options at the same time are not compatible");
    return std::nullopt;
  }
  return found;
}

// args[2] as a deadline: so many units of `unit` ms after `base`.
std::optional<Millis> deadline_arg(Context& c, Millis unit, Millis base) {
  const auto number = parse_int(c.args[2]);
  if (!number) {
    c.reply.error("ERR value is not an integer or out of range");
    return std::nullopt;
  }
  Millis deadline;
  if (__builtin_mul_overflow(*number, unit, &deadline) ||
      __builtin_add_overflow(deadline, base, &deadline)) {
    c.reply.error("ERR invalid expire time in '" + to_lower(c.args[0]) + "' command");
    return std::nullopt;
  }
  // The last millisecond of all stands for "never" here.
  return std::min(deadline, kNever - 1);
}

void expire_at(Context& c, Millis unit, Millis base) {
  const auto allowed = conditions(c);
  if (!allowed) return;
  const auto deadline = deadline_arg(c, unit, base);
  if (!deadline) return;
  const Key key = c.key(1);
  Space space = c.space(key);
  Entry* entry = space.write(key);
  if (entry == nullptr || !allowed->allow(entry->deadline(), *deadline)) {
    return c.reply.integer(0);
  }
  space.set_deadline(key, entry, *deadline);
  c.reply.integer(1);
}

void expire(Context& c) { expire_at(c, 1000, c.now); }
void pexpire(Context& c) { expire_at(c, 1, c.now); }
void expireat(Context& c) { expire_at(c, 1000, 0); }
void pexpireat(Context& c) { expire_at(c, 1, 0); }

// Replies the deadline less `base` in units of `unit` ms, rounded to the nearest.
void time_left(Context& c, Millis unit, Millis base) {
  const Key key = c.key(1);
  const Entry* entry = Space(c.router.keyspace().home(key), c.db, c.now, true).read(key);
  if (entry == nullptr) return c.reply.integer(-2);
  if (!entry->has_deadline()) return c.reply.integer(-1);
  const auto left = static_cast<uint64_t>(entry->deadline() - base);
  const auto divisor = static_cast<uint64_t>(unit);
  c.reply.integer(static_cast<int64_t>((left + divisor / 2) / divisor));
}

void ttl(Context& c) { time_left(c, 1000, c.now); }
void pttl(Context& c) { time_left(c, 1, c.now); }
void expiretime(Context& c) { time_left(c, 1000, 0); }
void pexpiretime(Context& c) { time_left(c, 1, 0); }

void persist(Context& c) {
  const Key key = c.key(1);
  Space space = c.space(key);
  Entry* entry = space.write(key);
  if (entry == nullptr || !entry->has_deadline()) return c.reply.integer(0);
  // A value made from something that will expire keeps that deadline.
  entry = space.set_deadline(key, entry, kNever);
  c.reply.integer(entry != nullptr && !entry->has_deadline() ? 1 : 0);
}

constexpr uint32_t kWriteFlags = kWrite | kFast;
constexpr uint32_t kReadFlags = kReadOnly | kFast;

constexpr Command kRows[] = {
    {"expire", -3, kWriteFlags, keys(1, 1, 1), Verb::kAt, expire, "generic", "1.0.0",
     "key seconds [NX|XX|GT|LT]", "Sets how long a key has to live, in seconds."},
    {"pexpire", -3, kWriteFlags, keys(1, 1, 1), Verb::kAt, pexpire, "generic", "2.6.0",
     "key milliseconds [NX|XX|GT|LT]", "Sets how long a key has to live, in milliseconds."},
    {"expireat", -3, kWriteFlags, keys(1, 1, 1), Verb::kAt, expireat, "generic", "1.2.0",
     "key unix-time-seconds [NX|XX|GT|LT]", "Sets when a key expires, as a Unix time."},
    {"pexpireat", -3, kWriteFlags, keys(1, 1, 1), Verb::kAt, pexpireat, "generic", "2.6.0",
     "key unix-time-milliseconds [NX|XX|GT|LT]",
     "Sets when a key expires, as a Unix time in milliseconds."},
    {"ttl", 2, kReadFlags, keys(1, 1, 1), Verb::kAt, ttl, "generic", "1.0.0", "key",
     "Says how many seconds a key has to live."},
    {"pttl", 2, kReadFlags, keys(1, 1, 1), Verb::kAt, pttl, "generic", "2.6.0", "key",
     "Says how many milliseconds a key has to live."},
    {"expiretime", 2, kReadFlags, keys(1, 1, 1), Verb::kAt, expiretime, "generic", "7.0.0", "key",
     "Says when a key expires, as a Unix time."},
    {"pexpiretime", 2, kReadFlags, keys(1, 1, 1), Verb::kAt, pexpiretime, "generic", "7.0.0", "key",
     "Says when a key expires, as a Unix time in milliseconds."},
    {"persist", 2, kWriteFlags, keys(1, 1, 1), Verb::kAt, persist, "generic", "2.2.0", "key",
     "Takes a key's deadline away."},
};

}  // namespace

std::span<const Command> expire_rows() { return kRows; }

}  // namespace freshet
