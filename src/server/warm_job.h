// One WARM job: walks a source's keys and stores what it reads. Runs on core 0's loop and goes
// through its router like any command; nothing waits for it.
//
// A batch's fence is opened before its values are asked for and closed when they are stored: a key
// that changed or was invalidated here in between is not brought back.
#pragma once

#include <uv.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "freshet/commands/router.h"
#include "freshet/commands/warm.h"
#include "server/source_link.h"

namespace freshet {

class WarmJob {
 public:
  using Clock = std::function<Millis()>;
  // `on_progress` gets the state after each batch and at the end ("running", then one of the
  // others).
  WarmJob(uint64_t id, WarmRequest request, SourceAddress source, uv_loop_t* loop, Router& router,
          Clock clock, int memory_percent, std::function<void(const WarmStatus&)> on_progress);
  ~WarmJob();

  void start();
  void cancel() { end("cancelled", ""); }
  bool ended() const { return status_.state != "running"; }
  const WarmStatus& status() const { return status_; }

 private:
  enum class Step { kGreet, kScan, kFetch };
  struct Asked {
    std::string key;
    std::string value;
    bool present = false;
    bool is_string = true;
  };

  void greet();
  void next_batch();
  void scan();
  void fetch(std::vector<std::string> keys);
  void replied(const ReplyValue& value);
  void scanned(const ReplyValue& value);
  void fetched(const ReplyValue& value);
  void store_batch();
  void settle();
  void store(const Asked& asked, Millis deadline);
  bool memory_is_short() const;
  void pause_for_rate();
  void end(std::string_view state, std::string reason);
  void arm(uint64_t wait_ms, void (*call)(uv_timer_t*));

  WarmRequest request_;
  const SourceAddress source_;
  uv_loop_t* loop_;
  Router& router_;
  Clock clock_;
  const int memory_percent_;
  std::function<void(const WarmStatus&)> on_progress_;
  WarmStatus status_;
  SourceLink* link_ = nullptr;  // its own owner
  uv_timer_t* timer_;           // silence of the source, or the pause that the rate wants

  Step step_ = Step::kGreet;
  int greetings_ = 0;  // replies still to come
  std::string cursor_ = "0";
  bool scanned_all_ = false;
  std::deque<std::string> keys_;  // found, not fetched yet
  std::vector<Asked> batch_;
  std::vector<Millis> deadlines_;
  size_t replies_ = 0;
  Cascade cascade_;
  uint64_t fence_ = 0;
  bool fence_open_ = false;
  Millis asked_at_ = 0;
};

}  // namespace freshet
