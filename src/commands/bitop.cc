// BITOP: strings combined bit by bit (bitops.c), eight bytes at a time. Row: bits.cc.
#include <algorithm>
#include <cstring>
#include <vector>

#include "commands/arguments.h"
#include "commands/bit_handlers.h"
#include "freshet/base/text.h"

namespace freshet {
namespace {

enum class Op { kAnd, kOr, kXor, kNot };

std::optional<Op> op_of(std::string_view name) {
  if (is_word(name, "and")) return Op::kAnd;
  if (is_word(name, "or")) return Op::kOr;
  if (is_word(name, "xor")) return Op::kXor;
  if (is_word(name, "not")) return Op::kNot;
  return std::nullopt;
}

// to[i] = f(to[i], from[i]) for `size` bytes, by words and then by bytes.
template <class F>
void combine_with(char* to, const char* from, size_t size, F f) {
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t a, b;
    std::memcpy(&a, to + i, 8);
    std::memcpy(&b, from + i, 8);
    a = f(a, b);
    std::memcpy(to + i, &a, 8);
  }
  for (; i < size; ++i) {
    to[i] = static_cast<char>(f(static_cast<uint8_t>(to[i]), static_cast<uint8_t>(from[i])));
  }
}

// Behind the end of `from` there are zeros, up to `size`.
void combine(Op op, char* to, std::string_view from, size_t size) {
  switch (op) {
    case Op::kAnd:
      combine_with(to, from.data(), from.size(), [](uint64_t a, uint64_t b) { return a & b; });
      std::memset(to + from.size(), 0, size - from.size());
      break;
    case Op::kOr:
      combine_with(to, from.data(), from.size(), [](uint64_t a, uint64_t b) { return a | b; });
      break;
    case Op::kXor:
      combine_with(to, from.data(), from.size(), [](uint64_t a, uint64_t b) { return a ^ b; });
      break;
    case Op::kNot:
      combine_with(to, from.data(), from.size(), [](uint64_t, uint64_t b) { return ~b; });
      break;
  }
}

struct Source {
  char digits[kMaxIntDigits];
  std::string_view bytes;
};

std::vector<Source> read_sources(const Context& c) {
  std::vector<Source> sources(c.args.size() - 3);
  for (size_t i = 0; i < sources.size(); ++i) {
    const Key key = c.key(i + 3);
    const Entry* entry = c.space(key).read(key);
    sources[i].bytes = entry == nullptr ? "" : entry->bytes(sources[i].digits);
  }
  return sources;
}

Blob* compute(Op op, const std::vector<Source>& sources, size_t size) {
  Blob* result = Blob::make(size);
  result->set_size(size);
  const std::string_view first = sources[0].bytes;
  std::memcpy(result->data(), first.data(), first.size());
  std::memset(result->data() + first.size(), 0, size - first.size());
  for (size_t i = op == Op::kNot ? 0 : 1; i < sources.size(); ++i) {
    combine(op, result->data(), sources[i].bytes, size);
  }
  return result;
}

}  // namespace

void bitop(Context& c) {
  const auto op = op_of(c.args[1]);
  if (!op) {
    c.reply.error(kSyntaxError);
    return;
  }
  if (*op == Op::kNot && c.args.size() != 4) {
    c.reply.error("ERR BITOP NOT must be called with a single source key.");
    return;
  }
  const std::vector<Source> sources = read_sources(c);
  size_t size = 0;
  for (const Source& source : sources) size = std::max(size, source.bytes.size());
  Blob* result = compute(*op, sources, size);

  const Key key = c.key(2);
  Space space = c.space(key);
  Entry* target = space.write(key);
  const bool is_small = size <= kInlineLimit;
  Value value = is_small ? Value::of(result->view()) : Value::of(result);
  value.raw = true;
  if (size != 0) {
    space.assign(key, value, kNever, target);
  } else if (target != nullptr) {
    space.remove(key, target, Cause::kDeleted);
  }
  if (is_small) result->unref();
  c.reply.integer(static_cast<int64_t>(size));
}

}  // namespace freshet
