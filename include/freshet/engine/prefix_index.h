// The keys of one database of one shard in the order of their bytes, so that those with a common
// beginning are found without a look at the others. A B+ tree of pointers; it owns no entry.
//
//   leaf,    512 bytes: | count, room, height | Entry* x 63 |
//   inner, 1,024 bytes: | count, room, height | Entry* x 63 | Node* x 63 |
//
// An inner node's Entry* is the least entry below the child of the same place. So whatever the
// length of the keys they are kept once, in the entries, and a step down compares real keys; an
// entry that leaves or moves is exchanged on the way down to it.
//
// A full node first shares with a neighbour and splits only if both are full; one with less than
// kLeast of its places taken shares or merges. Both are done on the way down, one level at a time.
// Random keys take about 11 bytes each, the worst order about 20. A lone leaf is as small as its
// keys allow.
//
// Owned by one shard; REQUIRES: its door held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "freshet/base/prefetch.h"
#include "freshet/engine/entry.h"
#include "freshet/engine/meter.h"

namespace freshet {

class PrefixIndex {
 public:
  explicit PrefixIndex(Meter& meter) : meter_(meter) {}
  ~PrefixIndex() { clear(); }
  PrefixIndex(const PrefixIndex&) = delete;
  PrefixIndex& operator=(const PrefixIndex&) = delete;

  size_t size() const { return size_; }
  size_t memory() const { return bytes_; }

  // REQUIRES: no entry of this key is in the index.
  void insert(Entry* entry);
  // REQUIRES: `entry` is in the index. Does not free it.
  void erase(const Entry* entry);
  // REQUIRES: `old` is in the index; `fresh` has the same key.
  void replace(const Entry* old, Entry* fresh);

  // Forgets all entries. They may be freed already.
  void clear() { shed(SIZE_MAX); }
  // Frees up to `nodes` nodes of an index that is being given up; true while some are left. Nothing
  // but clear() may be called in between. The entries may be freed already.
  bool shed(size_t nodes);

  // Calls f(Entry*) for at most `most` keys that start with `prefix` and are greater than `after`
  // ("" begins with the first), in order. True if there are more. `f` may not change the index. (An
  // empty prefix wants `most` above 1, or a walk would never get past an empty key.)
  template <class F>
  bool visit(std::string_view prefix, std::string_view after, size_t most, F&& f) const {
    for (Cursor at = seek(prefix, after); Entry* entry = at.entry(); at.next()) {
      if (!entry->key().starts_with(prefix)) return false;
      if (most-- == 0) return true;
      f(entry);
    }
    return false;
  }

  // How many keys start with `prefix`, `most` if there are more. Looks at one key in about 45.
  size_t count(std::string_view prefix, size_t most) const;

  // Checks order, fill and separators of the whole tree (tests).
  bool sound() const;

 private:
  static constexpr size_t kRoom = 63;
  static constexpr size_t kSmallestRoom = 3;
  static constexpr size_t kLeast = 28;   // a node on the way to an erasure has more
  static constexpr size_t kMerged = 56;  // two nodes become one if it holds no more than this
  static constexpr size_t kShared = 55;  // a neighbour with this many or fewer takes some over
  static constexpr size_t kMaxHeight = 12;

  struct Node {
    uint16_t count;
    uint16_t room;
    uint32_t height;  // 0: a leaf

    Entry** keys() { return reinterpret_cast<Entry**>(this + 1); }
    Entry* const* keys() const { return reinterpret_cast<Entry* const*>(this + 1); }
    Node** children() { return reinterpret_cast<Node**>(keys() + kRoom); }
    Node* const* children() const { return reinterpret_cast<Node* const*>(keys() + kRoom); }
  };
  static_assert(sizeof(Node) == 8);

  // Which keys rank() counts: those below the given one, or that one too.
  enum class Bound { kBelow, kUpTo };

  // A place in a leaf and the way down to it.
  class Cursor {
   public:
    Entry* entry() const { return leaf_ == nullptr ? nullptr : leaf_->keys()[at_]; }
    void next() {
      if (++at_ == leaf_->count) return next_leaf();
      if (at_ + kAhead < leaf_->count) prefetch(leaf_->keys()[at_ + kAhead]);
    }

   private:
    friend class PrefixIndex;
    static constexpr size_t kAhead = 8;
    struct Step {
      const Node* node;
      size_t at;
    };
    void next_leaf();

    const Node* leaf_ = nullptr;  // nullptr: behind the last key
    size_t at_ = 0;
    Step steps_[kMaxHeight];
    size_t depth_ = 0;
  };

  static size_t bytes_for(uint32_t height, size_t room) {
    return sizeof(Node) + room * (height == 0 ? sizeof(Entry*) : sizeof(Entry*) + sizeof(Node*));
  }
  static size_t rank(const Node* node, std::string_view key, Bound bound);
  static size_t child_for(const Node* node, std::string_view key, Bound bound);
  static void copy_places(Node* to, size_t at, const Node* from, size_t first, size_t count);
  static void open_gap(Node* node, size_t at, size_t places);
  static void close_gap(Node* node, size_t at, size_t places);
  static void share(Node* parent, size_t left);

  Cursor seek(std::string_view prefix, std::string_view after) const;
  Node* make_node(uint32_t height, size_t room);
  void free_node(Node* node);
  void resize_root(size_t room);
  void grow_root();
  void shrink_root();
  void split(Node* parent, size_t left);
  void merge(Node* parent, size_t left);
  void make_room(Node* parent, size_t at);
  void refill(Node* parent, size_t at);

  Meter& meter_;
  Node* root_ = nullptr;
  size_t size_ = 0;
  size_t bytes_ = 0;
};

}  // namespace freshet
