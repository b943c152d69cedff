// The server under test, started for one test on a free port and on a unix socket in a directory of
// its own. FRESHET_SERVER names the binary, FRESHET_CORES its cores; 0 cores means that a real
// redis-server sits in the seat. When a test is over the server must leave on SIGTERM with code 0.
#pragma once

#include <signal.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "process.h"

namespace freshet::e2e {

using Words = std::vector<std::string>;

struct Seat {
  std::string program;
  int cores;  // 0: redis-server, which knows no --cores
};

Seat seat_under_test();

// The redis-server that WARM reads from. nothing when the machine has none.
std::optional<Seat> seat_of_warm_source();

class TestServer {
 public:
  // `options` are spelled as on the command line, without the dashes of the first word:
  // {"--maxclients", "10"}. `config` is the text of a configuration file, if any.
  explicit TestServer(const Words& options = {}, const std::string& config = "");
  TestServer(const Seat& seat, const Words& options, const std::string& config = "");
  ~TestServer();

  int port() const { return port_; }
  std::string socket_path() const { return dir_.file("s.sock"); }
  std::string log() const;
  pid_t pid() const { return process_->pid(); }

  void signal(int number) { process_->signal(number); }
  // How the server ended; nothing while it still runs after all patience. See Process::wait.
  std::optional<int> wait() { return process_->wait(); }
  std::optional<int> stop();

 private:
  bool start_on(int port, const Seat& seat, const Words& options, const std::string& config);

  TempDir dir_;
  int port_ = 0;
  std::unique_ptr<Process> process_;
};

// A start that is expected to fail: runs the server to its end.
struct Ending {
  std::optional<int> code;
  std::string output;  // standard output, standard error and the log file, in that order
};
Ending run_to_end(const Words& options, const std::string& config = "");

// A port of 127.0.0.1 that nobody listens on at this moment.
int free_port();

}  // namespace freshet::e2e
