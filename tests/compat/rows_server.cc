// What concerns the server as a whole: CONFIG, COMMAND, statistics, and commands nobody knows.
#include "generator.h"
#include "rows.h"

namespace freshet::compat {
namespace {

Args config(Draw& d) {
  static constexpr std::string_view kNames[] = {
      "databases",        "appendonly", "proto-max-bulk-len", "maxmemory", "timeout",
      "maxmemory-policy", "nosuch",     "DATABASES",
  };
  const uint64_t kind = d.below(100);
  if (kind < 40) return {d.cased("GET"), d.one_of(kNames)};
  if (kind < 55) return {d.cased("GET"), d.one_of(kNames), d.one_of(kNames)};
  if (kind < 60) return {d.cased("SET"), "nosuch", d.value()};
  if (kind < 66) return {d.cased("SET"), "databases", d.number(1, 20)};
  if (kind < 74) return {d.cased("SET"), "maxmemory", d.one_of({"abc", "-1x", "1zb", ""})};
  if (kind < 84) return {d.cased("SET"), "timeout", d.one_of({"-1", "abc", "", "99999999999"})};
  if (kind < 88) return {d.cased("SET"), "timeout", "0", "timeout", "0"};
  if (kind < 90) return {d.cased("RESETSTAT")};
  if (kind < 92) return {d.cased("REWRITE")};
  if (kind < 94) return {d.cased("HELP")};
  return {d.one_of({"GET", "SET", "NOSUCH", "", "RESETSTAT", "REWRITE"})};
}

Args command_list(Draw& d) {
  switch (d.below(5)) {
    case 0:
      return {"FILTERBY", d.cased("PATTERN"), d.one_of({"get*", "bit*", "incr*", "nosuch*"})};
    case 1:
      return {"FILTERBY", d.cased("ACLCAT"), d.one_of({"bitmap", "nosuch", "BITMAP"})};
    case 2:
      return {"FILTERBY", d.cased("MODULE"), "nosuch"};
    case 3:
      return {"FILTERBY", d.one_of({"PATTERN", "NOSUCH", ""}), "nosuch*", "more"};
    default:
      return {d.one_of({"FILTERBY", "FILTER", ""}), d.nasty()};
  }
}

Args command(Draw& d) {
  const uint64_t kind = d.below(100);
  if (kind < 6) return {d.cased("COUNT")};
  if (kind < 24) return Args{d.cased("LIST")} + command_list(d);
  if (kind < 50) return Args{d.cased("GETKEYS")} + data_command(d);
  if (kind < 66) return Args{d.cased("GETKEYSANDFLAGS")} + data_command(d);
  if (kind < 90) return {d.cased("INFO"), data_command_name(d), data_command_name(d)};
  if (kind < 92) return {d.cased("HELP")};
  return {d.one_of({"COUNT", "GETKEYS", "GETKEYSANDFLAGS", "LIST", "NOSUCH", ""}), d.nasty()};
}

Args time(Draw& d) { return d.chance(50) ? Args{} : Args{d.nasty()}; }

// Redis refuses all of them unless it is started with enable-debug-command.
Args debug(Draw& d) {
  switch (d.below(8)) {
    case 0:
      return {d.cased("SLEEP"), "0"};
    case 1:
      return {d.cased("SET-ACTIVE-EXPIRE"), "1"};
    case 2:
      return {d.cased("ERROR"), "NOTE an error"};
    case 3:
      return {d.cased("PROTOCOL"), d.one_of({"string", "integer", "double", "null", "array"})};
    case 4:
      return {d.cased("PROTOCOL"), d.one_of({"set", "map", "bignum", "verbatim", "true"})};
    case 5:
      return {d.cased("OBJECT"), "nosuch"};
    case 6:
      return {"NOSUCH"};
    default:
      return {};
  }
}

Args slowlog(Draw& d) {
  const uint64_t kind = d.below(100);
  if (kind < 30) return {d.cased("GET")};
  if (kind < 50) return {d.cased("GET"), d.one_of({"-1", "0", "5", "-2", "abc", ""})};
  if (kind < 65) return {d.cased("LEN")};
  if (kind < 80) return {d.cased("RESET")};
  if (kind < 86) return {d.cased("HELP")};
  return {d.one_of({"GET", "LEN", "RESET", "NOSUCH", ""}), d.nasty(), d.nasty()};
}

Args latency(Draw& d) {
  const uint64_t kind = d.below(100);
  if (kind < 20) return {d.cased("LATEST")};
  if (kind < 35) return {d.cased("HISTORY"), "command"};
  if (kind < 50) return Args{d.cased("RESET")} + (d.chance(50) ? Args{} : Args{"command"});
  if (kind < 58) return {d.cased("DOCTOR")};
  if (kind < 66) return {d.cased("GRAPH"), "command"};
  if (kind < 74) return {d.cased("HISTOGRAM"), d.one_of({"get", "nosuch"})};
  if (kind < 80) return {d.cased("HELP")};
  return {d.one_of({"LATEST", "HISTORY", "DOCTOR", "GRAPH", "NOSUCH", ""}), d.nasty(), d.nasty()};
}

Args memory(Draw& d) {
  const uint64_t kind = d.below(100);
  if (kind < 35) return {d.cased("USAGE"), d.key()};
  if (kind < 55) {
    return {d.cased("USAGE"), d.key(), d.cased("SAMPLES"), d.one_of({"0", "5", "-1", "abc", ""})};
  }
  if (kind < 60) return {d.cased("DOCTOR")};
  if (kind < 65) return {d.cased("STATS")};
  if (kind < 68) return {d.cased("PURGE")};
  if (kind < 71) return {d.cased("MALLOC-STATS")};
  if (kind < 77) return {d.cased("HELP")};
  return {d.one_of({"USAGE", "DOCTOR", "STATS", "PURGE", "NOSUCH", ""}), d.nasty(), d.nasty()};
}

Args anything(Draw& d) {
  Args args;
  for (uint64_t left = d.below(6); left > 0; --left) args.push_back(d.value());
  return args;
}

constexpr Row kRows[] = {
    {"CONFIG", 20, config},      {"COMMAND", 40, command}, {"TIME", 4, time},
    {"DEBUG", 6, debug},         {"SLOWLOG", 10, slowlog}, {"LATENCY", 8, latency},
    {"MEMORY", 10, memory},      {"NOSUCH", 4, anything},  {"", 2, anything},
    {"GETT", 3, anything},       {"SET|GET", 2, anything}, {"no\r\nsuch", 2, anything},
    {"config|get", 2, anything},
};

}  // namespace

std::span<const Row> server_rows() { return kRows; }

}  // namespace freshet::compat
