// Work that a command leaves to be done in slices, while other clients are served: what is too much
// for one turn of the core. Its client waits for the reply, and so do the commands behind it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "freshet/base/time.h"
#include "freshet/resp/reply.h"

namespace freshet {

class Router;
struct CoreStats;

class Task {
 public:
  virtual ~Task() = default;
  // Does a slice: some tens of keys, or some hundred looked at. REQUIRES: !done(), no door held.
  virtual void step(Router& router, Millis now) = 0;
  virtual bool done() const = 0;
  // True when the client may have its reply, at the latest when it is done.
  virtual bool may_reply() const { return done(); }
  virtual void reply(Reply& reply) const = 0;
  // Counts what came of the command, when it is known only after the command was counted. Called
  // before reply().
  virtual void count(CoreStats&) const {}
  // The reply is written already, and only held back.
  virtual bool has_replied() const { return false; }
};

// The tasks of one core. REQUIRES: its thread.
class Tasks {
 public:
  // Called when the client's reply is due: Core::answer, or what a test does.
  using Answer = std::function<void(uint64_t client, const Task& task)>;

  bool empty() const { return running_.empty(); }
  size_t size() const { return running_.size(); }
  // client: whose reply waits for it; 0: nobody's.
  void add(std::unique_ptr<Task> task, uint64_t client) {
    running_.push_back({std::move(task), client});
  }
  // Works on all in turn, until `end` (in ticks) or until all are done.
  void work(Router& router, Millis now, uint64_t end, const Answer& answer);

 private:
  struct Running {
    std::unique_ptr<Task> task;
    uint64_t client;
  };
  std::vector<Running> running_;
  size_t next_ = 0;
};

}  // namespace freshet
