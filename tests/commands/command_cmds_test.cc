#include "commands/command_info.h"
#include "commands/syntax.h"
#include "harness.h"

namespace freshet {
namespace {

// "key:key [ex=seconds:integer] nx|xx …": short enough to compare.
std::string shown(const std::vector<Argument>& arguments, std::string_view between = " ");

std::string shown(const Argument& argument) {
  std::string text = argument.token.empty() ? "" : argument.token + "=";
  text += argument.parts.empty()
              ? argument.name + ":" + argument.type
              : "<" + shown(argument.parts, argument.type == "oneof" ? "|" : " ") + ">";
  if (argument.multiple) text += "...";
  if (argument.multiple_token) text += "T";
  return argument.optional ? "[" + text + "]" : text;
}

std::string shown(const std::vector<Argument>& arguments, std::string_view between) {
  std::string text;
  for (const Argument& argument : arguments) {
    if (!text.empty()) text += between;
    text += shown(argument);
  }
  return text;
}

std::string parsed(std::string_view syntax) { return shown(parse_syntax(syntax)); }

}  // namespace

TEST_CASE("a syntax is read as words, tokens with values, options and choices") {
  CHECK_EQ(parsed(""), "");
  CHECK_EQ(parsed("key value"), "key:key value:string");
  CHECK_EQ(parsed("key [NX|XX] [GET]"),
           "key:key [<NX=nx:pure-token|XX=xx:pure-token>] [GET=get:pure-token]");
  CHECK_EQ(
      parsed("[EX seconds | PXAT unix-time-milliseconds | KEEPTTL]"),
      "[<EX=seconds:integer|PXAT=unix-time-milliseconds:unix-time|KEEPTTL=keepttl:pure-token>]");
  CHECK_EQ(parsed("<ON | OFF>"), "<ON=on:pure-token|OFF=off:pure-token>");
  CHECK_EQ(parsed("[protover [AUTH username password] [SETNAME clientname]]"),
           "[<protover:integer [AUTH=<username:string password:string>] "
           "[SETNAME=clientname:string]>]");
}

TEST_CASE("a group that repeats what stands before it makes that repeatable") {
  CHECK_EQ(parsed("key [key ...]"), "key:key...");
  CHECK_EQ(parsed("key [key \xe2\x80\xa6]"), "key:key...");
  CHECK_EQ(parsed("[section ...]"), "[section:string...]");
  CHECK_EQ(parsed("[name [name ...]]"), "[name:string...]");
  CHECK_EQ(parsed("key value [key value ...]"), "<key:key value:string>...");
  CHECK_EQ(parsed("[DEPS n dep \xe2\x80\xa6]"), "[DEPS=<n:integer dep:string...>]");
  CHECK_EQ(parsed("[ID client-id [client-id ...]]"), "[ID=client-id:integer...]");
  CHECK_EQ(parsed("[GET encoding offset [GET encoding offset ...]]"),
           "[GET=<encoding:string offset:integer>...T]");
}

TEST_CASE(
    "outside of brackets a pipe without spaces binds words, one with spaces parts sentences") {
  CHECK_EQ(parsed("KEY|TAG name [name ...] [ALL]"),
           "<KEY=key:pure-token|TAG=tag:pure-token> name:string... [ALL=all:pure-token]");
  CHECK_EQ(parsed("TAG tag | RESET"), "<TAG=tag:string|RESET=reset:pure-token>");
}

TEST_CASE("a group is named after its parts, unless that is long") {
  CHECK_EQ(parse_syntax("[NX | XX]")[0].name, "condition");
  CHECK_EQ(parse_syntax("[EX seconds | KEEPTTL]")[0].name, "expiration");
  CHECK_EQ(parse_syntax("<ON | OFF | SKIP>")[0].name, "on_off_skip");
  CHECK_EQ(parse_syntax("<AVERYLONGWORD | ANOTHERLONGWORD | THETHIRD>")[0].name, "option");
}

TEST_CASE("a syntax that is broken is read as far as it goes") {
  for (const std::string_view broken :
       {"[", "]", "[key", "key]", "|", "...", "A|", "<|>", "[[]]"}) {
    CAPTURE(broken);
    parse_syntax(broken);
  }
}

TEST_CASE("COMMAND INFO describes a command as Redis does") {
  Cache cache;
  CHECK_EQ(cache("COMMAND INFO GET nosuch"),
           "*2\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
           "*3\r\n+@read\r\n+@string\r\n+@fast\r\n*0\r\n"
           "*1\r\n*6\r\n$5\r\nflags\r\n*2\r\n+RO\r\n+access\r\n$12\r\nbegin_search\r\n*4\r\n"
           "$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n"
           "$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n*6\r\n"
           "$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n*0\r\n$-1\r\n");
  CHECK_EQ(
      cache("COMMAND INFO config|get"),
      "*1\r\n*10\r\n$10\r\nconfig|get\r\n:-3\r\n*4\r\n+admin\r\n+noscript\r\n+loading\r\n+stale\r\n"
      ":0\r\n:0\r\n:0\r\n*3\r\n+@admin\r\n+@slow\r\n+@dangerous\r\n*0\r\n*0\r\n*0\r\n");
}

TEST_CASE("COMMAND lists every command, with its subcommands inside") {
  Cache cache;
  const size_t count = CommandTable::all().commands().size();
  CHECK_EQ(cache("COMMAND COUNT"), ":" + std::to_string(count) + "\r\n");
  const std::string all = cache("COMMAND");
  CHECK(all.starts_with("*" + std::to_string(count) + "\r\n*10\r\n"));
  CHECK(all.find("$10\r\nconfig|get\r\n") != std::string::npos);
  CHECK_EQ(cache("COMMAND INFO"), all);
  CHECK_EQ(cache("COMMAND COUNT x"),
           "-ERR wrong number of arguments for 'command|count' command\r\n");
  CHECK_EQ(cache("COMMAND FOO"), "-ERR unknown subcommand 'FOO'. Try COMMAND HELP.\r\n");
  CHECK(cache("COMMAND HELP").starts_with("*21\r\n+COMMAND <subcommand>"));
}

TEST_CASE("COMMAND DOCS is a map from names to what is known of them") {
  Cache cache;
  const std::string docs = cache("COMMAND DOCS nosuch select");
  CHECK(docs.starts_with("*2\r\n$6\r\nselect\r\n*10\r\n$7\r\nsummary\r\n"));
  CHECK(
      docs.ends_with("$10\r\ncomplexity\r\n$4\r\nO(1)\r\n$9\r\narguments\r\n*1\r\n*4\r\n"
                     "$4\r\nname\r\n$5\r\nindex\r\n$4\r\ntype\r\n$7\r\ninteger\r\n"));
  const std::string get = cache("COMMAND DOCS get");
  CHECK(
      get.ends_with("*6\r\n$4\r\nname\r\n$3\r\nkey\r\n$4\r\ntype\r\n$3\r\nkey\r\n"
                    "$14\r\nkey_spec_index\r\n:0\r\n"));
  cache.session.resp = 3;
  const std::string config = cache("COMMAND DOCS config");
  CHECK(config.starts_with("%1\r\n$6\r\nconfig\r\n%5\r\n"));
  CHECK(config.find("$11\r\nsubcommands\r\n%5\r\n$10\r\nconfig|get\r\n%5\r\n") !=
        std::string::npos);
}

TEST_CASE("COMMAND LIST filters by category and by pattern") {
  Cache cache;
  CHECK(cache("COMMAND LIST")
            .starts_with("*" + std::to_string(CommandTable::all().count()) + "\r\n"));
  CHECK_EQ(cache("COMMAND LIST FILTERBY PATTERN SLOWLOG|[LR]*"),
           "*2\r\n$11\r\nslowlog|len\r\n$13\r\nslowlog|reset\r\n");
  const std::string connection = cache("COMMAND LIST FILTERBY ACLCAT Connection");
  CHECK(connection.find("hello") != std::string::npos);
  CHECK(connection.find("client|kill") != std::string::npos);
  CHECK(connection.find("command|docs") != std::string::npos);
  CHECK(connection.find("$6\r\nclient\r\n") == std::string::npos);
  CHECK_EQ(cache("COMMAND LIST FILTERBY MODULE x"), "*0\r\n");
  CHECK_EQ(cache("COMMAND LIST FILTERBY ACLCAT @connection"), "*0\r\n");
  for (const std::string_view wrong :
       {"COMMAND LIST x", "COMMAND LIST FILTERBY", "COMMAND LIST FILTERBY FOO x",
        "COMMAND LIST FILTERBY PATTERN a b"}) {
    CHECK_EQ(cache(wrong), "-ERR syntax error\r\n");
  }
}

TEST_CASE("COMMAND GETKEYS finds the keys and says how each is used") {
  Cache cache;
  CHECK_EQ(cache("COMMAND GETKEYS GET a"), "*1\r\n$1\r\na\r\n");
  CHECK_EQ(cache("COMMAND GETKEYSANDFLAGS GET a"),
           "*1\r\n*2\r\n$1\r\na\r\n*2\r\n+RO\r\n+access\r\n");
  CHECK_EQ(cache("COMMAND GETKEYSANDFLAGS SET a b"),
           "*1\r\n*2\r\n$1\r\na\r\n*2\r\n+OW\r\n+update\r\n");
  CHECK_EQ(cache("COMMAND GETKEYSANDFLAGS SET a b GET"),
           "*1\r\n*2\r\n$1\r\na\r\n*3\r\n+RW\r\n+access\r\n+update\r\n");
  CHECK_EQ(cache("COMMAND GETKEYS FOO a"), "-ERR Invalid command specified\r\n");
  CHECK_EQ(cache("COMMAND GETKEYS CONFIG FOO"), "-ERR Invalid command specified\r\n");
  CHECK_EQ(cache("COMMAND GETKEYS PING a"), "-ERR The command has no key arguments\r\n");
  CHECK_EQ(cache("COMMAND GETKEYS GET a b"),
           "-ERR Invalid number of arguments specified for command\r\n");
}

TEST_CASE("key specifications follow the keys that a row names") {
  constexpr auto nothing = [](Context&) {};
  const Command two("rename", 3, kWrite, keys(1, 2, 1), Verb::kTogether, nothing, "generic",
                    "1.0.0", "", "");
  const auto uses = key_uses(two);
  REQUIRE_EQ(uses.size(), 2);
  CHECK_EQ(uses[0].flags, "RW access delete");
  CHECK_EQ(uses[1].flags, "OW update");
  CHECK_EQ(uses[1].first, 2);
  CHECK_EQ(uses[1].last, 0);
  const Command rest("bitop", -4, kWrite, keys(2, -1, 1), Verb::kTogether, nothing, "bitmap",
                     "2.6.0", "", "");
  const auto sources = key_uses(rest);
  REQUIRE_EQ(sources.size(), 2);
  CHECK_EQ(sources[0].last, 0);
  CHECK_EQ(sources[1].first, 3);
  CHECK_EQ(sources[1].last, -1);
  const Command pairs("mset", -3, kWrite, keys(1, -1, 2), Verb::kTogether, nothing, "string",
                      "1.0.1", "", "");
  REQUIRE_EQ(key_uses(pairs).size(), 1);
  CHECK_EQ(key_uses(pairs)[0].step, 2);
}

}  // namespace freshet
