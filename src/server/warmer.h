// All WARM jobs of the process. They run on core 0; what others may read of them is guarded by a
// door.
#pragma once

#include <uv.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "freshet/commands/options.h"
#include "freshet/commands/warm.h"
#include "freshet/engine/door.h"
#include "server/warm_job.h"

namespace freshet {

class Warmer {
 public:
  // How the warmer reaches core 0: `post` runs a function on its thread.
  struct Home {
    uv_loop_t* loop;
    Router* router;
    std::function<void(std::function<void()>)> post;
    WarmJob::Clock clock;
  };
  explicit Warmer(Options& options) : options_(options) {}

  // Before the cores run.
  void settle(Home home) { home_ = std::move(home); }
  // Any thread. "" and the job's number, or the error's text. `on_end` is called on core 0.
  std::string start(const WarmRequest& request, std::function<void(const WarmStatus&)> on_end,
                    uint64_t& job);
  std::vector<WarmStatus> jobs() const;  // the newest first
  bool cancel(uint64_t job);
  std::vector<WarmSource> sources() const;
  // Core 0, when it ends: stops all jobs.
  void stop();

 private:
  static constexpr size_t kRemembered = 100;  // ended jobs

  void publish(const WarmStatus& status);

  Options& options_;
  Home home_{};
  mutable Door door_;
  std::deque<WarmStatus> known_;                   // guarded by door_; the newest first
  uint64_t last_id_ = 0;                           // guarded by door_
  std::vector<std::unique_ptr<WarmJob>> running_;  // core 0's
};

}  // namespace freshet
