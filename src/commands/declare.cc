#include "commands/declare.h"

#include <algorithm>
#include <vector>

#include "freshet/base/mutant.h"

namespace freshet {

Declarations* redeclare(Context& c, Declarations* from, const Key& to, int db) {
  if (from == nullptr) return nullptr;
  // The views stay good: attaching removes what has expired, and `from` keeps its nodes alive.
  std::vector<Key> deps, tags;
  for (const Link& link : from->dep_links()) {
    if (link.node->key() != to.view) deps.push_back(c.router.hasher().key(link.node->key()));
  }
  for (const Link& link : from->tag_links()) {
    if (mutant(kRenameLosesTags)) break;
    tags.push_back(c.router.hasher().key(link.node->key()));
  }
  Shard& shard = c.router.keyspace().home(to);
  Declarations* made = shard.db(db).graph.declare(deps, tags, from->priority, from->created);
  made->hits = from->hits;
  made->bound = from->bound;
  if (c.all_held()) {
    for (const Key& dep : deps) {
      made->bound = std::min(made->bound, c.space(dep, db).attach(dep, shard));
    }
  }
  return made;
}

}  // namespace freshet
