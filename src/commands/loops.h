// Loops and depth in the dependency graph: what must be refused before an edge is drawn. A search
// that takes long is left as a task, which runs the command again when it has an answer: so the
// edges are drawn under the doors under which the last of the search was done, and no loop can come
// into being, whatever others do meanwhile.
#pragma once

#include <span>

#include "freshet/commands/context.h"

namespace freshet {

// What a value that is about to be stored declares.
struct Edges {
  const Key& key;
  int db;  // an index
  std::span<const Key> deps;
  uint32_t most_levels = 0;  // 0: no limit
};

// True if they may be drawn, now. Else the reply is an error; or the handler is to be run again,
// with all shards or later, and must have changed and replied nothing: it returns at once.
// REQUIRES: the homes of the key and of the dependencies are held.
bool edges_allowed(Context& c, const Edges& edges);

}  // namespace freshet
