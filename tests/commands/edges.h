// Does the graph of a cache have a loop? Asked of the engine itself, edge by edge.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "freshet/engine/keyspace.h"

namespace freshet {

// REQUIRES: nobody else is at work. Dead values count, too.
inline bool has_loop(Keyspace& keyspace, int db) {
  std::unordered_map<std::string, std::vector<std::string>> made_for;  // name -> its declarants
  std::unordered_map<std::string, size_t> left;  // declarant -> names that may still be in a loop
  std::vector<std::string> free;
  for (uint32_t id = 0; id < keyspace.size(); ++id) {
    Database& one = keyspace.shard(id).db(db);
    one.keys.for_each([&](Entry* entry) {
      const Declarations* declarations = one.graph.of(entry);
      if (declarations == nullptr || declarations->deps() == 0) return;
      left[std::string(entry->key())] = declarations->deps();
      for (const Link& link : declarations->dep_links()) {
        made_for[std::string(one.graph.node(link)->key())].emplace_back(entry->key());
      }
    });
  }
  for (const auto& [name, declarants] : made_for) {
    if (!left.contains(name)) free.push_back(name);
  }
  while (!free.empty()) {
    const std::string name = free.back();
    free.pop_back();
    for (const std::string& declarant : made_for[name]) {
      if (--left[declarant] != 0) continue;
      left.erase(declarant);
      free.push_back(declarant);
    }
  }
  return !left.empty();
}

}  // namespace freshet
