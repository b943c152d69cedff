#include "thread_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace freshet {

std::optional<ThreadTimes> parse_schedstat(std::string_view text) {
  ThreadTimes times;
  const char* end = text.data() + text.size();
  const auto [after, failed] = std::from_chars(text.data(), end, times.ran_ns);
  if (failed != std::errc() || after == end || *after != ' ') return std::nullopt;
  const auto second = std::from_chars(after + 1, end, times.queued_ns);
  if (second.ec != std::errc()) return std::nullopt;
  return times;
}

Spell spell_of(const std::vector<ThreadTimes>& before, const std::vector<ThreadTimes>& after) {
  Spell spell;
  uint64_t ran = 0, own = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    if (after[i].ran_ns < before[i].ran_ns) continue;  // it has ended
    const uint64_t queued = after[i].queued_ns - before[i].queued_ns;
    const uint64_t spent = after[i].ran_ns - before[i].ran_ns;
    ran += spent;
    if (i > 0 && queued <= spell.queued_ns) continue;
    spell.queued_ns = queued;
    own = spent;
  }
  spell.others_ran_ns = ran - own;
  return spell;
}

void ThreadWatch::add(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd >= 0) files_.push_back(fd);
}

ThreadWatch ThreadWatch::of_process(pid_t pid) {
  ThreadWatch watch;
  std::error_code ignored;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, ignored)) {
    watch.add(task.path().string() + "/schedstat");
  }
  watch.last_ = watch.read();
  return watch;
}

ThreadWatch ThreadWatch::of_thread(pid_t pid, pid_t thread) {
  ThreadWatch watch;
  watch.add("/proc/" + std::to_string(pid) + "/task/" + std::to_string(thread) + "/schedstat");
  watch.last_ = watch.read();
  return watch;
}

ThreadWatch::~ThreadWatch() {
  for (const int fd : files_) close(fd);
}

// In the order of files_; zero for a thread that has ended.
std::vector<ThreadTimes> ThreadWatch::read() const {
  std::vector<ThreadTimes> all;
  for (const int fd : files_) {
    char text[96];
    const ssize_t got = pread(fd, text, sizeof text, 0);
    const size_t size = got > 0 ? static_cast<size_t>(got) : 0;
    all.push_back(parse_schedstat({text, size}).value_or(ThreadTimes{}));
  }
  return all;
}

Spell ThreadWatch::take() {
  std::vector<ThreadTimes> now = read();
  const Spell spell = spell_of(last_, now);
  last_.swap(now);
  return spell;
}

uint64_t unqueued_ns(uint64_t wait_ns, const Spell& server, const Spell& client) {
  const uint64_t behind_its_own = std::min(server.queued_ns, server.others_ran_ns);
  const uint64_t excused = server.queued_ns - behind_its_own + client.queued_ns;
  return wait_ns - std::min(wait_ns, excused);
}

}  // namespace freshet
