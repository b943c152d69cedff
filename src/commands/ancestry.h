// What some names were made from, at every level: the walk that DEPSET and DEPADD need to see
// whether an edge would close a loop, or reach too deep. It looks at a few names at a time behind
// their own doors, while others may draw edges; the shards tell which keys they drew anew
// (redrawn.h), and these are looked at again. So once it is finished with all doors held it has
// seen every edge that there is then, and maybe some that are gone.
//
// Owned by a command, or by the task that goes on with it. One core.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "freshet/commands/router.h"
#include "freshet/engine/ancestor.h"
#include "freshet/engine/table.h"

namespace freshet {

class Ancestry {
 public:
  // Is `key` among them, or any more than `limit` levels away (0: no limit)?
  Ancestry(Keyspace& keyspace, const Key& key, uint32_t limit);
  ~Ancestry();

  // The walk is to begin at these names of the database with that id, beside where it began before.
  // Any other database than before makes it lost.
  void begin_at(std::span<const Key> names, uint8_t db);
  // Looks at up to about `most` names. True if the answer is exact now: error() has it, or all
  // edges are known. REQUIRES: all doors held.
  bool finish(Router& router, Millis now, size_t most);
  // From now on the shards tell it what they draw. REQUIRES: all doors held, since it began.
  void watch();
  // Ends that, one shard at a time; false when it is over.
  bool unwatch(Router& router);

  // What a slice does: takes in what one shard has drawn, and looks at up to `most` names, each
  // behind its own door.
  void step(Router& router, Millis now, size_t most);
  // Nothing is open, and every shard was asked since something was: time to finish.
  bool settled() const { return !error_.empty() || (open_ == nullptr && asked_ >= taken_.size()); }
  // A shard has drawn more than it could remember, or the database is another: what was seen proves
  // nothing. It has to forget, and begin anew.
  bool lost() const { return lost_; }
  // Frees what it has seen, a slice at a time; false when all is gone, and it may begin anew.
  bool forget(Router& router);

  // The error's text, or "".
  const std::string& error() const { return error_; }

 private:
  void add(const Key& name, Ancestor* parent);
  void reopen(Ancestor* one);
  size_t look(Router& router, Millis now, size_t most);
  void come_to(std::string_view name, Ancestor* from);
  size_t take_redrawn(Router& router, uint32_t id, size_t most);
  std::string spell(const Ancestor* last) const;

  Keyspace& keyspace_;
  const std::string key_;
  const uint32_t limit_;
  int db_ = -1;  // Database::id; -1: it has not begun
  Meter meter_;
  Table<Ancestor> seen_;
  Ancestor* open_ = nullptr;  // the first of the list, which is worked off in order
  Ancestor* last_ = nullptr;
  std::vector<uint64_t> taken_;  // by shard: up to where its Redrawn is known; empty: no watch
  size_t asked_ = 0;             // shards in a row that had nothing to look at again
  uint32_t next_shard_ = 0;
  bool lost_ = false;
  std::string error_;
};

}  // namespace freshet
