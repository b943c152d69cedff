#include "freshet/engine/graph.h"

#include <algorithm>
#include <bit>

#include "freshet/base/alloc.h"
#include "freshet/base/check.h"
#include "freshet/base/prefetch.h"

namespace freshet {
namespace {

size_t node_bytes(size_t name) { return sizeof(Node) + name; }
size_t name_bytes(size_t name) { return sizeof(Name) + name; }
size_t member_bytes(size_t capacity) { return capacity * sizeof(Pool::Ref); }

// What members' arrays are made of: up to 96 bytes not every size class, for each that arrays only
// pass through keeps slabs that are nearly empty (3 bytes a key, with two tags of ten thousand).
size_t roomy_bytes(size_t capacity) {
  const size_t bytes = member_bytes(capacity);
  if (bytes <= 64) return std::bit_ceil(std::max<size_t>(bytes, 8));
  return allocation_size(std::max<size_t>(bytes, 96));
}

// The keys of `names` that none of `known` is, and that were not given before in `names`.
std::vector<Key> fresh_names(const Graph& graph, std::span<const Link> known,
                             std::span<const Key> names) {
  std::vector<Key> fresh;
  fresh.reserve(names.size());
  for (const Key& key : names) {
    const auto same = [&](const Key& other) {
      return other.hash == key.hash && other.view == key.view;
    };
    const auto same_link = [&](const Link& link) { return graph.node(link)->key() == key.view; };
    if (std::any_of(known.begin(), known.end(), same_link)) continue;
    if (std::none_of(fresh.begin(), fresh.end(), same)) fresh.push_back(key);
  }
  return fresh;
}

}  // namespace

Graph::Graph(Hasher hasher, Meter& meter)
    : hasher_(hasher),
      meter_(meter),
      pool_(meter),
      tags_(hasher, meter),
      deps_(hasher, meter),
      names_(hasher, meter) {}

// Nodes and declarations go with the pool; what they point to does not.
Graph::~Graph() {
  tags_.for_each([&](Node* node) { resize_members(node, 0); });
  deps_.for_each([&](Node* node) { resize_members(node, 0); });
  names_.for_each([&](Name* name) {
    const size_t size = name_bytes(name->name_size);
    charge(-static_cast<int64_t>(allocation_size(size)));
    deallocate(name, size);
  });
}

void Graph::charge(int64_t bytes) {
  bytes_ += static_cast<size_t>(bytes);
  if (bytes >= 0) {
    meter_.add(static_cast<size_t>(bytes));
  } else {
    meter_.sub(static_cast<size_t>(-bytes));
  }
}

Node* Graph::make_node(Table<Node>& table, const Key& key, bool is_tag) {
  if (Node* node = table.find(key)) return node;
  const Pool::Ref ref = pool_.take(node_bytes(key.view.size()));
  Node* node = pool_.at<Node>(ref);
  *node = Node{nullptr, 0, 0, 0, ref, static_cast<uint32_t>(key.view.size()) & 0x7fffffff, is_tag};
  std::memcpy(static_cast<void*>(node + 1), key.view.data(), key.view.size());
  table.insert(key.hash, node);
  return node;
}

void Graph::free_node(Node* node, std::vector<std::string>& orphans) {
  if (!node->is_tag) orphans.emplace_back(node->key());
  (node->is_tag ? tags_ : deps_).erase(hasher_(node->key()), node);
  resize_members(node, 0);
  pool_.give(node->self, node_bytes(node->name_size));
}

void Graph::resize_members(Node* node, size_t capacity) {
  Pool::Ref* members = nullptr;
  if (capacity != 0) {
    const size_t bytes = roomy_bytes(capacity);
    members = static_cast<Pool::Ref*>(allocate(bytes));
    std::copy_n(node->members, node->count, members);
    charge(static_cast<int64_t>(allocation_size(bytes)));
    capacity = bytes / sizeof(Pool::Ref);
  }
  if (node->capacity != 0) {
    const size_t bytes = member_bytes(node->capacity);
    charge(-static_cast<int64_t>(allocation_size(bytes)));
    deallocate(node->members, bytes);
  }
  node->members = members;
  node->capacity = static_cast<uint32_t>(capacity);
}

Pool::Ref Graph::make_declarations(const Declarations& like, size_t deps, size_t tags,
                                   Millis bound) {
  Declarations made = like;
  made.deps_ = static_cast<uint16_t>(deps);
  made.tags_ = static_cast<uint16_t>(tags);
  made.bounded_ = bound != kNever;
  const Pool::Ref ref = pool_.take(made.memory());
  Declarations* at_ref = at(ref);
  *at_ref = made;
  if (bound != kNever) *at_ref->bound_at() = bound;
  return ref;
}

void Graph::free_declarations(Pool::Ref ref) { pool_.give(ref, at(ref)->memory()); }

// Writes link `at` of the declarations and enters them among the node's members.
void Graph::link(Pool::Ref declarations, size_t index, Node* node) {
  if (node->count == node->capacity) {
    resize_members(node, node->count + size_t{node->count} / 8 + 1);
  }
  node->members[node->count] = declarations;
  at(declarations)->links()[index] = Link{node->self, node->count++};
  ++edges_;
}

// The declarant moved: the node must point to the new one.
void Graph::relink(Pool::Ref declarations, size_t index, const Link& old) {
  at(declarations)->links()[index] = old;
  node(old)->members[old.index] = declarations;
}

// Takes one link out of its node; the last member takes its place.
void Graph::unlink(const Link& link, std::vector<std::string>& orphans) {
  Node* from = node(link);
  const uint32_t index = link.index;
  --edges_;
  const uint32_t last = --from->count;
  if (index != last) {
    const Pool::Ref moved = from->members[last];
    from->members[index] = moved;
    for (Link& other : at(moved)->links()) {
      if (other.node == from->self && other.index == last) {
        other.index = index;
        break;
      }
    }
  }
  if (from->count == 0) {
    if (from->killed_at == 0) free_node(from, orphans);  // else absolve() does
  } else if (from->count < from->capacity / 4) {
    resize_members(from, from->count + size_t{from->count} / 8);
  }
}

void Graph::absolve(Node* node, std::vector<std::string>& orphans) {
  node->killed_at = 0;
  if (node->count == 0) free_node(node, orphans);
}

Pool::Ref Graph::declare(std::span<const Key> deps, std::span<const Key> tags, const About& about) {
  found_.clear();
  const size_t dep_nodes = find_nodes(deps_, deps, false);
  const size_t tag_nodes = find_nodes(tags_, tags, true);
  Declarations like{};
  like.set_created(about.created);
  const Pool::Ref made = make_declarations(like, dep_nodes, tag_nodes, about.bound);
  for (size_t index = 0; index < found_.size(); ++index) link(made, index, found_[index]);
  return made;
}

// Appends the nodes of names to `found_`, each once; how many.
size_t Graph::find_nodes(Table<Node>& table, std::span<const Key> names, bool is_tag) {
  const size_t first = found_.size();
  for (const Key& key : names) {
    Node* node = make_node(table, key, is_tag);
    const auto begin = found_.begin() + static_cast<ptrdiff_t>(first);
    if (std::find(begin, found_.end(), node) == found_.end()) found_.push_back(node);
  }
  return found_.size() - first;
}

Graph::Changed Graph::add(Pool::Ref old, std::span<const Key> deps, std::span<const Key> tags) {
  const std::vector<Key> new_deps = fresh_names(*this, at(old)->dep_links(), deps);
  const std::vector<Key> new_tags = fresh_names(*this, at(old)->tag_links(), tags);
  const size_t count = new_deps.size() + new_tags.size();
  if (count == 0) return {old, 0};
  const Declarations& from = *at(old);
  const Pool::Ref made = make_declarations(from, from.deps() + new_deps.size(),
                                           from.tags() + new_tags.size(), from.bound());
  size_t index = 0;
  for (const Link& link : from.dep_links()) relink(made, index++, link);
  for (const Key& key : new_deps) link(made, index++, make_node(deps_, key, false));
  for (const Link& link : from.tag_links()) relink(made, index++, link);
  for (const Key& key : new_tags) link(made, index++, make_node(tags_, key, true));
  free_declarations(old);
  return {made, count};
}

Graph::Changed Graph::remove(Pool::Ref old, std::span<const Key> deps, std::span<const Key> tags,
                             std::vector<std::string>& orphans) {
  std::vector<Link> kept;
  std::vector<Link> gone;
  size_t kept_deps = 0;
  for (const Link& link : at(old)->links()) {
    const Node* to = node(link);
    const auto named = [&](const Key& key) { return key.view == to->key(); };
    const auto names = to->is_tag ? tags : deps;
    const bool goes = std::any_of(names.begin(), names.end(), named);
    (goes ? gone : kept).push_back(link);
    if (!goes && !to->is_tag) ++kept_deps;
  }
  if (gone.empty()) return {old, 0};
  const Declarations& from = *at(old);
  const Pool::Ref made = make_declarations(from, kept_deps, kept.size() - kept_deps, from.bound());
  for (size_t index = 0; index < kept.size(); ++index) relink(made, index, kept[index]);
  for (const Link& link : gone) unlink(link, orphans);
  free_declarations(old);
  return {made, gone.size()};
}

void Graph::drop(Pool::Ref declarations, std::vector<std::string>& orphans) {
  for (const Link& link : at(declarations)->links()) unlink(link, orphans);
  free_declarations(declarations);
}

Pool::Ref Graph::lower_bound(Pool::Ref declarations, Millis bound) {
  Declarations* old = at(declarations);
  if (old->bound() <= bound) return declarations;
  if (old->bounded_) {
    *old->bound_at() = bound;
    return declarations;
  }
  const Pool::Ref made = make_declarations(*old, old->deps(), old->tags(), bound);
  size_t index = 0;
  for (const Link& link : old->links()) relink(made, index++, link);
  free_declarations(declarations);
  return made;
}

void Graph::prefetch(const Entry* entry, int step) const {
  const Declarations* declarations = of(entry);
  if (declarations == nullptr) return;
  if (step == 0) return freshet::prefetch(declarations);
  for (const Link& link : declarations->links()) {
    const Node* from = node(link);
    if (step == 1) {
      freshet::prefetch(from);
    } else if (step == 2) {
      freshet::prefetch(&from->members[link.index]);
      freshet::prefetch(&from->members[from->count - 1]);
    } else {  // the last member will take the place
      freshet::prefetch(at(from->members[from->count - 1]));
    }
  }
}

void Graph::prefetch(std::span<const Key> deps, std::span<const Key> tags) const {
  for (const Key& key : deps) deps_.prefetch_bucket(key.hash);
  for (const Key& key : tags) tags_.prefetch_bucket(key.hash);
  for (const Key& key : deps) deps_.prefetch_item(key.hash);
  for (const Key& key : tags) tags_.prefetch_item(key.hash);
}

Name& Graph::make_name(const Key& key) {
  if (Name* found = name(key)) return *found;
  const size_t size = name_bytes(key.view.size());
  auto* made = static_cast<Name*>(allocate(size));
  *made = Name{0, 0, static_cast<uint32_t>(key.view.size()), 0, 0};
  std::memcpy(static_cast<void*>(made + 1), key.view.data(), key.view.size());
  charge(static_cast<int64_t>(allocation_size(size)));
  names_.insert(key.hash, made);
  return *made;
}

void Graph::keep_digest(Name& name, uint64_t digest, Millis now) {
  evicted_names_ += !name.has_digest;
  name.digest = digest;
  name.has_digest = 1;
  name.evicted_at = static_cast<uint32_t>(now / 1000) & 0x7fffffff;
}

void Graph::drop_digest(Name& name) {
  evicted_names_ -= name.has_digest;
  name.has_digest = 0;
}

Name* Graph::some_evicted() {
  constexpr int kBuckets = 16, kNames = 8;
  Name* oldest = nullptr;
  int seen = 0;
  for (int i = 0; i < kBuckets && seen < kNames; ++i) {
    hand_ = names_.scan(hand_, [&](Name* name) {
      if (!name->has_digest) return;
      ++seen;
      if (oldest == nullptr || name->evicted_at < oldest->evicted_at) oldest = name;
    });
  }
  return oldest;
}

void Graph::drop_name(const Key& key, Name* name) {
  drop_digest(*name);
  names_.erase(key.hash, name);
  const size_t size = name_bytes(name->name_size);
  charge(-static_cast<int64_t>(allocation_size(size)));
  deallocate(name, size);
}

}  // namespace freshet
