#include "commands/declare.h"

#include <algorithm>
#include <vector>

#include "freshet/base/mutant.h"

namespace freshet {

Declared redeclare(Context& c, const Space& from, const Entry* entry, const Key& to, int db) {
  const Graph& graph = from.db().graph;
  const Declarations* declarations = graph.of(entry);
  const uint8_t priority = stamp::priority(entry->stamp), cost = entry->cost();
  if (declarations == nullptr) return {.priority = priority, .cost = cost};
  // The views stay good: attaching removes what has expired, and `entry` keeps its nodes alive.
  std::vector<Key> deps, tags;
  for (const Link& link : declarations->dep_links()) {
    const std::string_view name = graph.node(link)->key();
    if (name != to.view) deps.push_back(c.router.hasher().key(name));
  }
  for (const Link& link : declarations->tag_links()) {
    if (mutant(kRenameLosesTags)) break;
    tags.push_back(c.router.hasher().key(graph.node(link)->key()));
  }
  Shard& shard = c.router.keyspace().home(to);
  Millis bound = declarations->bound();
  if (c.all_held()) {
    for (const Key& dep : deps) bound = std::min(bound, c.space(dep, db).attach(dep, shard));
  }
  const Graph::About about{declarations->created(), bound};
  return {shard.db(db).graph.declare(deps, tags, about), entry->hits(), priority, cost};
}

}  // namespace freshet
