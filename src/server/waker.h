// A waker ends the sleep of another core's loop: an eventfd in its epoll set. It carries nothing.
//
// libuv's own uv_async_t spins when both threads share a cpu; an eventfd does not.
#pragma once

#include <uv.h>

#include <atomic>

namespace freshet {

class Waker {
 public:
  explicit Waker(uv_loop_t* loop);
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  // Any thread. The loop's next poll returns at once; many calls may end one sleep.
  void wake();
  // Owner only. Lets the loop end; the memory must stay until it did.
  void close();

 private:
  static void on_readable(uv_poll_t* poll, int status, int events);

  int fd_;
  uv_poll_t poll_;
  std::atomic<bool> raised_{false};  // the eventfd is, or is about to be, readable
};

}  // namespace freshet
