#include "watched_load.h"

#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace freshet {

LoadSpec short_load(const Operation& operation, const Space& space) {
  return {.operation = operation,
          .space = space,
          .pick = Pick::kSequence,
          .pipeline = 8,
          .connections = 8};
}

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

double beyond_ms(const Watched& steady, const Watched& loaded) {
  return std::max(0.0, loaded.waits.own() - steady.waits.own());
}

void report_waits(const Line& line, const char* table, const Watched& steady, const Watched& loaded,
                  Results& results) {
  const auto set = [&](const char* metric, double value) {
    results.set(line, table, metric, value);
  };
  set("pause_ms", loaded.waits.longest);
  set("quiet_ms", steady.waits.longest);
  set("unqueued_ms", loaded.waits.unqueued);
  if (loaded.waits.turns) set("turns_ms", *loaded.waits.turns);
  if (steady.waits.turns) set("quiet_turns_ms", *steady.waits.turns);
  set("own_ms", loaded.waits.own());
  set("beyond_ms", beyond_ms(steady, loaded));
}

}  // namespace freshet
