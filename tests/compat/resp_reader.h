// Cuts whole replies out of a stream of bytes and, when two differ, takes them apart. Knows every
// type of RESP2 and RESP3; knows no socket and no command.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::compat {

struct Cut {
  enum class State { kWhole, kPartial, kBroken };
  State state;
  size_t length;  // of the first reply in bytes, when kWhole
};

// How long the first reply in `bytes` is, with everything nested in it.
Cut cut_reply(std::string_view bytes);

// A reply as a tree. A map's keys and values alternate in `items`; an attribute is a leaf's elder
// sibling inside a node of its own, as it stands on the wire.
struct Reply {
  char type = 0;
  std::string text;  // the header line, or a bulk's payload
  bool null = false;
  std::vector<Reply> items;

  bool is_array() const { return type == '*' || type == '~' || type == '%' || type == '>'; }
  bool is_error() const { return type == '-' || type == '!'; }
};

// REQUIRES: cut_reply(bytes) is kWhole.
Reply parse_reply(std::string_view bytes);

// A text in which two replies are equal exactly if their trees are.
std::string flat(const Reply& reply);

}  // namespace freshet::compat
