// Real threads at real doors, beside which the model's prediction is laid.
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "clock.h"
#include "door_probe.h"
#include "freshet/base/ticks.h"

namespace freshet {
namespace {

constexpr size_t kBatch = ServerPlan::kPipeline;
constexpr size_t kDrawn = size_t{1} << 16;
constexpr int kBatchesOfSlice = 16;
constexpr size_t kWanted = 300;               // good slices
constexpr uint64_t kLongest = 2'000'000'000;  // ns

// All threads begin a slice together, and end it when the first is through.
class Race {
 public:
  Race(std::vector<DoorStore*> stores, const DoorLoad& load, int threads, double outside)
      : stores_(std::move(stores)),
        load_(load),
        threads_(threads),
        cpus_(cpus_allowed()),
        nanos_(nanos_of_tick()),
        work_(static_cast<uint64_t>(outside / 2 / nanos_)),
        paces_(static_cast<size_t>(threads)) {}

  Pace run() {
    std::vector<std::thread> threads;
    for (int i = 0; i < threads_; ++i) threads.emplace_back([this, i] { play(i); });
    for (std::thread& thread : threads) thread.join();
    if (good_.empty()) return {0, 0};
    const auto middle = good_.begin() + static_cast<ptrdiff_t>(good_.size() / 2);
    std::nth_element(good_.begin(), middle, good_.end());
    return {*middle, good_.size()};
  }

 private:
  static void work(uint64_t length) {
    if (length == 0) return;
    for (const uint64_t first = ticks(); ticks() - first < length;) {
    }
  }

  // The last to come opens the next round, and does `before` first.
  template <class F>
  void meet(F&& before) {
    const int round = round_.load(std::memory_order_acquire);
    if (waiting_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
      before();
      waiting_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      return;
    }
    for (int looks = 0; round_.load(std::memory_order_acquire) == round;) {
      if (++looks > 20000) sched_yield();
    }
  }

  void batch(DoorSteps& steps, DoorSteps::Batch wishes) const {
    work(work_ * kBatch);
    steps.buckets(wishes);
    steps.items(wishes);
    for (const DoorStore::Wish& wish : wishes) {
      work(work_);
      steps.run(wish);
    }
    steps.send();
  }

  void play(int me) {
    stay_on_cpu(cpus_[static_cast<size_t>(me) % cpus_.size()]);
    DoorStore& store = *stores_[static_cast<size_t>(me) % stores_.size()];
    DoorSteps steps(store, threads_ > 1);
    const auto wishes = store.draw(load_, static_cast<uint64_t>(me), kDrawn);
    meet([this] { began_ = now_ns(); });
    for (size_t at = 0; !over_;) {
      meet([this] { through_.store(false, std::memory_order_relaxed); });
      const long preempted = times_preempted();
      const uint64_t first = ticks();
      int done = 0;
      while (done < kBatchesOfSlice && !through_.load(std::memory_order_relaxed)) {
        batch(steps, std::span(wishes).subspan(at, kBatch));
        at = (at + kBatch) % kDrawn;
        ++done;
      }
      through_.store(true, std::memory_order_relaxed);
      const double spent = static_cast<double>(ticks() - first) * nanos_;
      const bool kept = times_preempted() == preempted;
      paces_[static_cast<size_t>(me)] =
          kept ? done * static_cast<double>(kBatch) / spent * 1000 : 0;
      meet([this] { judge(); });
    }
  }

  void judge() {
    double sum = 0;
    bool good = true;
    for (const double pace : paces_) {
      good &= pace > 0;
      sum += pace;
    }
    if (good) good_.push_back(sum);
    over_ = good_.size() == kWanted || now_ns() - began_ > kLongest;
  }

  const std::vector<DoorStore*> stores_;
  const DoorLoad& load_;
  const int threads_;
  const std::vector<int> cpus_;
  const double nanos_;
  const uint64_t work_;  // ticks
  std::atomic<int> waiting_{0}, round_{0};
  std::atomic<bool> through_{false};
  // Written by the last to come, read after it has opened the round.
  bool over_ = false;
  uint64_t began_ = 0;
  std::vector<double> good_;
  // Each thread its own.
  std::vector<double> paces_;
};

}  // namespace

Pace race_doors(std::vector<DoorStore*> stores, const DoorLoad& load, int threads, double outside) {
  return Race(std::move(stores), load, threads, outside).run();
}

}  // namespace freshet
