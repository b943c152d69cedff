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

namespace freshet {

// What the other client reads, one after the other: enough keys to see every shard. REQUIRES: they
// are stored.
const Space& watched_keys();

// Another client: one GET after the other on its own connection.
class Watcher {
 public:
  // The longest that a GET took, and the most that the server worked during one. The first is what
  // a client sees; what it has beyond the second, the machine took.
  struct Longest {
    uint64_t wait_ns = 0;
    uint64_t work_ns = 0;
  };

  explicit Watcher(const Server& server)
      : server_(server), client_(Client::connect(server.port())) {}

  bool ok() const { return client_ != nullptr; }
  int fd() const { return client_->fd(); }

  bool ask();
  // Call when readable; false if the server is gone or answered something else than the value.
  bool answer_came();
  // Since the last call, a GET under way included.
  Longest take_longest();

 private:
  void note_wait();

  const Server& server_;
  std::unique_ptr<Client> client_;
  uint64_t asked_ = 0;
  uint64_t asked_at_ = 0;
  double cpu_then_ = 0;
  Longest longest_;
};

struct Timing {
  double ms = 0;        // from the first request to the last reply
  double pause_ms = 0;  // the longest GET from then until the watch ended
  double work_ms = 0;   // the most server CPU in one of these GETs
  double quiet_ms = 0;  // the longest GET in as long a watch before
  int64_t told = 0;     // the last reply, as a number
  int64_t probed = 0;   // what the probe was answered, right after
  std::string error;
};

// Drives both connections from one thread: both only ever wait for the server.
class Race {
 public:
  // `probe` is asked as soon as the script has its last reply; the watch goes on for `watch_ns`.
  Race(const Server& server, Script script, const Args& probe, uint64_t watch_ns)
      : watcher_(server),
        actor_(Client::connect(server.port())),
        script_(std::move(script)),
        probe_(encode(probe)),
        watch_ns_(watch_ns) {}

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
  Script script_;
  std::string probe_;
  uint64_t watch_ns_;
  std::string error_;
};

}  // namespace freshet
