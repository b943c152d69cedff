// The keys of one shard that match any of some patterns, a slice at a time: by the prefix index if
// it leads to all of them, else by a walk over the table. A key may be found twice.
#pragma once

#include <string>
#include <vector>

#include "freshet/engine/space.h"

namespace freshet {

class KeySweep {
 public:
  // True if the index knows all matches of `patterns`.
  static bool indexed(const Database& db, const std::vector<KeyPattern>& patterns);

  // Looks at about `most` more keys; true when that was all, and the next call begins with another
  // shard.
  bool next(Space& space, const std::vector<KeyPattern>& patterns, size_t most);
  // The matches that the last call found, dead or alive.
  const std::vector<Entry*>& found() const { return found_; }
  // Nothing of the present shard has been looked at.
  bool begins() const { return !begun_; }

 private:
  bool by_index(const Database& db, const std::vector<KeyPattern>& patterns, size_t most);
  bool by_table(const Database& db, const std::vector<KeyPattern>& patterns, size_t most);

  bool begun_ = false;
  size_t pattern_ = 0;     // by index: the one in turn,
  std::string reached_;    //   and the last key of its range that was looked at
  uint64_t position_ = 0;  // by table: where it goes on
  size_t looked_ = 0;
  std::vector<Entry*> found_;
};

}  // namespace freshet
