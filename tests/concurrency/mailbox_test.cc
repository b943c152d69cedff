#include "server/mailbox.h"

#include <doctest/doctest.h>

#include "threads.h"

namespace freshet {
namespace {

// An owner with a loop of its own, which sleeps whenever its mailbox is empty.
class Owner {
 public:
  Owner() : initialized_(uv_loop_init(&loop_)), mailbox(&loop_) {}
  ~Owner() {
    mailbox.close();
    while (uv_run(&loop_, UV_RUN_NOWAIT) != 0) {
    }
    uv_loop_close(&loop_);
  }

  // Until `done` is set by a job. Every sleep is one that a lost wake-up would never end.
  void run() {
    while (!done) {
      mailbox.deliver();
      if (!done) uv_run(&loop_, UV_RUN_ONCE);
    }
  }

 private:
  uv_loop_t loop_;
  int initialized_;

 public:
  Mailbox mailbox;
  bool done = false;
};

}  // namespace

TEST_CASE(
    "every job that four threads send is done, each sender's in order, and no wake-up is lost") {
  constexpr int kSenders = 4, kJobs = 5'000;
  Owner owner;
  std::vector<int> next(kSenders, 0);
  int wrong = 0, finished = 0;
  std::thread senders([&] {
    run_threads(kSenders, [&](int sender) {
      for (int i = 0; i < kJobs; ++i) {
        owner.mailbox.send([&, sender, i] {
          if (next[static_cast<size_t>(sender)]++ != i) ++wrong;
          if (i + 1 == kJobs && ++finished == kSenders) owner.done = true;
        });
        if (i % 64 == 0) std::this_thread::yield();
      }
    });
  });
  owner.run();
  senders.join();
  CHECK(wrong == 0);
  for (const int count : next) CHECK(count == kJobs);
}

TEST_CASE("two owners that wake each other in turn never sleep for good") {
  constexpr int kRounds = 5'000;
  Owner left, right;
  int rounds = 0;
  std::function<void()> hit, back;
  back = [&] { right.mailbox.send(hit); };
  hit = [&] {
    if (++rounds < kRounds) {
      left.mailbox.send(back);
    } else {
      left.mailbox.send([&] { left.done = true; });
      right.done = true;
    }
  };
  std::thread other([&] { left.run(); });
  right.mailbox.send(hit);
  right.run();
  other.join();
  CHECK(rounds == kRounds);
}

TEST_CASE("a job may send to its own mailbox, and is not run in the same delivery") {
  Owner owner;
  int deliveries = 0;
  owner.mailbox.send([&] {
    owner.mailbox.send([&] { owner.done = true; });
    CHECK_FALSE(owner.done);
    ++deliveries;
  });
  owner.run();
  CHECK(deliveries == 1);
  CHECK(owner.done);
}

}  // namespace freshet
