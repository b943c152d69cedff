// FETCH, and what its tokens are worth: leases on missing keys, and the fence of a fill.
#pragma once

#include <optional>
#include <span>

#include "freshet/commands/context.h"

namespace freshet {

// The handler; its row stands in graph_cmds.cc.
void fetch(Context& c);

// A fill of `key`, made of `deps` and carrying `tags`, comes with this token, whose lease is over
// by that. Why it may not be stored; nullopt if it may. REQUIRES: the shards of key and deps are
// held.
std::optional<FenceCause> fence_refuses(const Context& c, std::string_view token, const Key& key,
                                        std::span<const Key> deps, std::span<const Key> tags);

}  // namespace freshet
