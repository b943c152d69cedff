// What values were made from. One graph for each database of each shard.
//
// It holds both ends of the edges that concern this shard:
//   - for the keys that live here: their Declarations, and a Node for each tag or dependency that
//   any of
//     them declares, with all the declarants;
//   - for the names whose home is here (a key's home is the shard that keeps it): a Name with the
//   mask of
//     the shards that hold dependents of it, and a digest of its last value while it has none.
//
//      home shard of user:1                 shard of page:1
//      Name user:1 {mask, digest}           Node dep user:1 -> [Declarations of page:1]
//                                           Declarations {entry page:1, links: dep user:1, tag
//                                           home}
//
// Nodes and declarations die with their values, so nothing can leak. Owned by one shard; REQUIRES:
// its door held.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "freshet/base/hash.h"
#include "freshet/base/time.h"
#include "freshet/engine/entry.h"
#include "freshet/engine/meter.h"
#include "freshet/engine/table.h"

namespace freshet {

// A tag or a dependency, and the values of this shard that declare it.
struct Node {
  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), name_size}; }

  Declarations** members;
  uint32_t count;
  uint32_t capacity;
  uint32_t name_size;
  bool is_tag;
};

// An edge as its declarant keeps it: the node, and where in the node's members it stands.
struct __attribute__((packed)) Link {
  Node* node;
  uint32_t index;
};

// What one value was made from. Dependencies come first, then tags.
struct Declarations {
  Entry* entry;
  Millis created;
  Millis bound;  // no dependency lives longer: the entry's deadline is at most this
  uint32_t hits;
  uint16_t deps;
  uint16_t tags;
  uint8_t priority;

  std::span<Link> links() { return {reinterpret_cast<Link*>(this + 1), size_t{deps} + tags}; }
  std::span<Link> dep_links() { return links().subspan(0, deps); }
  std::span<Link> tag_links() { return links().subspan(deps); }
  size_t memory() const {
    return allocation_size(sizeof(*this) + (size_t{deps} + tags) * sizeof(Link));
  }
};

inline constexpr uint8_t kDefaultPriority = 3;  // 0 … 7

// A name that somebody depends on, at its home.
struct Name {
  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), name_size}; }

  uint64_t mask;    // bit shard % 64: such a shard may hold dependents
  uint64_t digest;  // of the last value, if has_digest: it left without a change (evicted)
  uint32_t name_size;
  bool has_digest;
};

class Graph {
 public:
  Graph(Hasher hasher, Meter& meter);
  ~Graph();

  // What a value declares; the caller binds it to an entry. Names given twice count once.
  Declarations* declare(std::span<const Key> deps, std::span<const Key> tags, uint8_t priority,
                        Millis now);
  // Adds to `old`, which is freed; how many links were new goes to `added`.
  struct Changed {
    Declarations* declarations;
    size_t count;
  };
  Changed add(Declarations* old, std::span<const Key> deps, std::span<const Key> tags);
  // Takes links away. Names of nodes left without members are appended to `orphans`.
  Changed remove(Declarations* old, std::span<const Key> deps, std::span<const Key> tags,
                 std::vector<std::string>& orphans);
  // Unlinks and frees. Dependencies left without a dependent here are appended to `orphans`.
  void drop(Declarations* declarations, std::vector<std::string>& orphans);

  Node* tag(const Key& key) const { return tags_.find(key); }
  Node* dependency(const Key& key) const { return deps_.find(key); }
  Name* name(const Key& key) const { return names_.size() == 0 ? nullptr : names_.find(key); }
  // Finds or makes.
  Name& make_name(const Key& key);
  void drop_name(const Key& key, Name* name);

  size_t tags() const { return tags_.size(); }
  size_t dependencies() const { return deps_.size(); }
  size_t names() const { return names_.size(); }
  size_t edges() const { return edges_; }
  size_t memory() const { return bytes_ + tags_.memory() + deps_.memory() + names_.memory(); }
  // Forgets everything. REQUIRES: all entries are being dropped as well.
  void clear();

  Table<Node>& dependency_table() { return deps_; }
  Table<Node>& tag_table() { return tags_; }
  Table<Name>& name_table() { return names_; }

 private:
  Node* make_node(Table<Node>& table, const Key& key, bool is_tag);
  void free_node(Node* node);
  void free_declarations(Declarations* declarations);
  Declarations* make_declarations(size_t deps, size_t tags);
  void link(Declarations* declarations, size_t at, Node* node);
  void unlink(const Link& link, std::vector<std::string>& orphans);
  void relink(Declarations* declarations, size_t at, const Link& old);
  void charge(int64_t bytes);

  Hasher hasher_;
  Meter& meter_;
  Table<Node> tags_;
  Table<Node> deps_;
  Table<Name> names_;
  size_t edges_ = 0;
  size_t bytes_ = 0;  // nodes, members, names and declarations
};

}  // namespace freshet
