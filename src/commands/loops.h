// Loops and depth in the dependency graph: what DEPSET and DEPADD must refuse. Reads the graph
// across shards, so it may need all of them; never recursive.
#pragma once

#include <span>
#include <string>

#include "freshet/commands/context.h"

namespace freshet {

enum class EdgeCheck { kFine, kRefused, kNeedAll };

// May `key` declare `deps`? kRefused: the reply's text stands in `error`. kNeedAll: the shards that
// are held can't tell; ask again with all of them.
EdgeCheck check_edges(const Context& c, const Key& key, std::span<const Key> deps,
                      std::string& error);

}  // namespace freshet
