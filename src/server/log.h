// The log: one line an event, with a UTC time stamp, to standard output or a file. It knows nothing
// of who writes to it.
//
// Any thread: a line is one write(2), which the system keeps whole.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace freshet {

class Log {
 public:
  enum class Level : uint8_t { kDebug, kVerbose, kNotice, kWarning };

  Log() = default;
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Appends to a file from now on; "" is standard output. Returns "" or what went wrong.
  std::string open(const std::string& path);
  void set_level(std::string_view name);

  bool wants(Level level) const { return level >= level_.load(std::memory_order_relaxed); }
  void write(Level level, std::string_view line);
  void write(std::string_view level, std::string_view line);
  void notice(std::string_view line) { write(Level::kNotice, line); }
  void warning(std::string_view line) { write(Level::kWarning, line); }

  // The calling thread's lines name this core.
  static void name_thread(int core);

 private:
  std::atomic<Level> level_{Level::kNotice};
  std::atomic<int> fd_{1};
};

}  // namespace freshet
