// A core: one thread, one event loop, the connections that were handed to it, and the shards it
// keeps. It runs commands to completion; only mail reaches it from outside.
//
//   a turn:  mail -> connections with bytes left over -> replies -> upkeep of shards -> poll, read,
//   run what was gathered
//
// Owned by its thread, but for mailbox(), roster(), stats(), turn_watch() and load(), which any
// thread may use.
#pragma once

#include <uv.h>

#include <atomic>
#include <ctime>
#include <memory>
#include <span>
#include <vector>

#include "freshet/commands/dispatcher.h"
#include "freshet/commands/options.h"
#include "server/address.h"
#include "server/batch.h"
#include "server/gathering.h"
#include "server/housekeeper.h"
#include "server/log.h"
#include "server/mailbox.h"
#include "server/roster.h"
#include "server/turn_watch.h"

namespace freshet {

class Connection;
class ServerHost;

// Replies of a connection are sent before the turn ends once they are this many bytes.
inline constexpr size_t kFlushAt = 128 << 10;

class alignas(64) Core {
 public:
  // `count` cores share the keyspace; this one keeps every count-th shard, from `index` on.
  // `shared`: other threads use its shards, too.
  Core(int index, int count, bool shared, ServerHost& host, Keyspace& keyspace);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Any thread.
  Mailbox& mailbox() { return mailbox_; }
  Roster& roster() { return roster_; }
  CoreStats& stats() { return stats_; }
  // Connections it has or is about to get: the acceptor adds, the core subtracts.
  std::atomic<int>& load() { return load_; }
  const TurnWatch& turn_watch() const { return turn_watch_; }
  uint64_t held_count() const { return held_count_.get(); }

  // Runs until stop() has done its work. Names the thread; `cpu` < 0: not pinned.
  void run(int cpu);
  // Answers what has been received, sends it, and ends run(), within a bound.
  void stop();
  void adopt(const Socket& socket);
  void kill(Roster::Name name);
  // Gives a suspended client the reply it waits for.
  void answer(uint64_t client, const std::function<void(Reply&)>& write);
  // Lets those go on whose hold has passed.
  void resume_held();
  // Once a second.
  void sweep();
  // While the buffers of all clients take more than maxmemory-clients, closes the largest client;
  // if it is another core's, tells that core.
  void evict_clients();

  // For connections.
  uv_loop_t* loop() { return &loop_.loop; }
  ServerHost& host() { return host_; }
  Options& options() { return options_; }
  Log& log();
  const CommandTable& table() const { return table_; }
  Dispatcher& dispatcher() { return dispatcher_; }
  Router& router() { return router_; }
  Meter& meter() { return meter_; }
  Meter& client_meter() { return client_meter_; }
  Batch& batch() { return batch_; }
  Gathering& gathering() { return gathering_; }
  uint64_t turn() const { return turn_; }
  // The turn's clock.
  Millis now() {
    if (clock_turn_ != turn_) read_clock();
    return now_;
  }
  uint64_t share_of_turn() const {
    return share_of_turn_;
  }                             // ticks one connection may run for at once
  size_t backpressure() const;  // bytes of replies from which on a connection is not read any more
  std::span<char> read_buffer() { return gathering_.room(); }
  Parser& parser() { return *parser_; }
  // The parser, which is in the middle of a command; a fresh one takes its place.
  std::unique_ptr<Parser> take_parser();
  void give_parser(std::unique_ptr<Parser> parser);
  std::unique_ptr<Output> take_output();
  void give_output(std::unique_ptr<Output> output);
  void flush_later(Connection& connection);
  void go_on_later(Connection& connection);
  void held(Connection& connection);
  void forget(Connection& connection, Roster::Name name);

 private:
  struct Loop {
    Loop();
    ~Loop();
    uv_loop_t loop;
  };

  void read_clock();
  void turn_once();
  void flush_replies();
  void go_on();
  void keep_house();
  void work_on_tasks();
  void refresh_limits();
  bool may_sleep() const {
    return !work_left_ && !dispatcher_.has_tasks() && ready_.empty() && to_flush_.empty() &&
           stopping_ == draining_;
  }
  bool finished();
  void close_all();
  static void on_tick(uv_timer_t* timer);

  Loop loop_;
  const int index_;
  ServerHost& host_;
  Options& options_;
  Mailbox mailbox_;
  Roster roster_;
  CoreStats stats_;
  std::atomic<int> load_{0};
  Count held_count_;
  TurnWatch turn_watch_;
  CommandTable& table_;
  Router router_;
  Dispatcher dispatcher_;
  Housekeeper housekeeper_;
  Meter meter_;
  Meter client_meter_;  // of what meter_ counts, that which maxmemory-clients limits
  Batch batch_;
  Gathering gathering_;
  uv_timer_t timer_;
  uv_check_t read_all_;  // the loop has read from all sockets that had something

  uint64_t turn_ = 0;
  uint64_t clock_turn_ = UINT64_MAX;
  Millis now_ = 0;
  Millis swept_ = 0;
  int64_t slow_limit_ = INT64_MIN;
  int64_t latency_limit_ = INT64_MIN;
  uint64_t share_of_turn_ = UINT64_MAX;
  uint64_t kept_house_ = 0;  // ticks at the end of the last upkeep
  bool house_due_ = false;
  bool work_left_ = false;
  bool stopping_ = false;
  bool draining_ = false;  // stopping, and only the sockets are waited for
  uint64_t last_input_ = UINT64_MAX;
  Millis stop_by_ = 0;
  Millis read_by_ = 0;

  std::unique_ptr<Parser> parser_;
  std::vector<std::unique_ptr<Parser>> parsers_;
  std::vector<std::unique_ptr<Output>> outputs_;  // the last one returned is the warmest
  std::vector<Connection*> to_flush_, flushing_;
  std::vector<Connection*> ready_, going_on_;
  std::vector<Connection*> held_, resuming_;
};

}  // namespace freshet
