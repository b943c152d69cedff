// Where an HTTP thread has commands run: a router, a dispatcher and counters of its own, so that
// rights, statistics, cascades and the slow log are those of any other client. Owned by one thread,
// but for its counters, which any may read.
#pragma once

#include <atomic>
#include <initializer_list>
#include <string>
#include <string_view>

#include "freshet/commands/dispatcher.h"
#include "freshet/resp/reply_reader.h"

namespace freshet {

// A command's reply. It owns the bytes that `value` shows.
class Answer {
 public:
  explicit Answer(std::string bytes);
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  const ReplyValue& value() const { return value_; }
  bool is_error() const { return value_.kind == ReplyValue::Kind::kError; }
  bool is_nil() const { return value_.kind == ReplyValue::Kind::kNil; }
  // The error's text, "ERR …".
  std::string_view error() const { return value_.text; }
  // In a map: what follows `name`; nullptr if it is not there.
  const ReplyValue* field(std::string_view name) const;

 private:
  std::string bytes_;
  ReplyValue value_;
};

class Desk {
 public:
  Desk(Keyspace& keyspace, Host& host);
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  CoreStats& stats() { return stats_; }
  Host& host() { return host_; }
  Router& router() { return router_; }

  // Runs a command to its end, in slices, and through CLIENT PAUSE for up to `patience`. What can't
  // be waited for is an error, "BUSY …".
  Answer call(Session& session, Args args);
  Answer call(Session& session, std::initializer_list<std::string_view> args) {
    return call(session, Args(args.begin(), args.size()));
  }
  // The same for a handler of our own, under the name, the rights and the counters of a command.
  Answer call_as(std::string_view name, const Command& row, Session& session, Args args);
  // "" or the error that a command is answered which is not there: "slowlog get", say, once
  // rename-command has taken it away. There is one user, and he may run what is there.
  std::string refusal(std::string_view command) const;
  // Works on what commands have left behind after their replies (INVALIDATE … ASYNC).
  void finish();

  // What is under way then ends with an error. Any thread.
  void stop_at(Millis monotonic) { stop_at_.store(monotonic, std::memory_order_relaxed); }

 private:
  Answer run(Session& session, Args args, const CommandTable::Found& found);
  bool stopped() const;
  bool wait_for_pause(const CommandTable::Found& found) const;

  Host& host_;
  Router router_;
  CoreStats stats_;
  Dispatcher dispatcher_;
  std::atomic<Millis> stop_at_{INT64_MAX};
};

}  // namespace freshet
