#include "server/mailbox.h"

#include <utility>

namespace freshet {

void Mailbox::send(Job job) {
  {
    const std::lock_guard lock(mutex_);
    arrived_.push_back(std::move(job));
    filled_.store(true, std::memory_order_release);
  }
  waker_.wake();
}

void Mailbox::run_all() {
  {
    const std::lock_guard lock(mutex_);
    running_.swap(arrived_);
    filled_.store(false, std::memory_order_relaxed);
  }
  for (Job& job : running_) job();
  running_.clear();
}

}  // namespace freshet
