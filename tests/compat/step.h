// A step: one thing the differential test does to both servers. Plain data, so that a run can be
// repeated, shortened and printed.
#pragma once

#include <string>
#include <vector>

namespace freshet::compat {

using Args = std::vector<std::string>;

struct Step {
  enum class Kind {
    kCommand,  // args, pipelined on the run's main connection
    kScript,   // raw bytes on a connection of their own; all that comes back is compared
    kSleep,    // wait, so that short deadlines pass
  };

  Kind kind = Kind::kCommand;
  Args args;

  std::vector<std::string> pieces;  // kScript: sent one by one, with a short pause in between
  bool server_closes = false;       // kScript: the server must hang up by itself

  int millis = 0;  // kSleep
};

inline Step command(Args args) { return {.kind = Step::Kind::kCommand, .args = std::move(args)}; }

}  // namespace freshet::compat
