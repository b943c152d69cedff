// Times a script on one connection while another client reads from a second, and sees how long that
// client has to wait. It knows nothing of what the script is for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client.h"
#include "process.h"
#include "scripts.h"
#include "watcher.h"

namespace freshet {

struct Timing {
  double ms = 0;        // from the first request to the last reply
  Waits waits;          // of GETs from then until the watch ended
  double quiet_ms = 0;  // the longest GET in as long a watch before
  int64_t told = 0;     // the last reply, as a number
  int64_t probed = 0;   // what the probe was answered, right after
  std::string error;
};

struct RaceSpec {
  Script script;
  Args probe;           // asked as soon as the script has its last reply
  uint64_t watch_ns;    // the watch goes on for so long
  std::string refusal;  // what the last reply is, if it has to be an error: how that begins
};

// Drives both connections from one thread: both only ever wait for the server.
class Race {
 public:
  Race(const Server& server, RaceSpec spec)
      : watcher_(server), actor_(Client::connect(server.port())), spec_(std::move(spec)) {}

  Timing run();

 private:
  // Returns when the actor can be read, the time is up, or a connection is lost.
  void watch(uint64_t until);
  void watch_until(uint64_t until);
  std::optional<Reply> next_reply(uint64_t until);
  std::optional<Reply> ask(const Step& step, uint64_t until);
  // When the last reply came.
  uint64_t act(uint64_t until, Timing& timing);

  Watcher watcher_;
  std::unique_ptr<Client> actor_;
  RaceSpec spec_;
  std::string error_;
};

}  // namespace freshet
