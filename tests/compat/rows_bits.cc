// Bits of strings.
#include "rows.h"

namespace freshet::compat {
namespace {

Args setbit(Draw& d) {
  return {d.key(), d.bit_offset(), d.chance(94) ? d.number(0, 1) : d.one_of({"2", "-1", "", "x"})};
}

Args getbit(Draw& d) { return {d.key(), d.bit_offset()}; }

Args unit(Draw& d) {
  const uint64_t kind = d.below(100);
  if (kind < 50) return {};
  return {kind < 70 ? d.cased("BYTE") : kind < 94 ? d.cased("BIT") : d.nasty()};
}

Args bitcount(Draw& d) {
  if (d.chance(25)) return {d.key()};
  return Args{d.key(), d.index(), d.index()} + unit(d);
}

Args bitpos(Draw& d) {
  Args args = {d.key(), d.chance(92) ? d.number(0, 1) : d.nasty()};
  if (d.chance(25)) return args;
  args.push_back(d.index());
  if (d.chance(25)) return args;
  args.push_back(d.index());
  return std::move(args) + unit(d);
}

Args bitop(Draw& d) {
  const uint64_t kind = d.below(100);
  if (kind < 25) return {d.cased("NOT"), d.key(), d.key()};
  if (kind < 30) return Args{d.cased("NOT"), d.key()} + d.keys(0, 3);
  if (kind < 34) return Args{d.nasty(), d.key()} + d.keys(1, 3);
  const std::string operation = d.one_of({"AND", "OR", "XOR"});
  return Args{d.cased(operation), d.key()} + d.keys(1, 4);
}

std::string field_type(Draw& d) {
  const uint64_t kind = d.below(100);
  if (kind < 40) return d.prefixed("u", 1, 63);
  if (kind < 75) return d.prefixed("i", 1, 64);
  if (kind < 92) return d.one_of({"u8", "i8", "i16", "u1", "i1", "i64", "u63"});
  return d.one_of({"u64", "i65", "u0", "i0", "u", "i", "U8", "I8", "x8", "u-1", "8", "u8x", ""});
}

std::string field_offset(Draw& d) {
  const uint64_t kind = d.below(100);
  if (kind < 60) return d.number(0, 160);
  if (kind < 85) return d.prefixed("#", 0, 6);
  if (kind < 95) return d.bit_offset();
  return d.one_of({"#", "#-1", "##1", "#x", "#4294967296", "#9223372036854775807", "-1"});
}

Args field_get(Draw& d) { return {d.cased("GET"), field_type(d), field_offset(d)}; }

Args field_operation(Draw& d) {
  const uint64_t kind = d.below(100);
  if (kind < 30) return field_get(d);
  if (kind < 55) return {d.cased("SET"), field_type(d), field_offset(d), d.integer()};
  if (kind < 80) return {d.cased("INCRBY"), field_type(d), field_offset(d), d.integer()};
  if (kind < 96) {
    const std::string mode = d.one_of({"WRAP", "SAT", "FAIL"});
    return {d.cased("OVERFLOW"), d.cased(mode)};
  }
  return {d.one_of({"OVERFLOW", "GET", "SET", "INCR"}), d.nasty()};
}

Args bitfield(Draw& d) {
  Args args = {d.key()};
  for (uint64_t left = d.below(5); left > 0; --left) args = std::move(args) + field_operation(d);
  return args;
}

Args bitfield_ro(Draw& d) {
  Args args = {d.key()};
  for (uint64_t left = d.below(4); left > 0; --left) {
    args = std::move(args) + (d.chance(92) ? field_get(d) : field_operation(d));
  }
  return args;
}

constexpr Row kRows[] = {
    {"SETBIT", 18, setbit},           {"GETBIT", 16, getbit}, {"BITCOUNT", 18, bitcount},
    {"BITPOS", 20, bitpos},           {"BITOP", 18, bitop},   {"BITFIELD", 40, bitfield},
    {"BITFIELD_RO", 12, bitfield_ro},
};

}  // namespace

std::span<const Row> bit_rows() { return kRows; }

}  // namespace freshet::compat
