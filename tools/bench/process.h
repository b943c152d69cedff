// A server under test: started on a free loopback port, pinned, watched from outside, and stopped.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

namespace freshet {

enum class Kind { kFreshet, kRedis, kPing };

// A place in the comparison. What sits there is `binary`, which may be a redis-server in Freshet's
// seat.
struct Seat {
  std::string name;
  Kind kind = Kind::kFreshet;
  std::string binary;
  std::string version;  // the first line of --version
  int cores = 1;
  bool is_freshet = false;  // the binary says so itself, so it understands --cores
};

// What `binary --version` prints first; empty if it cannot be run.
std::string version_of(const std::string& binary);

// The load generator takes the last cpu. The thread that serves takes cpu 0 if a server has one
// core, and its other threads the rest; servers of more cores go where they like.
void pin_load_generator();

class Server {
 public:
  struct Started {
    std::unique_ptr<Server> server;  // nullptr: `why` tells
    std::string why;
  };

  // Returns once the server answers PING.
  static Started start(const Seat& seat);
  // Terminates it, by force if it has not gone after five seconds.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const { return port_; }
  // Its first thread is the one that serves, if there is but one core.
  pid_t pid() const { return pid_; }
  int cores() const { return cores_; }

  // User and system time of all threads, living and gone, in seconds, counted by the scheduler in
  // nanoseconds; the ticks of /proc/PID/stat would be a hundred thousand times coarser.
  double cpu_seconds() const;

  // Resident set in bytes, counted from the page tables.
  uint64_t rss_bytes() const;

  // Waits until ten looks in a row, 100 ms apart, differ by less than 0.1 %, at most 6 s, and
  // returns the last.
  uint64_t settled_rss_bytes() const;

 private:
  Server(pid_t pid, int port, std::string folder, int cores);
  std::string await_ready() const;
  std::string last_words() const;

  pid_t pid_;
  int port_;
  int cores_;
  std::string folder_;  // its working directory and log, removed at the end
  clockid_t cpu_clock_{};
};

}  // namespace freshet
