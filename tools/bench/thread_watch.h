// What the scheduler says of a thread: how long it ran, and how long it stood ready while something
// else had its cpu. The second is the machine's doing, and exact to the nanosecond.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {

struct ThreadTimes {
  uint64_t ran_ns = 0;
  uint64_t queued_ns = 0;
};

// The first two numbers of a schedstat file.
std::optional<ThreadTimes> parse_schedstat(std::string_view text);

// What threads did between two looks.
struct Spell {
  uint64_t queued_ns = 0;      // of the one that was queued the longest
  uint64_t others_ran_ns = 0;  // how long the rest of them ran
};

Spell spell_of(const std::vector<ThreadTimes>& before, const std::vector<ThreadTimes>& after);

// Some threads whose times are read again and again.
class ThreadWatch {
 public:
  // All threads that a process has now.
  static ThreadWatch of_process(pid_t pid);
  // One of them.
  static ThreadWatch of_thread(pid_t pid, pid_t thread);
  // The one that calls.
  static ThreadWatch of_this_thread() { return of_thread(getpid(), gettid()); }
  ThreadWatch(ThreadWatch&& other) noexcept = default;
  ThreadWatch& operator=(ThreadWatch&&) = delete;
  ~ThreadWatch();

  // Since the last call.
  Spell take();

 private:
  ThreadWatch() = default;
  void add(const std::string& path);
  std::vector<ThreadTimes> read() const;

  std::vector<int> files_;
  std::vector<ThreadTimes> last_;
};

// What is left of a wait when the time is taken off that server and client were queued for a cpu:
// the server's own work, and what the scheduler does not know of. While one thread of the server is
// queued behind another, the machine is not to blame.
uint64_t unqueued_ns(uint64_t wait_ns, const Spell& server, const Spell& client);

}  // namespace freshet
