#include "server/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace freshet {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"debug", "verbose", "notice", "warning"};

thread_local int core_of_thread = 0;

Log::Level level_of(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Log::Level>(i);
  }
  return Log::Level::kNotice;
}

}  // namespace

Log::~Log() {
  if (fd_ > 2) ::close(fd_);
}

std::string Log::open(const std::string& path) {
  if (path.empty()) return "";
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return "can't open the log file " + path + ": " + std::strerror(errno);
  fd_.store(fd, std::memory_order_relaxed);
  return "";
}

void Log::set_level(std::string_view name) {
  level_.store(level_of(name), std::memory_order_relaxed);
}

void Log::name_thread(int core) { core_of_thread = core; }

void Log::write(std::string_view level, std::string_view line) { write(level_of(level), line); }

void Log::write(Level level, std::string_view line) {
  if (!wants(level)) return;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  char head[80];
  const size_t date = std::strftime(head, sizeof head, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(head + date, sizeof head - date, ".%03ldZ %s core %d: ", now.tv_nsec / 1'000'000,
                kNames[static_cast<size_t>(level)].data(), core_of_thread);
  std::string text = head;
  for (const char c : line) text += c == '\n' || c == '\r' ? ' ' : c;
  text += '\n';
  // There is nobody to tell if the log itself can't be written.
  [[maybe_unused]] const ssize_t written =
      ::write(fd_.load(std::memory_order_relaxed), text.data(), text.size());
}

}  // namespace freshet
