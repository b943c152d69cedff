#include "freshet/engine/graph.h"

#include <algorithm>

#include "freshet/base/alloc.h"
#include "freshet/base/check.h"

namespace freshet {
namespace {

size_t node_bytes(size_t name) { return sizeof(Node) + name; }
size_t name_bytes(size_t name) { return sizeof(Name) + name; }
size_t member_bytes(uint32_t capacity) { return capacity * sizeof(Declarations*); }
size_t declaration_bytes(size_t links) { return sizeof(Declarations) + links * sizeof(Link); }

// The keys of `names` that are not in `known` and not given before in `names`.
std::vector<Key> fresh_names(std::span<const Link> known, std::span<const Key> names) {
  std::vector<Key> fresh;
  for (const Key& key : names) {
    const auto same = [&](const Key& other) { return other.view == key.view; };
    const auto same_link = [&](const Link& link) { return link.node->key() == key.view; };
    if (std::any_of(known.begin(), known.end(), same_link)) continue;
    if (std::none_of(fresh.begin(), fresh.end(), same)) fresh.push_back(key);
  }
  return fresh;
}

}  // namespace

Graph::Graph(Hasher hasher, Meter& meter)
    : hasher_(hasher),
      meter_(meter),
      tags_(hasher, meter),
      deps_(hasher, meter),
      names_(hasher, meter) {}

Graph::~Graph() { clear(); }

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
  const size_t size = node_bytes(key.view.size());
  auto* node = static_cast<Node*>(allocate(size));
  *node = Node{nullptr, 0, 0, static_cast<uint32_t>(key.view.size()), is_tag};
  std::memcpy(static_cast<void*>(node + 1), key.view.data(), key.view.size());
  charge(static_cast<int64_t>(allocation_size(size)));
  table.insert(key.hash, node);
  return node;
}

void Graph::free_node(Node* node) {
  if (node->capacity != 0) {
    charge(-static_cast<int64_t>(allocation_size(member_bytes(node->capacity))));
    deallocate(node->members, member_bytes(node->capacity));
  }
  const size_t size = node_bytes(node->name_size);
  charge(-static_cast<int64_t>(allocation_size(size)));
  deallocate(node, size);
}

Declarations* Graph::make_declarations(size_t deps, size_t tags) {
  const size_t size = declaration_bytes(deps + tags);
  auto* made = static_cast<Declarations*>(allocate(size));
  *made = Declarations{
      nullptr,         0, kNever, 0, static_cast<uint16_t>(deps), static_cast<uint16_t>(tags),
      kDefaultPriority};
  charge(static_cast<int64_t>(allocation_size(size)));
  return made;
}

void Graph::free_declarations(Declarations* declarations) {
  charge(-static_cast<int64_t>(declarations->memory()));
  deallocate(declarations, declaration_bytes(size_t{declarations->deps} + declarations->tags));
}

// Writes link `at` of `declarations` and enters it among the node's members.
void Graph::link(Declarations* declarations, size_t at, Node* node) {
  if (node->count == node->capacity) {
    const uint32_t capacity = node->capacity == 0 ? 1 : node->capacity + (node->capacity + 1) / 2;
    auto* members = static_cast<Declarations**>(allocate(member_bytes(capacity)));
    std::copy_n(node->members, node->count, members);
    charge(static_cast<int64_t>(allocation_size(member_bytes(capacity))));
    if (node->capacity != 0) {
      charge(-static_cast<int64_t>(allocation_size(member_bytes(node->capacity))));
      deallocate(node->members, member_bytes(node->capacity));
    }
    node->members = members;
    node->capacity = capacity;
  }
  node->members[node->count] = declarations;
  declarations->links()[at] = Link{node, node->count++};
  ++edges_;
}

// The declarant moved: the node must point to the new one.
void Graph::relink(Declarations* declarations, size_t at, const Link& old) {
  declarations->links()[at] = old;
  old.node->members[old.index] = declarations;
}

// Takes one link out of its node; the last member takes its place.
void Graph::unlink(const Link& link, std::vector<std::string>& orphans) {
  Node* node = link.node;
  const uint32_t index = link.index;
  --edges_;
  const uint32_t last = --node->count;
  if (index != last) {
    Declarations* moved = node->members[last];
    node->members[index] = moved;
    for (Link& other : moved->links()) {
      if (other.node == node && other.index == last) {
        other.index = index;
        break;
      }
    }
  }
  if (node->count != 0) return;
  if (!node->is_tag) orphans.emplace_back(node->key());
  (node->is_tag ? tags_ : deps_).erase(hasher_(node->key()), node);
  free_node(node);
}

Declarations* Graph::declare(std::span<const Key> deps, std::span<const Key> tags, uint8_t priority,
                             Millis now) {
  const std::vector<Key> own_deps = fresh_names({}, deps);
  const std::vector<Key> own_tags = fresh_names({}, tags);
  Declarations* made = make_declarations(own_deps.size(), own_tags.size());
  made->priority = priority;
  made->created = now;
  size_t at = 0;
  for (const Key& key : own_deps) link(made, at++, make_node(deps_, key, false));
  for (const Key& key : own_tags) link(made, at++, make_node(tags_, key, true));
  return made;
}

Graph::Changed Graph::add(Declarations* old, std::span<const Key> deps, std::span<const Key> tags) {
  const std::vector<Key> new_deps = fresh_names(old->dep_links(), deps);
  const std::vector<Key> new_tags = fresh_names(old->tag_links(), tags);
  const size_t count = new_deps.size() + new_tags.size();
  if (count == 0) return {old, 0};
  Declarations* made = make_declarations(old->deps + new_deps.size(), old->tags + new_tags.size());
  const uint16_t made_deps = made->deps, made_tags = made->tags;
  *made = *old;
  made->deps = made_deps;
  made->tags = made_tags;
  size_t at = 0;
  for (const Link& link : old->dep_links()) relink(made, at++, link);
  for (const Key& key : new_deps) link(made, at++, make_node(deps_, key, false));
  for (const Link& link : old->tag_links()) relink(made, at++, link);
  for (const Key& key : new_tags) link(made, at++, make_node(tags_, key, true));
  free_declarations(old);
  return {made, count};
}

Graph::Changed Graph::remove(Declarations* old, std::span<const Key> deps,
                             std::span<const Key> tags, std::vector<std::string>& orphans) {
  std::vector<Link> kept;
  std::vector<Link> gone;
  size_t kept_deps = 0;
  for (const Link& link : old->links()) {
    const auto named = [&](const Key& key) { return key.view == link.node->key(); };
    const auto names = link.node->is_tag ? tags : deps;
    const bool goes = std::any_of(names.begin(), names.end(), named);
    (goes ? gone : kept).push_back(link);
    if (!goes && !link.node->is_tag) ++kept_deps;
  }
  if (gone.empty()) return {old, 0};
  Declarations* made = make_declarations(kept_deps, kept.size() - kept_deps);
  const uint16_t made_deps = made->deps, made_tags = made->tags;
  *made = *old;
  made->deps = made_deps;
  made->tags = made_tags;
  for (size_t at = 0; at < kept.size(); ++at) relink(made, at, kept[at]);
  for (const Link& link : gone) unlink(link, orphans);
  free_declarations(old);
  return {made, gone.size()};
}

void Graph::drop(Declarations* declarations, std::vector<std::string>& orphans) {
  for (const Link& link : declarations->links()) unlink(link, orphans);
  free_declarations(declarations);
}

Name& Graph::make_name(const Key& key) {
  if (Name* found = name(key)) return *found;
  const size_t size = name_bytes(key.view.size());
  auto* made = static_cast<Name*>(allocate(size));
  *made = Name{0, 0, static_cast<uint32_t>(key.view.size()), false};
  std::memcpy(static_cast<void*>(made + 1), key.view.data(), key.view.size());
  charge(static_cast<int64_t>(allocation_size(size)));
  names_.insert(key.hash, made);
  return *made;
}

void Graph::drop_name(const Key& key, Name* name) {
  names_.erase(key.hash, name);
  const size_t size = name_bytes(name->name_size);
  charge(-static_cast<int64_t>(allocation_size(size)));
  deallocate(name, size);
}

void Graph::clear() {
  // Every Declarations is a member of its nodes; one without links would not be found here, so the
  // owner of the entries frees those (Database::clear).
  tags_.for_each([&](Node* node) { free_node(node); });
  deps_.for_each([&](Node* node) { free_node(node); });
  names_.for_each([&](Name* name) {
    const size_t size = name_bytes(name->name_size);
    charge(-static_cast<int64_t>(allocation_size(size)));
    deallocate(name, size);
  });
  tags_.clear();
  deps_.clear();
  names_.clear();
  edges_ = 0;
}

}  // namespace freshet
