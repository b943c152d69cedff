// What invalidates many keys: a script of requests, each chosen after the reply to the last.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "client.h"

namespace freshet {

// What to send next, and how many replies it has; the script sees the last of them.
struct Step {
  std::string bytes;
  int replies = 1;
};

// Nothing: it is done. The first call has no reply.
using Script = std::function<std::optional<Step>(const Reply* last)>;

// One request.
Script once(const Args& args);

// Redis has no command for a tag: the application keeps a set of its keys, and a Lua script empties
// it. Replies with how many keys there were.
Script unlink_members(const std::string& set);

// SCAN and UNLINK what it found, one round trip for both.
Script scan_and_unlink(const std::string& pattern);

}  // namespace freshet
