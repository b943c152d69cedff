// Several threads that start together.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace freshet {

// Runs body(0) … body(count - 1), each on a thread of its own, and waits for all.
inline void run_threads(int count, const std::function<void(int)>& body) {
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      ready.fetch_add(1);
      while (ready.load() < count) std::this_thread::yield();
      body(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace freshet
