// What the server remembers of one connection between commands. Owned by the connection's core;
// others see only what the Host publishes of it.
#pragma once

#include <cstdint>
#include <string>

#include "freshet/base/time.h"
#include "freshet/commands/command.h"
#include "freshet/engine/invalidation_log.h"

namespace freshet {

class Host;

class Session : public Origin {
 public:
  // kSkipNext: CLIENT REPLY SKIP is running; kSkip: the command after it, which is not answered.
  enum class Replies : uint8_t { kOn, kOff, kSkipNext, kSkip };

  Session(uint64_t id_, Host& host_) : host(host_) { id = id_; }

  Host& host;
  int db = 0;
  int resp = 2;
  bool authenticated = true;
  bool local = true;  // the client is on this machine: loopback or a unix socket
  bool no_evict = false;
  bool no_touch = false;
  Replies replies = Replies::kOn;
  bool close_after_reply = false;
  Millis now = 0;                     // of the present turn
  std::string lib_name, lib_version;  // CLIENT SETINFO
  // A command may ask for the connection's next commands to wait (WARM … SYNC, a long task).
  bool suspended = false;
  // What it has written so far may not leave before it goes on.
  bool withheld = false;

  // It was suspended and may go on. True if what it waited for is to be answered.
  bool resume() {
    suspended = withheld = false;
    const bool wanted = replies == Replies::kOn;
    if (replies == Replies::kSkip) replies = Replies::kOn;
    return wanted;
  }

  // RESET: as a new connection, but for its id.
  void reset(bool needs_auth) {
    db = 0;
    resp = 2;
    authenticated = !needs_auth;
    no_evict = no_touch = false;
    if (replies != Replies::kSkip) replies = Replies::kOn;  // a skipped RESET stays unanswered
    name.clear();
  }
};

}  // namespace freshet
