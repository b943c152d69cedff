// A server process under a directory of its own: started, waited for, restarted when it died,
// ended by its pid. Knows nothing of what is said to it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace freshet::compat {

class ServerProcess {
 public:
  // `directory` exists and holds the socket and the log. `options` follow --port 0 --unixsocket.
  ServerProcess(std::string program, std::string directory, std::vector<std::string> options);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Starts the program and waits until it answers; false when it does not within ten seconds.
  bool start();
  void stop();  // asks first
  void kill();
  bool alive();

  const std::string& socket_path() const { return socket_path_; }
  const std::string& program() const { return program_; }
  // The last lines it printed, and how it ended if it did.
  std::string last_words();

 private:
  [[noreturn]] void become_server() const;
  bool answers() const;

  std::string program_;
  std::string directory_;
  std::vector<std::string> options_;
  std::string socket_path_;
  std::string ending_;
  pid_t pid_ = -1;
};

}  // namespace freshet::compat
