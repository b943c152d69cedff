// Keys and databases, whatever the values are.
#include "rows.h"

namespace freshet::compat {
namespace {

Args nothing(Draw&) { return {}; }
Args a_key(Draw& d) { return {d.key()}; }
Args some_keys(Draw& d) { return d.keys(1, 6); }
Args two_keys(Draw& d) { return {d.key(), d.key()}; }

Args conditions(Draw& d) {
  Args args;
  const uint64_t kind = d.below(100);
  if (kind < 45) return args;
  for (uint64_t left = kind < 88 ? 1 : 2; left > 0; --left) {
    const std::string condition = d.one_of({"NX", "XX", "GT", "LT"});
    args.push_back(d.chance(95) ? d.cased(condition) : d.nasty());
  }
  return args;
}

Args expire(Draw& d) { return Args{d.key(), d.ttl_seconds()} + conditions(d); }
Args pexpire(Draw& d) { return Args{d.key(), d.ttl_millis()} + conditions(d); }
Args expireat(Draw& d) { return Args{d.key(), d.at_seconds()} + conditions(d); }
Args pexpireat(Draw& d) { return Args{d.key(), d.at_millis()} + conditions(d); }

Args copy(Draw& d) {
  Args args = two_keys(d);
  for (uint64_t left = d.below(3); left > 0; --left) {
    const uint64_t kind = d.below(100);
    if (kind < 45)
      args = std::move(args) + Args{d.cased("REPLACE")};
    else if (kind < 95)
      args = std::move(args) + Args{d.cased("DB"), d.db()};
    else
      args = std::move(args) + Args{d.one_of({"DB", "REPLACES", ""})};
  }
  return args;
}

Args move(Draw& d) { return {d.key(), d.db()}; }
Args keys(Draw& d) { return {d.pattern()}; }

Args scan(Draw& d) {
  Args args = {d.chance(92) ? "0" : d.one_of({"1", "-1", "abc", "", "18446744073709551616", " 0"})};
  for (uint64_t left = d.below(4); left > 0; --left) {
    const uint64_t kind = d.below(100);
    if (kind < 35)
      args = std::move(args) + Args{d.cased("MATCH"), d.pattern()};
    else if (kind < 60)
      args = std::move(args) + Args{d.cased("COUNT"), d.number(1, 50)};
    else if (kind < 70)
      args = std::move(args) + Args{"COUNT", d.one_of({"0", "-1", "x", "100000"})};
    else if (kind < 85)
      args = std::move(args) + Args{d.cased("TYPE"), d.cased("STRING")};
    else if (kind < 93)
      args = std::move(args) + Args{"TYPE", d.one_of({"list", "", "x"})};
    else
      args = std::move(args) + Args{d.one_of({"MATCH", "COUNT", "TYPE", "LIMIT", ""})};
  }
  return args;
}

Args object(Draw& d) {
  const uint64_t kind = d.below(100);
  if (kind < 55) return {d.cased("ENCODING"), d.key()};
  if (kind < 65) return {d.cased("REFCOUNT"), d.key()};
  if (kind < 75) return {d.cased("FREQ"), d.key()};
  if (kind < 85) return {d.cased("IDLETIME"), d.key()};
  if (kind < 88) return {d.cased("HELP")};
  return Args{d.one_of({"ENCODING", "REFCOUNT", "FREQ", "IDLETIME", "HELP", "NOSUCH", ""})} +
         d.keys(0, 2);
}

Args flush(Draw& d) {
  const uint64_t kind = d.below(100);
  if (kind < 50) return {};
  if (kind < 70) return {d.cased("ASYNC")};
  if (kind < 85) return {d.cased("SYNC")};
  return {d.one_of({"NOW", "", "ASYNC"}), d.one_of({"SYNC", "ASYNC", ""})};
}

Args swapdb(Draw& d) { return {d.db(), d.db()}; }
Args select(Draw& d) { return {d.db()}; }

constexpr Row kRows[] = {
    {"DEL", 14, some_keys},     {"UNLINK", 8, some_keys},   {"EXISTS", 14, some_keys},
    {"TOUCH", 8, some_keys},    {"TYPE", 12, a_key},        {"EXPIRE", 24, expire},
    {"PEXPIRE", 20, pexpire},   {"EXPIREAT", 24, expireat}, {"PEXPIREAT", 20, pexpireat},
    {"TTL", 16, a_key},         {"PTTL", 16, a_key},        {"EXPIRETIME", 12, a_key},
    {"PEXPIRETIME", 12, a_key}, {"PERSIST", 12, a_key},     {"RENAME", 16, two_keys},
    {"RENAMENX", 14, two_keys}, {"COPY", 24, copy},         {"MOVE", 12, move},
    {"RANDOMKEY", 6, nothing},  {"KEYS", 10, keys},         {"SCAN", 10, scan},
    {"OBJECT", 30, object},     {"DBSIZE", 10, nothing},    {"FLUSHDB", 1, flush},
    {"FLUSHALL", 1, flush},     {"SWAPDB", 5, swapdb},      {"SELECT", 24, select},
};

}  // namespace

std::span<const Row> key_rows() { return kRows; }

}  // namespace freshet::compat
