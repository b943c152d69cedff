#include "scripts.h"

#include "rows.h"

namespace freshet::compat {
namespace {

constexpr size_t kPastInlineLimit = 70'000;  // Redis stops at 64 KiB

Step script(std::string bytes) {
  return {.kind = Step::Kind::kScript, .pieces = {std::move(bytes)}};
}

// The server must hang up by itself. The PING behind tells whether it went on reading.
Step fatal(std::string bytes) {
  Step step = script(std::move(bytes) + "\r\nPING\r\n");
  step.server_closes = true;
  return step;
}

std::string multibulk(const Args& args) {
  std::string bytes = '*' + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) {
    bytes += '$' + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  }
  return bytes;
}

std::string inline_word(Draw& d) {
  return d.one_of({"plain", "12", "\"two words\"", "\"a\\x00\\xff\"", "\"\\n\\r\\t\\b\\a\\\\\\\"\"",
                   "'single'", "'it\\'s'", "'a\\nb'", "\"\"", "''", "\"\\xzz\"", "\"\\q\"",
                   "a\"b\"", "x'y'", "*1", "$3", "+OK", "\"\\x4g\""});
}

std::string inline_command(Draw& d) {
  const std::string end = d.chance(70) ? "\r\n" : "\n";
  switch (d.below(8)) {
    case 0:
      return "PING" + end;
    case 1:
      return "  ECHO \t " + inline_word(d) + "  " + end;
    case 2:
      return end + end + "ping " + inline_word(d) + end;
    case 3:
      return "\"ECHO\" " + inline_word(d) + end;
    case 4:
      return "NOSUCH " + inline_word(d) + " " + inline_word(d) + end;
    case 5:
      return "ECHO " + inline_word(d) + " " + inline_word(d) + end;
    case 6:
      return "   " + end;
    default:
      return "SET k1 " + inline_word(d) + end + "GET k1" + end;
  }
}

Step inlines(Draw& d) {
  std::string bytes;
  for (uint64_t left = 1 + d.below(4); left > 0; --left) bytes += inline_command(d);
  return script(bytes);
}

Step unbalanced(Draw& d) {
  return fatal(d.one_of({"GET \"k0", "SET k0 'abc", "ECHO \"a\"b", "ECHO 'a'b", "\"", "'",
                         "ECHO \"\\", "PING\r\nECHO \"x", "ECHO 'it\\'", "ECHO \"\\x4"}));
}

Step broken_header(Draw& d) {
  return fatal(d.one_of({"*abc",
                         "*",
                         "*2147483648",
                         "*1x",
                         "* 1",
                         "*+1",
                         "*-x",
                         "*99999999999999999999",
                         "*1\r\n$abc",
                         "*1\r\n$-1",
                         "*1\r\n$536870913",
                         "*1\r\n$",
                         "*1\r\n$ 4",
                         "*1\r\n$+4",
                         "*1\r\n$99999999999999999999",
                         "*1\r\n+PING",
                         "*1\r\n4",
                         "*1\r\n",
                         "*2\r\n$4\r\nECHO\r\n:1",
                         "*1\r\n*1",
                         "*1\r\n$04",
                         "*01"}));
}

Step too_long(Draw& d) {
  const std::string digits(kPastInlineLimit, '1');
  const std::string start = d.one_of({"", "ECHO ", "*", "*1\r\n$"});
  Step step = script(start + digits);
  step.server_closes = true;
  return step;
}

// Odd, but Redis answers it.
Step lenient(Draw& d) {
  const std::string ping = multibulk({"PING"});
  switch (d.below(7)) {
    case 0:
      return script("*0\r\n" + ping);
    case 1:
      return script("*-1\r\n" + ping);
    case 2:
      return script("*-10\r\n" + ping);
    case 3:
      return script("*1\r\n$0\r\n\r\n" + ping);
    case 4:
      return script("*1\r\n$4\r\nPINGxx" + ping);
    case 5:
      return script("PING\r\n" + ping + "PING\n" + multibulk({"ECHO", "a\r\nb"}));
    default:
      return script("\r\n\r\n" + ping + "\r\n" + ping);
  }
}

// The client leaves in the middle of a command: what was whole is answered.
Step cut_short(Draw& d) {
  const std::string whole = multibulk({"SET", "k2", "cut"}) + multibulk({"ECHO", "some words"});
  return script(whole.substr(0, d.below(whole.size())));
}

// No command stands before it: Redis drops even the replies it has not yet sent.
Step http(Draw& d) {
  return fatal(d.one_of({"POST / HTTP/1.1\r\nContent-Length: 4\r\n", "Host: somewhere",
                         "host: somewhere\r\nPING", "post x"}));
}

Step quit(Draw& d) {
  Step step = fatal(multibulk({"PING"}) + multibulk({d.cased("QUIT")}) + multibulk({"PING"}));
  if (d.chance(30)) step = fatal("quit");
  return step;
}

Step silenced(Draw& d) {
  std::string bytes = d.chance(30) ? multibulk({"HELLO", "3", "AUTH", "nosuch", "x"}) : "";
  for (uint64_t left = 3 + d.below(8); left > 0; --left) {
    switch (d.below(8)) {
      case 0:
        bytes += multibulk({"CLIENT", "REPLY", d.cased("OFF")});
        break;
      case 1:
        bytes += multibulk({"CLIENT", "REPLY", d.cased("SKIP")});
        break;
      case 2:
        bytes += multibulk({"CLIENT", "REPLY", d.cased("ON")});
        break;
      case 3:
        bytes += multibulk({"CLIENT", "REPLY", d.one_of({"maybe", ""})});
        break;
      case 4:
        bytes += multibulk({"NOSUCH"});
        break;
      case 5:
        bytes += d.chance(20) ? multibulk({"RESET"}) : multibulk({"GET", "k1"});
        break;
      default:
        bytes += multibulk({"ECHO", d.number(0, 99)});
        break;
    }
  }
  return script(bytes + multibulk({"CLIENT", "REPLY", "ON"}));
}

// Other boundaries between reads than the commands have.
void break_up(Draw& d, Step* step) {
  const std::string bytes = step->pieces[0];
  if (bytes.size() < 2 || bytes.size() > 500) return;
  const size_t at = 1 + d.below(bytes.size() - 1);
  step->pieces = {bytes.substr(0, at), bytes.substr(at)};
}

}  // namespace

Step draw_script(Draw& d) {
  struct Kind {
    int weight;
    Step (*draw)(Draw&);
  };
  static constexpr Kind kKinds[] = {{25, inlines}, {10, unbalanced}, {20, broken_header},
                                    {2, too_long}, {12, lenient},    {8, cut_short},
                                    {5, http},     {6, quit},        {12, silenced}};
  auto left = static_cast<int>(d.below(100));
  Step step;
  for (const Kind& kind : kKinds) {
    left -= kind.weight;
    if (left >= 0) continue;
    step = kind.draw(d);
    break;
  }
  if (d.chance(20)) break_up(d, &step);
  return step;
}

}  // namespace freshet::compat
