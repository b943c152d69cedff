#include "server/waker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "freshet/base/check.h"

namespace freshet {

Waker::Waker(uv_loop_t* loop) : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(fd_ >= 0);
  CHECK(uv_poll_init(loop, &poll_, fd_) == 0);
  poll_.data = this;
  CHECK(uv_poll_start(&poll_, UV_READABLE, on_readable) == 0);
}

Waker::~Waker() { ::close(fd_); }

void Waker::wake() {
  // acq_rel pairs with on_readable's: what the caller did before is seen by the owner who lowers
  // the flag.
  if (raised_.exchange(true, std::memory_order_acq_rel)) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
}

void Waker::close() { uv_close(reinterpret_cast<uv_handle_t*>(&poll_), nullptr); }

void Waker::on_readable(uv_poll_t* poll, int, int) {
  auto* self = static_cast<Waker*>(poll->data);
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(self->fd_, &count, sizeof count);
  // Lowered after the read: a wake in between finds the flag up, and its message is found by the
  // owner, who looks at the mailbox after this.
  self->raised_.exchange(false, std::memory_order_acq_rel);
}

}  // namespace freshet
