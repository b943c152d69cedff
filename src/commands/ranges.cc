// The string commands that look at a value's bytes, or change some of them (t_string.c). Rows:
// strings.cc.
#include <algorithm>
#include <cstring>

#include "commands/arguments.h"
#include "commands/string_handlers.h"

namespace freshet {
namespace {

// False, after the error, if a value of `size` bytes with `more` behind would be too long.
bool length_allowed(const Context& c, size_t size, size_t more) {
  const auto most = static_cast<size_t>(max_string(c));
  if (size <= most && more <= most - size) return true;
  c.reply.error(kTooLong);
  return false;
}

}  // namespace

void append(Context& c) {
  const Key key = c.key(1);
  Space space = c.space(key);
  Entry* entry = space.write(key);
  if (entry == nullptr) {
    entry = space.assign(key, c.value(2), kNever, nullptr);
    c.reply.integer(static_cast<int64_t>(entry->length()));
    return;
  }
  const std::string_view tail = c.args[2];
  const size_t before = entry->length();
  if (!length_allowed(c, before, tail.size())) return;
  space.rewrite(key, entry, before + tail.size(), [&](char* bytes) {
    std::memcpy(bytes + before, tail.data(), tail.size());
    return true;
  });
  c.reply.integer(static_cast<int64_t>(before + tail.size()));
}

void setrange(Context& c) {
  const auto offset = int_arg(c, 2);
  if (!offset) return;
  if (*offset < 0) {
    c.reply.error("ERR offset is out of range");
    return;
  }
  const auto start = static_cast<size_t>(*offset);
  const Key key = c.key(1);
  Space space = c.space(key);
  Entry* entry = space.write(key);
  const std::string_view part = c.args[3];
  const size_t before = entry == nullptr ? 0 : entry->length();
  if (part.empty()) {
    c.reply.integer(static_cast<int64_t>(before));
    return;
  }
  if (!length_allowed(c, start, part.size())) return;
  entry = space.rewrite(key, entry, start + part.size(), [&](char* bytes) {
    std::memcpy(bytes + start, part.data(), part.size());
    return true;
  });
  c.reply.integer(static_cast<int64_t>(entry->length()));
}

void string_length(Context& c) {
  const Key key = c.key(1);
  const Entry* entry = c.space(key).read(key);
  c.reply.integer(entry == nullptr ? 0 : static_cast<int64_t>(entry->length()));
}

void getrange(Context& c) {
  const auto start = int_arg(c, 2);
  if (!start) return;
  const auto end = int_arg(c, 3);
  if (!end) return;
  const Key key = c.key(1);
  const Entry* entry = c.space(key).read(key);
  char scratch[kMaxIntDigits];
  const std::string_view bytes = entry == nullptr ? std::string_view() : entry->bytes(scratch);
  const auto size = static_cast<int64_t>(bytes.size());
  const int64_t first = std::max<int64_t>(*start < 0 ? *start + size : *start, 0);
  int64_t last = std::max<int64_t>(*end < 0 ? *end + size : *end, 0);
  last = std::min(last, size - 1);
  // Two ends before the first byte both become 0, so their order has to be looked at by itself.
  if (first > last || (*start < 0 && *end < 0 && *start > *end)) {
    c.reply.bulk("");
    return;
  }
  c.reply.bulk(bytes.substr(static_cast<size_t>(first), static_cast<size_t>(last - first + 1)));
}

}  // namespace freshet
