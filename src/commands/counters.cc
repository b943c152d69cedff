// The commands that count: INCR, DECR and their relatives (t_string.c). Rows: strings.cc.
#include <cmath>

#include "commands/arguments.h"
#include "commands/string_handlers.h"

namespace freshet {
namespace {

std::optional<int64_t> number_of(const Entry* entry) {
  if (entry == nullptr) return 0;
  if (entry->encoding() == Encoding::kInt) return entry->number();
  return parse_int(entry->bytes(nullptr));
}

void add(Context& c, int64_t by) {
  const Key key = c.key(1);
  Space space = c.space(key);
  Entry* entry = space.write(key);
  const std::optional<int64_t> old = number_of(entry);
  if (!old) {
    c.reply.error(kNotAnInteger);
    return;
  }
  int64_t sum = 0;
  if (__builtin_add_overflow(*old, by, &sum)) {
    c.reply.error("ERR increment or decrement would overflow");
    return;
  }
  if (entry != nullptr && entry->encoding() == Encoding::kInt) {
    entry->set_number(sum);
    space.edited(key, entry);
  } else {
    space.edit(key, Value::of(sum), entry);
  }
  c.reply.integer(sum);
}

}  // namespace

[[gnu::flatten]] void incr(Context& c) { add(c, 1); }
void decr(Context& c) { add(c, -1); }

void incrby(Context& c) {
  if (const auto by = int_arg(c, 2)) add(c, *by);
}

void decrby(Context& c) {
  const auto by = int_arg(c, 2);
  if (!by) return;
  if (*by == INT64_MIN) {
    c.reply.error("ERR decrement would overflow");
    return;
  }
  add(c, -*by);
}

void incrbyfloat(Context& c) {
  const Key key = c.key(1);
  Space space = c.space(key);
  Entry* entry = space.write(key);
  char scratch[kMaxIntDigits];
  const auto old = entry == nullptr ? 0.0L : parse_long_double(entry->bytes(scratch));
  const auto by = parse_long_double(c.args[2]);
  if (!old || !by) {
    c.reply.error("ERR value is not a valid float");
    return;
  }
  const long double sum = *old + *by;
  if (!std::isfinite(sum)) {
    c.reply.error("ERR increment would produce NaN or Infinity");
    return;
  }
  // Kept as text even if it is whole, as in Redis.
  const std::string text = format_long_double(sum);
  space.edit(key, Value::of(text), entry);
  c.reply.bulk(text);
}

}  // namespace freshet
