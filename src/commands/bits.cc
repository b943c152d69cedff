// The bit commands, as Redis 7.0 has them (bitops.c): single bits, counting, searching, and the
// rows of all. Bit 0 is the highest bit of the first byte.
#include <algorithm>
#include <bit>
#include <cstring>

#include "commands/arguments.h"
#include "commands/bit_handlers.h"
#include "freshet/base/text.h"
#include "freshet/commands/command_table.h"

namespace freshet {
namespace {

constexpr std::string_view kBadOffset = "ERR bit offset is not an integer or out of range";

uint64_t load_word(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// A stretch of bits, both ends included; empty if first > last.
struct BitRange {
  int64_t first, last;
  bool empty() const { return first > last; }
};

// What `start` and `end`, counted in units of `unit` bits and from the end if negative, mean in a
// value of `size` bytes.
BitRange resolve(int64_t start, int64_t end, size_t size, int64_t unit) {
  const int64_t total = static_cast<int64_t>(size) * 8 / unit;
  if (start < 0) start = std::max<int64_t>(start + total, 0);
  if (end < 0) end = std::max<int64_t>(end + total, 0);
  end = std::min(end, total - 1);
  if (start > end) return {1, 0};
  return {start * unit, end * unit + unit - 1};
}

size_t count_words(const char* at, size_t words) {
  size_t count = 0;
  for (size_t i = 0; i < words; ++i) count += std::popcount(load_word(at + i * 8));
  return count;
}

size_t count_bits(std::string_view bytes, BitRange range) {
  const auto first = static_cast<size_t>(range.first / 8);
  const auto last = static_cast<size_t>(range.last / 8);
  // Whole bytes are counted, and what the ends have too many is taken off again.
  const size_t words = (last - first + 1) / 8;
  size_t count = count_words(bytes.data() + first, words);
  for (size_t i = first + words * 8; i <= last; ++i) {
    count += std::popcount(static_cast<uint8_t>(bytes[i]));
  }
  const auto before = static_cast<uint8_t>(0xff00 >> (range.first % 8));
  const auto behind = static_cast<uint8_t>(0x7f >> (range.last % 8));
  return count - std::popcount(static_cast<uint8_t>(bytes[first] & before)) -
         std::popcount(static_cast<uint8_t>(bytes[last] & behind));
}

// The first bit in the range that is `bit`, or -1.
int64_t find_bit(std::string_view bytes, bool bit, BitRange range) {
  const auto last = static_cast<size_t>(range.last / 8);
  const uint8_t flip = bit ? 0 : 0xff;  // so that a 1 is looked for
  auto at = static_cast<size_t>(range.first / 8);
  auto byte = static_cast<uint8_t>((bytes[at] ^ flip) & (0xff >> (range.first % 8)));
  while (byte == 0 && at < last) {
    const uint64_t nothing = bit ? 0 : ~uint64_t{0};
    while (last - at > 8 && load_word(bytes.data() + at + 1) == nothing) at += 8;
    byte = static_cast<uint8_t>(bytes[++at] ^ flip);
  }
  if (byte == 0) return -1;
  const auto found = static_cast<int64_t>(at) * 8 + std::countl_zero(byte);
  return found <= range.last ? found : -1;
}

// "BIT" or "BYTE" as bits in one; nullopt after the error.
std::optional<int64_t> unit_arg(const Context& c, size_t arg) {
  if (is_word(c.args[arg], "bit")) return 1;
  if (is_word(c.args[arg], "byte")) return 8;
  c.reply.error(kSyntaxError);
  return std::nullopt;
}

void setbit(Context& c) {
  const auto offset = bit_offset(c, 2);
  if (!offset) return;
  const auto bit = parse_int(c.args[3]);
  if (!bit || (*bit != 0 && *bit != 1)) {
    c.reply.error("ERR bit is not an integer or out of range");
    return;
  }
  const Key key = c.key(1);
  Space space = c.space(key);
  const auto mask = static_cast<uint8_t>(0x80 >> (*offset % 8));
  bool before = false;
  space.rewrite(key, space.write(key), *offset / 8 + 1, [&](char* bytes) {
    char& byte = bytes[*offset / 8];
    before = byte & mask;
    byte = static_cast<char>(*bit == 1 ? byte | mask : byte & ~mask);
    return before != (*bit == 1);
  });
  c.reply.integer(before);
}

void getbit(Context& c) {
  const auto offset = bit_offset(c, 2);
  if (!offset) return;
  const Key key = c.key(1);
  const Entry* entry = c.space(key).read(key);
  char scratch[kMaxIntDigits];
  const std::string_view bytes = entry == nullptr ? std::string_view() : entry->bytes(scratch);
  const size_t at = *offset / 8;
  c.reply.integer(at < bytes.size() && (bytes[at] & (0x80 >> (*offset % 8))) != 0);
}

// Redis looks for the key before it looks at the arguments: a missing one is 0 whatever they say.
void bitcount(Context& c) {
  const Key key = c.key(1);
  const Entry* entry = c.space(key).read(key);
  if (entry == nullptr) {
    c.reply.integer(0);
    return;
  }
  char scratch[kMaxIntDigits];
  const std::string_view bytes = entry->bytes(scratch);
  BitRange range = resolve(0, -1, bytes.size(), 8);
  if (c.args.size() == 4 || c.args.size() == 5) {
    const auto start = int_arg(c, 2);
    if (!start) return;
    const auto end = int_arg(c, 3);
    if (!end) return;
    if (*start < 0 && *end < 0 && *start > *end) {  // both may lie before the first byte
      c.reply.integer(0);
      return;
    }
    const auto unit = c.args.size() == 5 ? unit_arg(c, 4) : 8;
    if (!unit) return;
    range = resolve(*start, *end, bytes.size(), *unit);
  } else if (c.args.size() != 2) {
    c.reply.error(kSyntaxError);
    return;
  }
  c.reply.integer(range.empty() ? 0 : static_cast<int64_t>(count_bits(bytes, range)));
}

// The range that BITPOS names in its arguments; nullopt after an error.
std::optional<BitRange> bitpos_range(const Context& c, size_t size) {
  if (c.args.size() > 6) {
    c.reply.error(kSyntaxError);
    return std::nullopt;
  }
  const auto start = c.args.size() > 3 ? int_arg(c, 3) : 0;
  if (!start) return std::nullopt;
  const auto unit = c.args.size() > 5 ? unit_arg(c, 5) : 8;
  if (!unit) return std::nullopt;
  const auto end = c.args.size() > 4 ? int_arg(c, 4) : static_cast<int64_t>(size) - 1;
  if (!end) return std::nullopt;
  return resolve(*start, *end, size, *unit);
}

void bitpos(Context& c) {
  const auto bit = int_arg(c, 2);
  if (!bit) return;
  if (*bit != 0 && *bit != 1) {
    c.reply.error("ERR The bit argument must be 1 or 0.");
    return;
  }
  const Key key = c.key(1);
  const Entry* entry = c.space(key).read(key);
  if (entry == nullptr) {  // zeros without end
    c.reply.integer(*bit == 1 ? -1 : 0);
    return;
  }
  char scratch[kMaxIntDigits];
  const std::string_view bytes = entry->bytes(scratch);
  const auto range = bitpos_range(c, bytes.size());
  if (!range) return;
  int64_t found = range->empty() ? -1 : find_bit(bytes, *bit == 1, *range);
  // Without an end, zeros follow the value.
  const bool endless = c.args.size() < 5 && *bit == 0;
  if (found < 0 && endless && !range->empty()) found = static_cast<int64_t>(bytes.size()) * 8;
  c.reply.integer(found);
}

}  // namespace

std::optional<size_t> field_offset(const Context& c, size_t arg, int width) {
  std::string_view text = c.args[arg];
  const bool counted = width > 0 && !text.empty() && text[0] == '#';
  if (counted) text.remove_prefix(1);
  const auto number = parse_int(text);
  int64_t offset = 0;
  if (!number || __builtin_mul_overflow(*number, counted ? width : 1, &offset) || offset < 0 ||
      offset / 8 >= max_string(c)) {
    c.reply.error(kBadOffset);
    return std::nullopt;
  }
  return static_cast<size_t>(offset);
}

std::optional<size_t> bit_offset(const Context& c, size_t arg) { return field_offset(c, arg, 0); }

namespace {

constexpr KeySpec kOne = keys(1, 1, 1);
constexpr uint32_t kStore = kWrite | kDenyOom;

constexpr Command kRows[] = {
    {"setbit", 4, kStore, kOne, Verb::kAt, setbit, "bitmap", "2.2.0", "key offset value",
     "Sets or clears one bit of a string, which grows as needed; returns the old bit."},
    {"getbit", 3, kReadOnly | kFast, kOne, Verb::kAt, getbit, "bitmap", "2.2.0", "key offset",
     "Returns one bit of a string."},
    {"bitcount", -2, kReadOnly, kOne, Verb::kAt, bitcount, "bitmap", "2.6.0",
     "key [start end [BYTE | BIT]]", "Counts the bits of a string that are set."},
    {"bitpos", -3, kReadOnly, kOne, Verb::kAt, bitpos, "bitmap", "2.8.7",
     "key bit [start [end [BYTE | BIT]]]", "Finds the first bit of a string that is set or clear."},
    {"bitop", -4, kStore, keys(2, -1, 1), Verb::kTogether, bitop, "bitmap", "2.6.0",
     "<AND | OR | XOR | NOT> destkey key [key ...]",
     "Stores what strings make, combined bit by bit; returns its length."},
    {"bitfield", -2, kStore, kOne, Verb::kAt, bitfield, "bitmap", "3.2.0",
     "key [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] "
     "<SET encoding offset value | INCRBY encoding offset increment> "
     "[GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] "
     "<SET encoding offset value | INCRBY encoding offset increment> ...]]",
     "Reads, sets and counts with integers of any width inside a string."},
    {"bitfield_ro", -2, kReadOnly | kFast, kOne, Verb::kAt, bitfield_ro, "bitmap", "6.0.0",
     "key [GET encoding offset [GET encoding offset ...]]",
     "Reads integers of any width inside a string."},
};

}  // namespace

std::span<const Command> bit_commands() { return kRows; }

}  // namespace freshet
