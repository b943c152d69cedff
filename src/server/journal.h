// The slow log and LATENCY's events: what the process remembers of its slow moments. Any thread;
// behind a lock, for all of it is rare.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "freshet/commands/host.h"

namespace freshet {

class Journal {
 public:
  using Samples = std::vector<Host::LatencySample>;

  // The newest `most` entries stay; the entry gets its id.
  void slow(SlowEntry entry, size_t most);
  // The newest first.
  std::vector<SlowEntry> slow_log(size_t most) const;
  size_t slow_count() const;
  void slow_reset();

  // One sample a second, the worst of it, and the last 160 of them (Redis 7.0, latency.c).
  void event(std::string_view name, int64_t unix_seconds, int64_t millis);
  std::vector<std::pair<std::string, Samples>> events() const;
  // Forgets the named events, or all; how many.
  size_t reset(const std::vector<std::string>& names);

 private:
  mutable std::mutex mutex_;
  std::deque<SlowEntry> slow_;  // the newest last
  uint64_t next_id_ = 0;
  std::map<std::string, std::deque<Host::LatencySample>, std::less<>> events_;
};

}  // namespace freshet
