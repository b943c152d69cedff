// What concerns one connection. What ends or silences it (QUIT, CLIENT REPLY) is in scripts.cc.
#include "rows.h"

namespace freshet::compat {
namespace {

Args ping(Draw& d) { return d.chance(50) ? Args{} : Args{d.value()}; }
Args echo(Draw& d) { return {d.value()}; }
Args reset(Draw&) { return {}; }

Args auth(Draw& d) {
  if (d.chance(40)) return {d.value()};
  return {d.one_of({"default", "nosuch", "", "DEFAULT"}), d.value()};
}

std::string client_name(Draw& d) {
  return d.chance(80) ? "name" + d.number(0, 9)
                      : d.one_of({"", "two words", "a\nb", "\xc3\xa9", "!~"});
}

Args hello(Draw& d) {
  if (d.chance(15)) return {};
  Args args = {d.chance(80) ? d.number(2, 3) : d.one_of({"1", "4", "", "x", "-3", "3.0", "03"})};
  for (uint64_t left = d.chance(60) ? 0 : 1 + d.below(2); left > 0; --left) {
    const uint64_t kind = d.below(100);
    if (kind < 45)
      args = std::move(args) + Args{d.cased("SETNAME"), client_name(d)};
    else if (kind < 70)
      args = std::move(args) + Args{d.cased("AUTH"), "default", d.value()};
    else if (kind < 85)
      args = std::move(args) + Args{d.cased("AUTH"), "nosuch", d.value()};
    else
      args = std::move(args) + Args{d.one_of({"AUTH", "SETNAME", "NAME", ""})};
  }
  return args;
}

// Only such as end nobody: the test's own connections are on the server.
Args client_kill(Draw& d) {
  switch (d.below(8)) {
    case 0:
      return {"KILL"};
    case 1:
      return {"KILL", d.one_of({"1.2.3.4:5", "", "nobody"})};
    case 2:
      return {"KILL", d.cased("ID"), d.one_of({"0", "-1", "abc", "999999999"})};
    case 3:
      return {"KILL", d.cased("ADDR"), "1.2.3.4:5"};
    case 4:
      return {"KILL", d.cased("TYPE"), "nosuch"};
    case 5:
      return {"KILL", d.cased("USER"), "nosuch"};
    case 6:
      return {"KILL", "ID", "999999999", d.cased("SKIPME"), d.one_of({"yes", "no", "maybe"})};
    default:
      return {"KILL", d.one_of({"ID", "ADDR", "NOSUCH"}), "999999999", d.nasty()};
  }
}

Args client_pause(Draw& d) {
  switch (d.below(4)) {
    case 0:
      return {"PAUSE"};
    case 1:
      return {"PAUSE", d.one_of({"abc", "-1", "", "1.5", "9223372036854775808"})};
    case 2:
      return {"PAUSE", "abc", d.one_of({"WRITE", "ALL", "READ"})};
    default:
      return {"PAUSE", "0", d.one_of({"READ", "", "NONE"})};
  }
}

Args client_list(Draw& d) {
  switch (d.below(6)) {
    case 0:
      return {d.cased("LIST")};
    case 1:
      return {"LIST", d.cased("TYPE"), d.one_of({"normal", "nosuch", "replica", "pubsub"})};
    case 2:
      return {"LIST", d.cased("ID"), d.one_of({"abc", "0", "-1", ""})};
    case 3:
      return {"LIST", "ID"};
    case 4:
      return {"LIST", d.nasty()};
    default:
      return {"LIST", "TYPE", "normal", d.nasty()};
  }
}

Args client(Draw& d) {
  const uint64_t kind = d.below(100);
  if (kind < 22) return {d.cased("SETNAME"), client_name(d)};
  if (kind < 44) return {d.cased("GETNAME")};
  if (kind < 50) return {d.cased("ID")};
  if (kind < 56) return {d.cased("INFO")};
  if (kind < 62) return client_list(d);
  if (kind < 70) return client_kill(d);
  if (kind < 76) return client_pause(d);
  if (kind < 79) return {d.cased("UNPAUSE")};
  if (kind < 83) return {d.cased("NO-EVICT"), d.one_of({"on", "OFF", "maybe", ""})};
  if (kind < 86) return {d.cased("NO-TOUCH"), d.one_of({"on", "off"})};
  if (kind < 90) return {d.cased("SETINFO"), d.one_of({"LIB-NAME", "LIB-VER", "x"}), "1"};
  if (kind < 92) return {d.cased("HELP")};
  if (kind < 94) return {d.cased("REPLY"), d.one_of({"on", "ON", "maybe", ""})};
  return {d.one_of({"NOSUCH", "", "ID", "GETNAME", "SETNAME", "REPLY", "NO-EVICT", "INFO", "HELP",
                    "UNPAUSE"}),
          d.nasty(), d.nasty()};
}

constexpr Row kRows[] = {
    {"PING", 12, ping}, {"ECHO", 10, echo},   {"RESET", 2, reset},
    {"AUTH", 6, auth},  {"HELLO", 10, hello}, {"CLIENT", 50, client},
};

}  // namespace

std::span<const Row> connection_rows() { return kRows; }

}  // namespace freshet::compat
