// Strings: GET, SET and their kin.
#include "rows.h"

namespace freshet::compat {
namespace {

Args a_key(Draw& d) { return {d.key()}; }
Args key_and_value(Draw& d) { return {d.key(), d.value()}; }
Args key_and_integer(Draw& d) { return {d.key(), d.integer()}; }

Args deadline_option(Draw& d) {
  switch (d.below(4)) {
    case 0:
      return {d.cased("EX"), d.ttl_seconds()};
    case 1:
      return {d.cased("PX"), d.ttl_millis()};
    case 2:
      return {d.cased("EXAT"), d.at_seconds()};
    default:
      return {d.cased("PXAT"), d.at_millis()};
  }
}

Args set_option(Draw& d) {
  const uint64_t kind = d.below(100);
  if (kind < 40) return deadline_option(d);
  if (kind < 60) return {d.cased("GET")};
  if (kind < 72) return {d.cased("NX")};
  if (kind < 84) return {d.cased("XX")};
  if (kind < 96) return {d.cased("KEEPTTL")};
  return {d.one_of({"EX", "PERSIST", "PXAT", "GETT", "", "EX10"})};
}

Args set(Draw& d) {
  Args args = key_and_value(d);
  for (uint64_t left = d.chance(50) ? 0 : 1 + d.below(3); left > 0; --left) {
    args = std::move(args) + set_option(d);
  }
  return args;
}

Args getex(Draw& d) {
  const uint64_t kind = d.below(100);
  if (kind < 25) return {d.key()};
  if (kind < 45) return {d.key(), d.cased("PERSIST")};
  if (kind < 92) return a_key(d) + deadline_option(d);
  return a_key(d) + set_option(d) + set_option(d);
}

Args setex(Draw& d) { return {d.key(), d.ttl_seconds(), d.value()}; }
Args psetex(Draw& d) { return {d.key(), d.ttl_millis(), d.value()}; }
Args mget(Draw& d) { return d.keys(1, 6); }

Args pairs(Draw& d) {
  Args args;
  for (uint64_t left = 1 + d.below(4); left > 0; --left) args = std::move(args) + key_and_value(d);
  return args;
}

Args incrbyfloat(Draw& d) { return {d.key(), d.real()}; }
Args range(Draw& d) { return {d.key(), d.index(), d.index()}; }
Args setrange(Draw& d) { return {d.key(), d.byte_offset(), d.value()}; }

Args lcs(Draw& d) {
  Args args = {d.key(), d.key()};
  for (uint64_t left = d.below(4); left > 0; --left) {
    const uint64_t kind = d.below(100);
    if (kind < 20)
      args = std::move(args) + Args{d.cased("LEN")};
    else if (kind < 60)
      args = std::move(args) + Args{d.cased("IDX")};
    else if (kind < 75)
      args = std::move(args) + Args{d.cased("MINMATCHLEN"), d.number(-2, 6)};
    else if (kind < 93)
      args = std::move(args) + Args{d.cased("WITHMATCHLEN")};
    else
      args = std::move(args) + Args{d.one_of({"MINMATCHLEN", "LENGTH", ""}), d.nasty()};
  }
  return args;
}

constexpr Row kRows[] = {
    {"GET", 40, a_key},
    {"SET", 120, set},
    {"GETEX", 20, getex},
    {"GETDEL", 8, a_key},
    {"GETSET", 10, key_and_value},
    {"SETNX", 10, key_and_value},
    {"SETEX", 14, setex},
    {"PSETEX", 12, psetex},
    {"MGET", 20, mget},
    {"MSET", 14, pairs},
    {"MSETNX", 10, pairs},
    {"APPEND", 16, key_and_value},
    {"STRLEN", 14, a_key},
    {"INCR", 16, a_key},
    {"DECR", 12, a_key},
    {"INCRBY", 20, key_and_integer},
    {"DECRBY", 20, key_and_integer},
    {"INCRBYFLOAT", 24, incrbyfloat},
    {"GETRANGE", 20, range},
    {"SUBSTR", 6, range},
    {"SETRANGE", 16, setrange},
    {"LCS", 10, lcs},
};

}  // namespace

std::span<const Row> string_rows() { return kRows; }

}  // namespace freshet::compat
