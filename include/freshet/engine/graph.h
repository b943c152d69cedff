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
// Nodes and declarations die with their values, so nothing can leak. They live in a Pool and name
// each other by 4-byte references: a key with two tags of ten thousand costs about 24 bytes a tag.
// Owned by one shard; REQUIRES: its door held.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/base/hash.h"
#include "freshet/base/time.h"
#include "freshet/engine/entry.h"
#include "freshet/engine/meter.h"
#include "freshet/engine/pool.h"
#include "freshet/engine/stamp.h"
#include "freshet/engine/table.h"

namespace freshet {

// A tag or a dependency, and the values of this shard that declare it.
struct Node {
  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), name_size}; }

  Pool::Ref* members;  // Declarations
  uint64_t killed_at;  // members born before this count of kills are dead (kills.h); 0: none is
  uint32_t count;
  uint32_t capacity;
  Pool::Ref self;
  uint32_t name_size : 31;
  uint32_t is_tag : 1;
};
static_assert(sizeof(Node) == 32);

// An edge as its declarant keeps it: the node, and where in the node's members it stands.
struct Link {
  Pool::Ref node;
  uint32_t index;
};

// What one value was made from. Its links follow: dependencies first, then tags; then the bound, if
// it has one.
class Declarations {
 public:
  Entry* entry() const { return reinterpret_cast<Entry*>(entry_); }
  size_t deps() const { return deps_; }
  size_t tags() const { return tags_; }
  Millis created() const { return static_cast<Millis>(created_); }
  // No dependency lives longer: the entry's deadline is at most this.
  Millis bound() const { return bounded_ ? *bound_at() : kNever; }

  void set_entry(const Entry* entry) { entry_ = reinterpret_cast<uint64_t>(entry); }
  void set_created(Millis created) { created_ = static_cast<uint64_t>(created); }

  std::span<Link> links() { return {reinterpret_cast<Link*>(this + 1), deps() + tags()}; }
  std::span<const Link> links() const {
    return {reinterpret_cast<const Link*>(this + 1), deps() + tags()};
  }
  std::span<const Link> dep_links() const { return links().subspan(0, deps_); }
  std::span<const Link> tag_links() const { return links().subspan(deps_); }
  size_t memory() const {
    return sizeof(*this) + (deps() + tags()) * sizeof(Link) + (bounded_ ? sizeof(Millis) : 0);
  }

 private:
  friend class Graph;
  const Millis* bound_at() const {
    return reinterpret_cast<const Millis*>(links().data() + deps_ + tags_);
  }
  Millis* bound_at() { return reinterpret_cast<Millis*>(links().data() + deps_ + tags_); }

  uint64_t entry_ : 48;
  uint64_t deps_ : 16;
  uint64_t created_ : 44;
  uint64_t tags_ : 16;
  uint64_t bounded_ : 1;
};
static_assert(sizeof(Declarations) == 16);

// A name that somebody depends on, at its home.
struct Name {
  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), name_size}; }

  uint64_t mask;    // bit shard % 64: such a shard may hold dependents
  uint64_t digest;  // of the last value, if has_digest: it left without a change (evicted)
  uint32_t name_size;
  uint32_t has_digest : 1;
  uint32_t evicted_at : 31;  // Unix seconds, if has_digest
};
static_assert(sizeof(Name) == 24);

class Graph {
 public:
  Graph(Hasher hasher, Meter& meter);
  ~Graph();

  Declarations* at(Pool::Ref ref) const { return pool_.at<Declarations>(ref); }
  // What an entry declares, or nullptr.
  Declarations* of(const Entry* entry) const {
    const Pool::Ref ref = entry->declarations();
    return ref == 0 ? nullptr : at(ref);
  }
  Node* node(const Link& link) const { return pool_.at<Node>(link.node); }

  // Asks the memory for what dropping the declarations of `entry` will touch, a step at a time.
  static constexpr int kPrefetchSteps = 4;
  void prefetch(const Entry* entry, int step) const;
  // The same for declaring these names, all steps.
  void prefetch(std::span<const Key> deps, std::span<const Key> tags) const;

  // What a value declares; the caller binds it to an entry. Names given twice count once.
  struct About {
    Millis created = 0;
    Millis bound = kNever;
  };
  Pool::Ref declare(std::span<const Key> deps, std::span<const Key> tags, const About& about);
  // Adds to `old`, which is freed if there was something new; how many links were.
  struct Changed {
    Pool::Ref declarations;
    size_t count;
  };
  Changed add(Pool::Ref old, std::span<const Key> deps, std::span<const Key> tags);
  // Takes links away. Names of dependencies left without members are appended to `orphans`.
  Changed remove(Pool::Ref old, std::span<const Key> deps, std::span<const Key> tags,
                 std::vector<std::string>& orphans);
  // Unlinks and frees. Dependencies left without a dependent here are appended to `orphans`.
  void drop(Pool::Ref declarations, std::vector<std::string>& orphans);
  // Lowers the bound to `bound`; returns where the declarations are then.
  Pool::Ref lower_bound(Pool::Ref declarations, Millis bound);

  // A kill of `node` is over: all its victims are gone. The node goes too if nobody is left.
  void absolve(Node* node, std::vector<std::string>& orphans);

  Node* tag(const Key& key) const { return tags_.find(key); }
  Node* dependency(const Key& key) const { return deps_.find(key); }
  Name* name(const Key& key) const { return names_.size() == 0 ? nullptr : names_.find(key); }
  // Finds or makes.
  Name& make_name(const Key& key);
  void drop_name(const Key& key, Name* name);
  // The name's key left without a change: what its last value was is kept.
  void keep_digest(Name& name, uint64_t digest, Millis now);
  void drop_digest(Name& name);
  // Names with a digest.
  size_t evicted_names() const { return evicted_names_; }
  // The longest evicted of some, which are others each time; nullptr if it came upon none.
  Name* some_evicted();

  size_t tags() const { return tags_.size(); }
  size_t dependencies() const { return deps_.size(); }
  size_t names() const { return names_.size(); }
  size_t edges() const { return edges_; }
  size_t memory() const {
    return bytes_ + pool_.memory() + tags_.memory() + deps_.memory() + names_.memory();
  }

  Table<Node>& dependency_table() { return deps_; }
  Table<Node>& tag_table() { return tags_; }
  Table<Name>& name_table() { return names_; }

 private:
  Node* make_node(Table<Node>& table, const Key& key, bool is_tag);
  size_t find_nodes(Table<Node>& table, std::span<const Key> names, bool is_tag);
  void free_node(Node* node, std::vector<std::string>& orphans);
  void resize_members(Node* node, size_t capacity);
  Pool::Ref make_declarations(const Declarations& like, size_t deps, size_t tags, Millis bound);
  void free_declarations(Pool::Ref ref);
  void link(Pool::Ref declarations, size_t at, Node* node);
  void relink(Pool::Ref declarations, size_t at, const Link& old);
  void unlink(const Link& link, std::vector<std::string>& orphans);
  void charge(int64_t bytes);

  Hasher hasher_;
  Meter& meter_;
  Pool pool_;
  Table<Node> tags_;
  Table<Node> deps_;
  Table<Name> names_;
  std::vector<Node*> found_;  // of the names that are being declared
  size_t edges_ = 0;
  size_t evicted_names_ = 0;
  uint64_t hand_ = 0;  // where some_evicted() goes on
  size_t bytes_ = 0;   // members and names
};

}  // namespace freshet
