// What a data command works with: its arguments, the clock of its turn, and the shards that the
// router opened for it. It never sees the session. Lives for one command.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "freshet/commands/command.h"
#include "freshet/commands/task.h"
#include "freshet/engine/keyspace.h"
#include "freshet/engine/space.h"

namespace freshet {

class Ancestry;
class Host;
class Router;

class Context {
 public:
  Context(Args args_, Reply& reply_, Router& router_, Host& host_, int db_, Millis now_,
          bool no_touch_, const Origin* origin_ = nullptr)
      : args(args_),
        reply(reply_),
        router(router_),
        host(host_),
        db(db_),
        now(now_),
        no_touch(no_touch_),
        origin(origin_) {}

  Args args;
  Reply& reply;
  Router& router;
  Host& host;
  int db;
  Millis now;
  bool no_touch;
  const Origin* origin;  // who asks; nullptr: the server itself
  // What is left to be done before the reply, if it is too much for one turn; the task replies
  // then.
  std::unique_ptr<Task> task;
  // Set when the command is run again, once the task that it left has walked here (loops.h). It
  // may leave nothing and reply nothing again: then the walk goes on.
  Ancestry* ancestry = nullptr;
  // The Blob each large argument was collected in; set by the connection, may be null.
  Blob* (*blob_of)(const void* parser, size_t arg) = nullptr;
  const void* parser = nullptr;

  // The key at args[arg], hashed; once for those that the row names.
  Key key(size_t arg) const {
    if (arg - first_key_ < keys_.size()) [[likely]] {  // keys mostly stand side by side
      const KeyArg& key = keys_[arg - first_key_];
      if (key.arg == arg) [[likely]]
        return {args[arg], key.hash};
    }
    return find_key(arg);
  }
  // Its shard's database. REQUIRES: the router holds that shard.
  Space space(const Key& key) const { return space(key, db); }
  Space space(const Key& key, int database) const;

  // Calls f(Space&) for the selected database of every shard, one door after another.
  template <class F>
  void each(F&& f) const;
  // Asks to be run again with every shard held, when the shards of the keys are not enough. The
  // handler must have changed and replied nothing, and returns at once.
  void need_all();
  bool all_held() const;

  // args[arg] as a value to store: an integer if it is one (as Redis's tryObjectEncoding), the
  // argument's own Blob if it came in one, bytes otherwise. The reference passes with it: store it.
  Value value(size_t arg) const;

  // Replies with a string value, large ones by reference.
  void reply_value(const Entry* entry) const {
    switch (entry->encoding()) {
      [[likely]] case Encoding::kInline : return reply.bulk(entry->inline_bytes());
      case Encoding::kInt:
        return reply.bulk(entry->number());
      case Encoding::kBlob:
        return reply.bulk(entry->blob());
    }
  }

 private:
  friend class Router;
  Key find_key(size_t arg) const;
  void set_keys(std::span<const KeyArg> keys) {
    keys_ = keys;
    first_key_ = keys.empty() ? 0 : keys[0].arg;
  }

  std::span<const KeyArg> keys_;  // that the row names, by argument, ascending
  size_t first_key_ = 0;
  Shard* only_ = nullptr;  // the one that is held, if the row's verb is kAt
};

// An integer if the text is one that Redis would store as one, bytes otherwise.
Value encode(std::string_view bytes);

}  // namespace freshet

#include "freshet/commands/router.h"  // space() and each() need it; it needs the class above
