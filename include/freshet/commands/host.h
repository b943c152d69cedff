// What commands ask of the process that runs them: its clients, options, logs and figures. The
// server is one host, the in-process test harness another. Every call may come from any core.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/base/time.h"
#include "freshet/commands/session.h"
#include "freshet/commands/stats.h"
#include "freshet/commands/warm.h"

namespace freshet {

class Options;

// CLIENT KILL's and CLIENT LIST's choice; what is empty or 0 does not restrict.
struct ClientFilter {
  std::vector<uint64_t> ids;
  std::optional<std::string> address, local_address;
  std::string type;
  bool skip_me = false;
  uint64_t me = 0;
};

struct SlowEntry {
  uint64_t id;
  int64_t unix_seconds;
  int64_t micros;
  std::vector<std::string> args;
  std::string address, name;
};

// Figures of the process, for INFO and CACHESTATS.
struct ProcessFigures {
  std::string executable, config_file, run_id;
  int64_t pid = 0;
  int port = 0;
  Millis started = 0;        // when the server came up
  Millis counted_since = 0;  // or when its counters were last reset
  int cores = 1;
  uint64_t clients = 0, max_clients = 0, blocked = 0;
  uint64_t connections = 0, rejected_connections = 0;
  uint64_t evicted_clients = 0;  // closed since all buffers took more than maxmemory-clients
  uint64_t commands = 0, errors = 0, input_bytes = 0, output_bytes = 0, turns = 0;
  uint64_t rss = 0, peak_memory = 0;
  double cpu_user = 0, cpu_system = 0;  // seconds
  double ops_per_second = 0;            // over the last second or so
  double input_kbps = 0, output_kbps = 0;
  double ticks_per_micro = 1;  // of ticks()
};

class Host {
 public:
  virtual ~Host() = default;

  virtual Options& options() = 0;

  // One line a client, as CLIENT LIST prints it; of one client for CLIENT INFO.
  virtual std::string client_list(const ClientFilter& filter) = 0;
  // How many were told to close. The session itself closes after its reply.
  virtual size_t client_kill(const ClientFilter& filter, Session& self) = 0;
  // Name, library, user or database changed: what other cores may read of it is brought up to date.
  virtual void session_changed(const Session& session) = 0;

  // CLIENT PAUSE: until then commands wait; writes only, or all.
  enum class Pause { kWrite, kAll };
  virtual void pause(Millis until, Pause mode) = 0;
  virtual void unpause() = 0;

  // Whether a command, writing or not, has to wait now.
  virtual bool paused(Millis /*now*/, bool /*writes*/) { return false; }

  // Ends the process after what is in flight is answered. Returns at once.
  virtual void shutdown() = 0;

  virtual ProcessFigures figures() = 0;
  virtual double ticks_per_micro() { return figures().ticks_per_micro; }
  // How often each core's loop has gone round. One that stands still is stuck.
  virtual std::vector<uint64_t> turns_by_core() { return {}; }
  // DEBUG TURNS. Cpu time in ns since the watch began: of the longest turn of any core, and of the
  // longest two in a row, which is as long as a request may have to wait for its core alone.
  struct LongestTurns {
    uint64_t one = 0, two = 0;
  };
  virtual void watch_turns() {}  // begins, anew if one is on
  virtual LongestTurns end_turn_watch() { return {}; }
  virtual bool ending() { return false; }
  // Sums of all cores' counters for one command row (CommandTable::index_of).
  struct CommandFigures {
    uint64_t calls, micros, rejected, failed;
    double worst = 0;  // microseconds of the longest call
  };
  virtual CommandFigures command_figures(size_t row) = 0;
  // Buckets of all cores' latency histograms, summed.
  virtual std::vector<uint64_t> latency_buckets() = 0;
  // The same of one family, by index into kFamilies; may be empty.
  virtual std::vector<uint64_t> latency_buckets(size_t /*family*/) { return {}; }
  // What happened lately: as the last so many seconds have it, up to a minute, or less if the
  // server is younger. Seconds 0: nothing is known yet.
  struct Window {
    double seconds = 0;
    uint64_t commands = 0, errors = 0;
    uint64_t ticks = 0;  // in handlers
    std::vector<uint64_t> buckets;
  };
  virtual Window window(int /*seconds*/) { return {}; }
  // Sums of all cores' error replies, by index into kErrorCodes; may be empty.
  virtual std::vector<uint64_t> errors_by_code() { return {}; }
  // CONFIG RESETSTAT, as far as it is the host's.
  virtual void reset_stats() = 0;

  virtual void slow(SlowEntry entry) = 0;  // the host gives the id
  virtual std::vector<SlowEntry> slow_log(size_t most) = 0;
  virtual size_t slow_count() = 0;
  virtual void slow_reset() = 0;

  // LATENCY's events: name -> (unix second, milliseconds), the newest last.
  struct LatencySample {
    int64_t unix_seconds;
    int64_t millis;
  };
  virtual void latency_event(std::string_view event, int64_t millis) = 0;
  virtual std::vector<std::pair<std::string, std::vector<LatencySample>>> latency_events() = 0;
  virtual size_t latency_reset(const std::vector<std::string>& events) = 0;

  // WARM. "" and the job's number, or the error's text. With `sync` the session's reply comes from
  // the host when the job has ended; until then it is suspended.
  virtual std::string warm(const WarmRequest& request, Session& session, uint64_t& job) = 0;
  virtual std::vector<WarmStatus> warm_jobs() = 0;  // the newest first
  virtual bool warm_cancel(uint64_t job) = 0;       // false: no such job, or it has ended
  virtual std::vector<WarmSource> warm_sources() = 0;

  virtual void log(std::string_view level, std::string_view line) = 0;
};

}  // namespace freshet
