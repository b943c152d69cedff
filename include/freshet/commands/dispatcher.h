// From arguments to a handler: finds the row, checks what can be checked without it (arity, AUTH,
// memory), runs it, counts it. One a core.
#pragma once

#include "freshet/base/ticks.h"
#include "freshet/commands/command_table.h"
#include "freshet/commands/context.h"
#include "freshet/commands/host.h"
#include "freshet/commands/router.h"
#include "freshet/commands/session.h"
#include "freshet/commands/stats.h"
#include "freshet/commands/task.h"
#include "freshet/resp/parser.h"

namespace freshet {

class Dispatcher {
 public:
  Dispatcher(Router& router, Host& host, CoreStats& stats);

  // Runs one command, begun at `started` (ticks), and writes its reply; when it ended. `parser` may
  // be null: it lends the Blobs of large arguments.
  uint64_t run(Session& session, const Request& request, Output& out, const Parser* parser,
               uint64_t started);
  void run(Session& session, Args args, Output& out, const Parser* parser = nullptr) {
    run(session, {args, table_.find(args)}, out, parser, ticks());
  }

  // What commands have left to be done, in turn, until `end` (in ticks) or until all is done. A
  // session whose reply has to wait for it is suspended until `answer` is called.
  void work(Millis now, uint64_t end, const Tasks::Answer& answer) {
    tasks_.work(router_, now, end, [&](uint64_t client, const Task& task) {
      task.count(stats_);
      answer(client, task);
    });
  }
  bool has_tasks() const { return !tasks_.empty(); }

  // From which duration on a command is told to the slow log (microseconds; negative: never) or to
  // LATENCY (milliseconds; 0: never). The core refreshes it.
  void watch(int64_t slow_micros, int64_t latency_millis, double ticks_per_micro);

 private:
  // True if the command may surely run; admit() finds out about the others.
  bool fits(const Session& session, const Request& request) const;
  // True if the command may run; else the error is written.
  bool admit(Session& session, const Request& request, Reply& reply);
  void go_on_with(std::unique_ptr<Task> task, Session& session, uint64_t started, Reply& reply);
  void count(const Request& request, const Session& session, uint64_t spent);
  void note_long(const Request& request, const Session& session, uint64_t spent);
  void note_slow(Args args, const Session& session, uint64_t spent);

  Router& router_;
  Host& host_;
  CoreStats& stats_;
  CommandTable& table_;
  Tasks tasks_;
  double ticks_per_micro_ = 1000;
  uint64_t slow_ticks_ = UINT64_MAX;
  uint64_t watched_ticks_ = UINT64_MAX;  // the lower of both thresholds
  uint32_t sample_ = 0;
};

}  // namespace freshet
