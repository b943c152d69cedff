#include "freshet/commands/task.h"

#include <utility>

#include "freshet/base/ticks.h"
#include "freshet/commands/router.h"

namespace freshet {

void Tasks::work(Router& router, Millis now, uint64_t end, const Answer& answer) {
  while (!running_.empty()) {
    if (next_ >= running_.size()) next_ = 0;
    Running& one = running_[next_];
    one.task->step(router, now);
    if (one.client != 0 && one.task->may_reply()) answer(std::exchange(one.client, 0), *one.task);
    if (running_[next_].task->done()) {  // an answer may have begun other tasks
      running_.erase(running_.begin() + static_cast<ptrdiff_t>(next_));
    } else {
      ++next_;
    }
    if (ticks() >= end) return;
  }
}

}  // namespace freshet
