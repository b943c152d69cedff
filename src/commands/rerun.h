// A command that could not be decided when it came, kept to be run again: its arguments, what it
// knew of its session, and what it replies in the end. Owned by the task that runs it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/commands/command_table.h"
#include "freshet/commands/context.h"
#include "freshet/commands/stats.h"

namespace freshet {

class Rerun {
 public:
  // Copies what the context lends, but for large arguments, which it shares.
  explicit Rerun(const Context& context);
  ~Rerun();
  Rerun(const Rerun&) = delete;
  Rerun& operator=(const Rerun&) = delete;

  // Runs the command. What it leaves to be done before the reply is returned, if anything.
  // REQUIRES: !replied(), no door held.
  std::unique_ptr<Task> run(Router& router, Millis now, Ancestry* ancestry);
  bool replied() const { return !output_.empty(); }
  void reply(Reply& reply) const { reply.append(reply_); }
  // Counts the error, if it is one: the command itself was counted when it came.
  void count(CoreStats& stats) const;

 private:
  const CommandTable::Found found_;
  Host& host_;
  const Origin origin_;
  const int db_;
  const bool no_touch_;
  std::vector<std::string> copies_;
  std::vector<std::string_view> args_;
  std::vector<Blob*> blobs_;  // by argument; nullptr: it is a copy
  Output output_;
  Reply reply_;
};

}  // namespace freshet
