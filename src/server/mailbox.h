// A core's mailbox: small jobs that other threads ask it to do, between two turns of its loop. For
// what is rare: sockets handed over, connections to kill, the end. Commands never travel here.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "server/waker.h"

namespace freshet {

class Mailbox {
 public:
  using Job = std::function<void()>;

  explicit Mailbox(uv_loop_t* loop) : waker_(loop) {}

  // Any thread. Jobs of one sender are done in the order they were sent.
  void send(Job job);
  // Owner only: does all that has arrived.
  void deliver() {
    // acquire pairs with send's release.
    if (filled_.load(std::memory_order_acquire)) [[unlikely]]
      run_all();
  }
  // Owner only.
  void close() { waker_.close(); }

 private:
  void run_all();

  Waker waker_;
  std::mutex mutex_;  // a sender may be descheduled while it holds this: sleep, do not spin
  std::vector<Job> arrived_;
  std::vector<Job> running_;
  std::atomic<bool> filled_{false};
};

}  // namespace freshet
