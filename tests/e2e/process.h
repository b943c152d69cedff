// A child process whose output is kept. It knows nothing of servers: it starts a program, sends it
// signals, and tells how it ended. The child dies with the test program, whatever happens.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace freshet::e2e {

using std::chrono::milliseconds;

// How long any one answer may take before a test gives up. Generous, for sanitizers.
inline constexpr milliseconds kPatience{30'000};

// A directory that is removed with all it holds. One test, one directory.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

class Process {
 public:
  // argv[0] is the program's path. Standard output and error are appended to output_file.
  Process(const std::vector<std::string>& argv, const std::string& directory,
          const std::string& output_file);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool ended();
  void signal(int number);
  // The exit code, minus the signal's number if a signal ended it, nothing if it outlived patience.
  std::optional<int> wait(milliseconds patience = kPatience);

 private:
  pid_t pid_ = -1;
  std::optional<int> code_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);

// The text of an environment variable, or `otherwise` when it is unset or empty.
std::string env(const char* name, const std::string& otherwise);
// FRESHET_SLOW is set: the server is a sanitizer's, some ten times as slow.
bool slow_server();

// Asks `done` again and again until it is true or patience ends; its last answer.
template <typename Condition>
bool eventually(Condition done, milliseconds patience = kPatience);

void pause_briefly();

template <typename Condition>
bool eventually(Condition done, milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return done();
    pause_briefly();
  }
  return true;
}

}  // namespace freshet::e2e
