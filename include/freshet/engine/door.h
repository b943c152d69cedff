// A door lets one core at a time into a shard. It knows nothing of what is inside.
//
// Held for one command. Test-and-test-and-set with `pause`, then sched_yield: a waiting core that
// shares its cpu with the holder would otherwise spin until its time slice ends.
#pragma once

#include <sched.h>

#include <atomic>

namespace freshet {

class Door {
 public:
  void enter() {
    // acquire pairs with leave's release: who enters sees all that the last one did inside.
    if (!taken_.exchange(true, std::memory_order_acquire)) [[likely]]
      return;
    wait();
  }
  void leave() { taken_.store(false, std::memory_order_release); }

 private:
  void wait() {
    for (int spins = 0;;) {
      while (taken_.load(std::memory_order_relaxed)) {
        if (++spins < kSpins) {
          pause();
        } else {
          sched_yield();
        }
      }
      if (!taken_.exchange(true, std::memory_order_acquire)) return;
    }
  }

  static void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  static constexpr int kSpins = 100;
  std::atomic<bool> taken_{false};
};

}  // namespace freshet
