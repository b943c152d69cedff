// What the process asks of the system at start: descriptors, signals, a pid file, a random seed.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <string>

namespace freshet {

class Log;
class Options;

// Raises the limit of open files to `maxclients` and some more; how many clients it allows for.
int64_t raise_file_limit(int64_t maxclients);
// The same at start-up: if the system says no, maxclients is lowered and a line says so.
void fit_maxclients(Options& options, Log& log);

uint64_t random_seed();

// Written at start if a path is set, taken away at the end.
class PidFile {
 public:
  PidFile(const std::string& path, Log& log);
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  std::string path_;
};

// SIGTERM and SIGINT: the first asks for the end, the second one ends the process. SIGPIPE is
// ignored.
class Signals {
 public:
  // `asked` is called on the loop's thread.
  Signals(uv_loop_t* loop, std::function<void()> asked);

 private:
  static void on_signal(uv_signal_t* handle, int signal);

  std::function<void()> asked_;
  bool seen_ = false;
  uv_signal_t handles_[2];
};

}  // namespace freshet
