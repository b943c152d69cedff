// Several cores over one keyspace, as in the server, but without sockets: each thread has a desk, a
// router, dispatcher and session of its own. The clock stands still until the thread moves it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "../commands/harness.h"
#include "freshet/base/ticks.h"
#include "threads.h"

namespace freshet {

// One core's way in; the keyspace is everybody's. One thread.
class Desk {
 public:
  Desk(Keyspace& keyspace, Options& options)
      : host_(options),
        stats_(CommandTable::all().count()),
        router(keyspace, true),
        dispatcher_(router, host_, stats_),
        session_(1, host_) {
    session_.now = 1'700'000'000'000;
  }

  // The reply's bytes.
  std::string run(const std::vector<std::string>& words) {
    const std::vector<std::string_view> args(words.begin(), words.end());
    Output out;
    dispatcher_.run(session_, args, out);
    while (session_.suspended) work(&out);
    std::string bytes;
    iovec parts[64];
    while (!out.empty()) {
      const int count = out.gather(parts, 64);
      size_t total = 0;
      for (int i = 0; i < count; ++i) {
        bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
        total += parts[i].iov_len;
      }
      out.sent(total);
    }
    return bytes;
  }

  // A slice of what a core's timer does for every shard, and of what commands have left to be done;
  // true if there is more.
  bool housekeep() {
    bool more = false;
    {
      const Router::Collecting collecting(router, cascade_);
      router.each([&](Shard& shard) {
        shard.expire_slice(session_.now, 64);
        more |= shard.reclaim_slice(session_.now, 64);
      });
    }
    cascade_.deliver(router, session_.now, 64);
    work(nullptr);
    return more || !cascade_.empty() || dispatcher_.has_tasks();
  }

  void pass(Millis time) { session_.now += time; }
  Millis now() const { return session_.now; }

 private:
  void work(Output* out) {
    dispatcher_.work(session_.now, ticks(), [&](uint64_t, const Task& task) {
      Reply reply(*out, session_.resp);
      if (session_.resume()) task.reply(reply);
    });
  }

  TestHost host_;
  CoreStats stats_;

 public:
  Router router;

 private:
  Dispatcher dispatcher_;
  Session session_;
  Cascade cascade_;
};

struct House {
  explicit House(uint32_t shards = 16) : keyspace(shards, 1, 1, options.settings) {}

  // body(desk, core) on a thread for each core.
  void run(int cores, const std::function<void(Desk&, int)>& body) {
    run_threads(cores, [&](int core) {
      Desk desk(keyspace, options);
      body(desk, core);
    });
  }

  Options options;
  Keyspace keyspace;
};

}  // namespace freshet
