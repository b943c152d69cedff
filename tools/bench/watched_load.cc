#include "watched_load.h"

#include <poll.h>
#include <sys/resource.h>

#include <atomic>
#include <thread>

namespace freshet {

Watched watch(Watcher& watcher, Load& load, const Limits& limits) {
  constexpr int kNice = 10;  // of the load: the client that is watched comes first
  if (!watcher.ok() || load.broken() || !watcher.begin()) return {.error = "cannot connect"};
  Watched watched;
  LoadResult result;
  std::atomic<bool> done{false};
  std::thread thread([&] {
    setpriority(PRIO_PROCESS, 0, kNice);  // of this thread alone, under Linux
    result = load.run(limits);
    done.store(true, std::memory_order_release);  // pairs with the loop below
  });
  while (!done.load(std::memory_order_acquire)) {
    pollfd ready{watcher.fd(), POLLIN, 0};
    if (poll(&ready, 1, 1) > 0 && watched.error.empty() && !watcher.answer_came()) {
      watched.error = "the other client read no value";
    }
  }
  thread.join();
  watched.waits = watcher.end();
  watched.seconds = result.seconds;
  if (watched.error.empty()) watched.error = result.error;
  return watched;
}

}  // namespace freshet
