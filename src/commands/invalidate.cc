// INVALIDATE: kills by name, pattern, tag or dependency, and on request what was made from the
// killed.
#include "invalidate.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include "freshet/base/glob.h"
#include "freshet/base/mutant.h"
#include "freshet/base/text.h"

namespace freshet {
namespace {

enum class Selector { kKey, kPattern, kTag, kDeps };

struct Request {
  Selector selector = Selector::kKey;
  std::vector<Key> names;
  bool all_tags = false;
  bool cascade = false;
  bool dry_run = false;
};

// Options are read from the end, up to a "--" or the first word that is none. "" or the error's
// text.
std::string parse(const Context& c, Request& request) {
  const std::string_view word = c.args[1];
  if (is_word(word, "key"))
    request.selector = Selector::kKey;
  else if (is_word(word, "pattern"))
    request.selector = Selector::kPattern;
  else if (is_word(word, "tag"))
    request.selector = Selector::kTag;
  else if (is_word(word, "deps"))
    request.selector = Selector::kDeps;
  else
    return "ERR INVALIDATE wants one of KEY, PATTERN, TAG, DEPS before the names";

  size_t end = c.args.size();
  for (; end > 2; --end) {
    const std::string_view option = c.args[end - 1];
    if (is_word(option, "all"))
      request.all_tags = true;
    else if (is_word(option, "cascade"))
      request.cascade = true;
    else if (is_word(option, "dryrun"))
      request.dry_run = true;
    else
      break;
  }
  if (end > 2 && c.args[end - 1] == "--") --end;
  if (end == 2)
    return "ERR INVALIDATE wants a name; a name that is an option's word needs a -- behind it";
  if (request.all_tags && request.selector != Selector::kTag) return "ERR ALL goes with TAG only";
  for (size_t i = 2; i < end; ++i) request.names.push_back(c.key(i));
  return "";
}

bool declares(Declarations* declarations, const Key& tag) {
  const auto links = declarations->tag_links();
  return std::any_of(links.begin(), links.end(),
                     [&](const Link& link) { return link.node->key() == tag.view; });
}

// Appends what a node's members are, each entry once.
void add_members(const Node* node, std::unordered_set<Entry*>& found) {
  for (uint32_t i = 0; i < node->count; ++i) found.insert(node->members[i]->entry);
}

void select_tagged(Space& space, const Request& request, std::unordered_set<Entry*>& found) {
  const Graph& graph = space.db().graph;
  if (!request.all_tags) {
    for (const Key& tag : request.names) {
      const Node* node = graph.tag(tag);
      if (node == nullptr) continue;
      space.shard().stats.keys_examined += node->count;
      add_members(node, found);
    }
    return;
  }
  const Node* rarest = nullptr;
  for (const Key& tag : request.names) {
    const Node* node = graph.tag(tag);
    if (node == nullptr) return;
    if (rarest == nullptr || node->count < rarest->count) rarest = node;
  }
  space.shard().stats.keys_examined += rarest->count;
  for (uint32_t i = 0; i < rarest->count; ++i) {
    Declarations* member = rarest->members[i];
    const auto carried = [&](const Key& tag) { return declares(member, tag); };
    if (std::all_of(request.names.begin(), request.names.end(), carried))
      found.insert(member->entry);
  }
}

bool matches_any(const Request& request, std::string_view key) {
  const auto matched = [&](const Key& pattern) {
    return pattern.view == "*" || glob_match(pattern.view, key);  // "*" is the empty key's, too
  };
  return std::any_of(request.names.begin(), request.names.end(), matched);
}

// The entries of one shard that the request names.
std::unordered_set<Entry*> select(Space& space, const Request& request) {
  std::unordered_set<Entry*> found;
  switch (request.selector) {
    case Selector::kKey:
      for (const Key& key : request.names) {
        Entry* entry = space.db().keys.find(key);
        if (entry != nullptr) found.insert(entry);
      }
      break;
    case Selector::kPattern:
      space.shard().stats.keys_examined += space.db().keys.size();
      space.db().keys.for_each([&](Entry* entry) {
        if (matches_any(request, entry->key())) found.insert(entry);
      });
      break;
    case Selector::kTag:
      select_tagged(space, request, found);
      break;
    case Selector::kDeps:
      for (const Key& name : request.names) {
        const Node* node = space.db().graph.dependency(name);
        if (node == nullptr) continue;
        space.shard().stats.keys_examined += node->count;
        add_members(node, found);
      }
      break;
  }
  return found;
}

// A name may be gone (evicted, or a signal that never held a value) while values made from it live.
// A cascade from that name reaches them all the same.
void change_absent_names(Space& space, const Request& request) {
  std::vector<std::string> absent;
  if (request.selector == Selector::kPattern) {
    space.db().graph.name_table().for_each([&](Name* name) {
      if (matches_any(request, name->key())) absent.emplace_back(name->key());
    });
  } else if (request.selector == Selector::kKey) {
    for (const Key& key : request.names) {
      if (space.db().graph.name(key) != nullptr) absent.emplace_back(key.view);
    }
  }
  for (const std::string& name : absent) {
    const Key key = space.shard().hasher.key(name);
    if (space.db().keys.find(key) == nullptr) space.changed(key);
  }
}

// What readers of other sources must not bring back, even if it is not here now.
void bar_late_fills(Context& c, const Request& request) {
  if (request.selector == Selector::kPattern) c.router.keyspace().fences.refuse_all();
  if (request.selector != Selector::kKey && request.selector != Selector::kDeps) return;
  for (const Key& key : request.names) {
    c.router.at(c.router.keyspace().id_of(key.hash),
                [&](Shard& shard) { shard.changes.changed(key.hash); });
  }
}

size_t kill_selected(Context& c, const Request& request) {
  size_t killed = 0;
  bar_late_fills(c, request);
  c.each([&](Space& space) {
    const bool forgotten = space.shard().id() == 1 && request.selector == Selector::kTag;
    if (mutant(kTagShardForgotten) && forgotten) return;
    if (request.cascade) change_absent_names(space, request);
    for (Entry* entry : select(space, request)) {
      if (!entry->expired(c.now)) ++killed;
      space.kill(space.shard().hasher.key(entry->key()), entry, request.cascade);
    }
  });
  // A cascade is carried from shard to shard until nothing more dies of it.
  const size_t cascaded = c.router.deliver(c.now);
  return killed + cascaded;
}

// Everything that depends on what is in `found`, to every level. REQUIRES: all shards held.
void add_cascade(Context& c, const Request& request, std::unordered_set<Entry*>& found) {
  std::vector<std::string> open;
  for (const Entry* entry : found) open.emplace_back(entry->key());
  for (const Key& name : request.names) {
    if (request.selector == Selector::kKey) open.emplace_back(name.view);
  }
  if (request.selector == Selector::kPattern) {
    c.each([&](Space& space) {
      space.db().graph.name_table().for_each([&](Name* name) {
        if (matches_any(request, name->key())) open.emplace_back(name->key());
      });
    });
  }
  while (!open.empty()) {
    const std::string name = std::move(open.back());
    open.pop_back();
    const Key key = c.router.hasher().key(name);
    const Name* at_home = c.space(key).db().graph.name(key);
    if (at_home == nullptr) continue;
    c.each([&](Space& space) {
      const Node* node =
          at_home->mask & space.shard().mask_bit() ? space.db().graph.dependency(key) : nullptr;
      for (uint32_t i = 0; node != nullptr && i < node->count; ++i) {
        Entry* entry = node->members[i]->entry;
        if (found.insert(entry).second) open.emplace_back(entry->key());
      }
    });
  }
}

}  // namespace

void invalidate(Context& c) {
  Request request;
  if (const std::string error = parse(c, request); !error.empty()) {
    c.reply.error(error);
    return;
  }
  if (!request.dry_run) {
    c.reply.integer(static_cast<int64_t>(kill_selected(c, request)));
    return;
  }
  if (!c.all_held()) {
    c.need_all();
    return;
  }
  std::unordered_set<Entry*> found;
  c.each([&](Space& space) { found.merge(select(space, request)); });
  if (request.cascade) add_cascade(c, request, found);
  std::erase_if(found, [&](const Entry* entry) { return entry->expired(c.now); });
  c.reply.integer(static_cast<int64_t>(found.size()));
}

}  // namespace freshet
