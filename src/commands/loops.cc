#include "loops.h"

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "freshet/base/mutant.h"

namespace freshet {
namespace {

constexpr size_t kSpelled = 64;  // names of a loop that the error shows

// The declarations of a name's value, if it has one. REQUIRES: its shard held.
const Declarations* declarations_of(const Context& c, const Key& name) {
  Space space = c.space(name);
  const Entry* entry = space.peek(name);
  return entry == nullptr ? nullptr : space.db().graph.of(entry);
}

// What a name of `declarations_of(c, name)` is called.
std::string_view name_of(const Context& c, const Key& declarant, const Link& link) {
  return c.space(declarant).db().graph.node(link)->key();
}

bool any_declares(const Context& c, std::span<const Key> deps) {
  for (const Key& dep : deps) {
    const Declarations* declarations = declarations_of(c, dep);
    if (declarations != nullptr && declarations->deps() != 0) return true;
  }
  return false;
}

// "a <- b <- a": a is made from b, b from a.
std::string spell(const std::string& key, std::string name,
                  const std::unordered_map<std::string, std::string>& made_for) {
  std::vector<std::string> path{key};
  for (;;) {
    path.push_back(name);
    const std::string& next = made_for.at(name);
    if (next.empty()) break;
    name = next;
  }
  std::string text = "CYCLE " + key;
  for (size_t i = path.size(); i-- > 1;) {
    const size_t shown = path.size() - i;
    if (shown == kSpelled && i > 1) {
      text += " <- ...";
      i = 1;
      continue;
    }
    text += " <- " + path[i];
  }
  return text + " <- " + key;
}

// Walks from the dependencies to what they were made from. "" if `key` is not among it.
std::string find_loop(const Context& c, const Key& key, std::span<const Key> deps) {
  const Hasher& hasher = c.router.hasher();
  std::unordered_map<std::string, std::string> made_for;  // name -> the one that declares it
  std::vector<std::string> open;
  for (const Key& dep : deps) {
    if (made_for.emplace(dep.view, "").second) open.emplace_back(dep.view);
  }
  while (!open.empty()) {
    const std::string name = std::move(open.back());
    open.pop_back();
    const Key declarant = hasher.key(name);
    const Declarations* declarations = declarations_of(c, declarant);
    if (declarations == nullptr) continue;
    for (const Link& link : declarations->dep_links()) {
      const std::string_view made_from = name_of(c, declarant, link);
      if (made_from == key.view) return spell(std::string(key.view), name, made_for);
      if (mutant(kShallowLoopCheck)) continue;
      if (made_for.emplace(made_from, name).second) open.emplace_back(made_from);
    }
  }
  return "";
}

// Level by level; true if there is a dependency more than `limit` levels away.
bool too_deep(const Context& c, std::span<const Key> deps, uint32_t limit) {
  const Hasher& hasher = c.router.hasher();
  std::unordered_set<std::string> level;
  for (const Key& dep : deps) level.emplace(dep.view);
  for (uint32_t depth = 1; !level.empty(); ++depth) {
    if (depth > limit) return true;
    std::unordered_set<std::string> next;
    for (const std::string& name : level) {
      const Key declarant = hasher.key(name);
      const Declarations* declarations = declarations_of(c, declarant);
      if (declarations == nullptr) continue;
      for (const Link& link : declarations->dep_links()) {
        next.emplace(name_of(c, declarant, link));
      }
    }
    level = std::move(next);
  }
  return false;
}

}  // namespace

EdgeCheck check_edges(const Context& c, const Key& key, std::span<const Key> deps,
                      std::string& error) {
  for (const Key& dep : deps) {
    if (dep.view != key.view) continue;
    error = "CYCLE " + std::string(key.view) + " <- " + std::string(key.view);
    return EdgeCheck::kRefused;
  }
  // A loop needs somebody who was made from `key`, and a dependency that was made from something.
  if (!any_declares(c, deps)) return EdgeCheck::kFine;
  const uint32_t limit =
      c.router.keyspace().settings.max_dependency_depth.load(std::memory_order_relaxed);
  const bool depended_on = c.space(key).db().graph.name(key) != nullptr;
  if (!depended_on && limit == 0) return EdgeCheck::kFine;
  if (!c.all_held()) return EdgeCheck::kNeedAll;
  if (depended_on) error = find_loop(c, key, deps);
  if (error.empty() && limit != 0 && too_deep(c, deps, limit)) {
    error =
        "ERR more than max-dependency-depth (" + std::to_string(limit) + ") levels of dependencies";
  }
  return error.empty() ? EdgeCheck::kFine : EdgeCheck::kRefused;
}

}  // namespace freshet
