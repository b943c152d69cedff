// What an INVALIDATE asks for.
#pragma once

#include <string>
#include <vector>

#include "freshet/commands/context.h"
#include "freshet/engine/key_pattern.h"

namespace freshet {

inline constexpr Millis kMostSoft = Millis{365} * 24 * 3600 * 1000;  // a year

// A name with its hash, kept for as long as the work takes.
struct InvalidateName {
  std::string text;
  uint64_t hash;
  Key key() const { return {text, hash}; }
};

struct InvalidateRequest {
  enum class Selector { kKey, kPattern, kTag, kDeps };

  Selector selector = Selector::kKey;
  std::vector<InvalidateName> names;  // each once
  std::vector<KeyPattern> patterns;   // kPattern: the same
  bool all_tags = false;
  bool cascade = false;
  bool dry_run = false;
  bool async = false;
  Millis soft = 0;  // the values stay as stale for so long

  // Any of them matches.
  bool matches(std::string_view key) const;
  // The node that a name stands for in one shard, or nullptr. REQUIRES: kTag or kDeps.
  Node* node(const Graph& graph, const InvalidateName& name) const;
  // ALL: the node with the fewest members, by index into names; nullptr if one of the tags is not
  // there at all.
  const InvalidateName* rarest(const Graph& graph) const;
  // ALL: does the value carry every one of the tags? Without it, every member of a node dies.
  bool condemns(const Graph& graph, const Entry* entry) const;
};

// Reads INVALIDATE's arguments, its name first; "" or the error's text.
std::string parse_invalidate(Args args, const Hasher& hasher, InvalidateRequest& request);

// The handler; its row stands in graph_cmds.cc.
void invalidate(Context& c);

// Leaves the work as the context's task: one invalidation of all that any of `parts` selects.
// REQUIRES: their options are the same.
void begin_invalidation(Context& c, std::vector<InvalidateRequest> parts);

}  // namespace freshet
