// Reads a row's `syntax` into the tree of arguments that COMMAND DOCS shows.
//
//   key value [NX | XX] [EX seconds | PX milliseconds] [key ...]
//
// A word in capitals is a token; the words behind it are its values. [ ] is optional, < > groups, |
// parts alternatives, ... (or …) repeats the word before it. A group that only repeats what stands
// before it, "key [key ...]", makes that repeatable. Outside of brackets a | without spaces binds
// words alone: "KEY|TAG name" is (KEY or TAG) and then a name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace freshet {

struct Argument {
  std::string name;
  std::string type;   // "key", "string", "integer", "pure-token", "oneof", "block" …
  std::string token;  // "" if it has none
  bool optional = false;
  bool multiple = false;
  bool multiple_token = false;  // repeated with its token
  std::vector<Argument> parts;  // of a oneof or a block

  // The same argument, however often it may stand.
  bool same(const Argument& other) const;
};

std::vector<Argument> parse_syntax(std::string_view syntax);

}  // namespace freshet
