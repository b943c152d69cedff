#include "server/turn_watch.h"

#include <algorithm>
#include <ctime>

namespace freshet {
namespace {

uint64_t thread_cpu_ns() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<uint64_t>(used.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(used.tv_nsec);
}

}  // namespace

void TurnWatch::note(uint32_t wanted) {
  const uint64_t now = thread_cpu_ns();
  if (watch_.load(std::memory_order_relaxed) != wanted) {
    last_ = 0;
    one_.set(0);
    two_.set(0);
    watch_.store(wanted, std::memory_order_release);  // pairs with longest()
  } else {
    const uint64_t spent = now - began_;
    one_.set(std::max(one_.get(), spent));
    two_.set(std::max(two_.get(), spent + last_));
    last_ = spent;
  }
  began_ = now;
}

Host::LongestTurns TurnWatch::longest(uint32_t watch) const {
  if (watch_.load(std::memory_order_acquire) != watch) return {};  // pairs with note()
  return {one_.get(), two_.get()};
}

}  // namespace freshet
