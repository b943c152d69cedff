// BITFIELD: integers of 1 to 64 bits at any bit of a string (bitops.c). Rows: bits.cc.
#include <algorithm>
#include <cstring>
#include <vector>

#include "commands/arguments.h"
#include "commands/bit_handlers.h"
#include "freshet/base/text.h"

namespace freshet {
namespace {

enum class Overflow : uint8_t { kWrap, kSaturate, kFail };

struct Field {
  enum Kind : uint8_t { kGet, kSet, kAdd };

  Kind kind;
  Overflow overflow;
  bool is_signed;
  int width;      // 1 … 64, 63 if unsigned
  size_t offset;  // of its first bit
  int64_t operand = 0;

  uint64_t mask() const { return ~uint64_t{0} >> (64 - width); }
  __int128 most() const { return static_cast<__int128>(is_signed ? mask() >> 1 : mask()); }
  __int128 least() const { return is_signed ? -most() - 1 : 0; }
  size_t last_byte() const { return (offset + static_cast<size_t>(width) - 1) / 8; }
  // The field's bits as the number they stand for.
  int64_t number(uint64_t bits) const {
    if (!is_signed) return static_cast<int64_t>(bits);
    return static_cast<int64_t>(bits << (64 - width)) >> (64 - width);
  }
};

// A field touches at most nine bytes: they are handled as one number, the first byte the highest.
constexpr size_t kWindow = 9;
using Wide = unsigned __int128;

Wide load_window(const Field& field, const char* bytes, size_t size) {
  const size_t first = field.offset / 8;
  Wide window = 0;
  for (size_t i = first; i < first + kWindow; ++i) {
    window = window << 8 | (i < size ? static_cast<uint8_t>(bytes[i]) : 0);
  }
  return window;
}

int shift_of(const Field& field) {
  return static_cast<int>(kWindow * 8 - field.offset % 8) - field.width;
}

uint64_t load_field(const Field& field, const char* bytes, size_t size) {
  return static_cast<uint64_t>(load_window(field, bytes, size) >> shift_of(field)) & field.mask();
}

// REQUIRES: the field lies within the `size` bytes.
void store_field(const Field& field, uint64_t bits, char* bytes, size_t size) {
  Wide window = load_window(field, bytes, size);
  window &= ~(Wide{field.mask()} << shift_of(field));
  window |= Wide{bits} << shift_of(field);
  const size_t first = field.offset / 8;
  for (size_t i = first; i <= field.last_byte(); ++i) {
    bytes[i] = static_cast<char>(window >> (8 * (kWindow - 1 - (i - first))));
  }
}

// The bits that `exact` leaves in the field; nullopt if it does not fit and must.
std::optional<uint64_t> fit(const Field& field, __int128 exact) {
  if (exact < field.least() || exact > field.most()) {
    if (field.overflow == Overflow::kFail) return std::nullopt;
    if (field.overflow == Overflow::kSaturate) {
      exact = exact > field.most() ? field.most() : field.least();
    }
  }
  return static_cast<uint64_t>(exact) & field.mask();
}

// What SET or INCRBY is to store. An unsigned SET reads its operand as unsigned, so a negative one
// is too large, not too small. So is a signed one near the least int64: Redis takes it from the
// most that the field holds in 64 bits, which overflows.
__int128 wanted(const Field& field, uint64_t old) {
  if (field.kind == Field::kAdd) return __int128{field.number(old)} + field.operand;
  if (!field.is_signed) return static_cast<__int128>(static_cast<uint64_t>(field.operand));
  const bool seems_large = field.most() - field.operand > INT64_MAX && field.width < 64;
  return field.operand + (__int128{seems_large} << 64);  // the same bits, should they wrap
}

// Runs one field and replies; true if bytes changed.
bool run_write(const Field& field, char* bytes, size_t size, Reply& reply) {
  const uint64_t old = load_field(field, bytes, size);
  const auto fresh = fit(field, wanted(field, old));
  if (!fresh) {
    reply.nil();
    return false;
  }
  store_field(field, *fresh, bytes, size);
  reply.integer(field.number(field.kind == Field::kSet ? old : *fresh));
  return *fresh != old;
}

void run_read(const Field& field, std::string_view bytes, Reply& reply) {
  reply.integer(field.number(load_field(field, bytes.data(), bytes.size())));
}

// "i16", "u8" …
bool parse_type(const Context& c, size_t arg, Field& field) {
  const std::string_view text = c.args[arg];
  const char sign = text.empty() ? '\0' : text[0];
  field.is_signed = sign == 'i';
  const auto width = sign == 'i' || sign == 'u' ? parse_int(text.substr(1)) : std::nullopt;
  if (!width || *width < 1 || *width > (field.is_signed ? 64 : 63)) {
    c.reply.error(
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but "
        "i64 is.");
    return false;
  }
  field.width = static_cast<int>(*width);
  return true;
}

// The field whose name stands at args[at], with its arguments behind; nullopt after an error.
std::optional<Field> parse_field(const Context& c, size_t at, Field::Kind kind, Overflow overflow) {
  Field field{.kind = kind, .overflow = overflow};
  if (!parse_type(c, at + 1, field)) return std::nullopt;
  const auto offset = field_offset(c, at + 2, field.width);
  if (!offset) return std::nullopt;
  field.offset = *offset;
  if (kind != Field::kGet) {
    const auto operand = int_arg(c, at + 3);
    if (!operand) return std::nullopt;
    field.operand = *operand;
  }
  return field;
}

std::optional<Overflow> overflow_arg(const Context& c, size_t arg) {
  if (is_word(c.args[arg], "wrap")) return Overflow::kWrap;
  if (is_word(c.args[arg], "sat")) return Overflow::kSaturate;
  if (is_word(c.args[arg], "fail")) return Overflow::kFail;
  c.reply.error("ERR Invalid OVERFLOW type specified");
  return std::nullopt;
}

std::optional<std::vector<Field>> parse_fields(const Context& c) {
  std::vector<Field> fields;
  Overflow overflow = Overflow::kWrap;
  for (size_t at = 2; at < c.args.size();) {
    const std::string_view word = c.args[at];
    const size_t behind = c.args.size() - at - 1;
    if (is_word(word, "overflow") && behind >= 1) {
      const auto given = overflow_arg(c, at + 1);
      if (!given) return std::nullopt;
      overflow = *given;
      at += 2;
      continue;
    }
    Field::Kind kind;
    if (is_word(word, "get") && behind >= 2) {
      kind = Field::kGet;
    } else if (is_word(word, "set") && behind >= 3) {
      kind = Field::kSet;
    } else if (is_word(word, "incrby") && behind >= 3) {
      kind = Field::kAdd;
    } else {
      c.reply.error(kSyntaxError);
      return std::nullopt;
    }
    const auto field = parse_field(c, at, kind, overflow);
    if (!field) return std::nullopt;
    fields.push_back(*field);
    at += kind == Field::kGet ? 3 : 4;
  }
  return fields;
}

bool is_write(const Field& field) { return field.kind != Field::kGet; }

void read_fields(Context& c, const std::vector<Field>& fields) {
  const Key key = c.key(1);
  const Entry* entry = c.space(key).read(key);
  char scratch[kMaxIntDigits];
  const std::string_view bytes = entry == nullptr ? std::string_view() : entry->bytes(scratch);
  c.reply.array(fields.size());
  for (const Field& field : fields) run_read(field, bytes, c.reply);
}

void write_fields(Context& c, const std::vector<Field>& fields) {
  size_t size = 0;
  for (const Field& field : fields) {
    if (is_write(field)) size = std::max(size, field.last_byte() + 1);
  }
  const Key key = c.key(1);
  Space space = c.space(key);
  Entry* entry = space.write(key);
  if (entry != nullptr) size = std::max(size, entry->length());
  c.reply.array(fields.size());
  space.rewrite(key, entry, size, [&](char* bytes) {
    bool changed = false;
    for (const Field& field : fields) {
      if (is_write(field)) {
        changed |= run_write(field, bytes, size, c.reply);
      } else {
        run_read(field, {bytes, size}, c.reply);
      }
    }
    return changed;
  });
}

}  // namespace

void bitfield(Context& c) {
  const auto fields = parse_fields(c);
  if (!fields) return;
  if (std::any_of(fields->begin(), fields->end(), is_write)) {
    write_fields(c, *fields);
  } else {
    read_fields(c, *fields);
  }
}

void bitfield_ro(Context& c) {
  const auto fields = parse_fields(c);
  if (!fields) return;
  if (std::any_of(fields->begin(), fields->end(), is_write)) {
    c.reply.error("ERR BITFIELD_RO only supports the GET subcommand");
  } else {
    read_fields(c, *fields);
  }
}

}  // namespace freshet
