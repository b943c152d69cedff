#include "freshet/engine/prefix_index.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "freshet/base/alloc.h"
#include "freshet/base/check.h"

namespace freshet {
namespace {

constexpr size_t kProbes = 8;  // parts that a round of rank() cuts the keys into

// A key of ordinary length may lie across two cache lines.
void prefetch_key(const Entry* entry) {
  prefetch(entry);
  prefetch(reinterpret_cast<const char*>(entry) + 32);
}

}  // namespace

// --- Search --------------------------------------------------------------------------------------

// A binary search would wait for six entries, one after another. This one asks for seven at once,
// which leave at most seven others to be asked for at once: two waits.
size_t PrefixIndex::rank(const Node* node, std::string_view key, Bound bound) {
  Entry* const* keys = node->keys();
  const auto counted = [&](size_t at) {
    const int order = keys[at]->key().compare(key);
    return order < 0 || (order == 0 && bound == Bound::kUpTo);
  };
  size_t low = 0, high = node->count;
  while (high - low > kProbes) {
    const size_t start = low, size = high - low;
    const auto probe = [&](size_t part) { return start + size * part / kProbes; };
    for (size_t part = 1; part < kProbes; ++part) prefetch_key(keys[probe(part)]);
    size_t part = 0;  // the last one whose first key is counted
    for (size_t step = kProbes / 2; step != 0; step /= 2) {
      if (counted(probe(part + step))) part += step;
    }
    if (part != 0) low = probe(part) + 1;
    if (part + 1 != kProbes) high = probe(part + 1);
  }
  for (size_t at = low; at < high; ++at) prefetch_key(keys[at]);
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (counted(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// The last child whose least key is counted, or the first.
size_t PrefixIndex::child_for(const Node* node, std::string_view key, Bound bound) {
  const size_t counted = rank(node, key, bound);
  return counted == 0 ? 0 : counted - 1;
}

PrefixIndex::Cursor PrefixIndex::seek(std::string_view prefix, std::string_view after) const {
  Cursor cursor;
  if (root_ == nullptr) return cursor;
  const bool first = after.empty() || after < prefix;
  const std::string_view from = first ? prefix : after;
  const Bound bound = first ? Bound::kBelow : Bound::kUpTo;
  const Node* node = root_;
  while (node->height != 0) {
    const size_t at = child_for(node, from, bound);
    cursor.steps_[cursor.depth_++] = {node, at};
    node = node->children()[at];
  }
  cursor.leaf_ = node;
  cursor.at_ = rank(node, from, bound);
  if (cursor.at_ == node->count) cursor.next_leaf();
  return cursor;
}

void PrefixIndex::Cursor::next_leaf() {
  leaf_ = nullptr;
  while (depth_ != 0 && steps_[depth_ - 1].at + 1 == steps_[depth_ - 1].node->count) --depth_;
  if (depth_ == 0) return;
  Step& step = steps_[depth_ - 1];
  const Node* node = step.node->children()[++step.at];
  for (; node->height != 0; node = node->children()[0]) steps_[depth_++] = {node, 0};
  leaf_ = node;
  at_ = 0;
  for (size_t at = 0; at < std::min<size_t>(kAhead, node->count); ++at) prefetch(node->keys()[at]);
}

size_t PrefixIndex::count(std::string_view prefix, size_t most) const {
  const auto starts = [&](const Entry* entry) { return entry->key().starts_with(prefix); };
  size_t total = 0;
  for (Cursor cursor = seek(prefix, ""); cursor.leaf_ != nullptr && total < most;) {
    Entry* const* from = cursor.leaf_->keys() + cursor.at_;
    Entry* const* end = cursor.leaf_->keys() + cursor.leaf_->count;
    if (!starts(end[-1])) {
      total += static_cast<size_t>(std::partition_point(from, end, starts) - from);
      break;
    }
    total += static_cast<size_t>(end - from);
    cursor.next_leaf();
  }
  return std::min(total, most);
}

// --- Nodes ---------------------------------------------------------------------------------------

PrefixIndex::Node* PrefixIndex::make_node(uint32_t height, size_t room) {
  const size_t size = bytes_for(height, room);
  auto* node = static_cast<Node*>(allocate(size));
  *node = Node{0, static_cast<uint16_t>(room), height};
  bytes_ += allocation_size(size);
  meter_.add(allocation_size(size));
  return node;
}

void PrefixIndex::free_node(Node* node) {
  const size_t size = bytes_for(node->height, node->room);
  bytes_ -= allocation_size(size);
  meter_.sub(allocation_size(size));
  deallocate(node, size);
}

// Copies `count` places of `from` to `to`, which may be the same node.
void PrefixIndex::copy_places(Node* to, size_t at, const Node* from, size_t first, size_t count) {
  std::memmove(to->keys() + at, from->keys() + first, count * sizeof(Entry*));
  if (from->height == 0) return;
  std::memmove(to->children() + at, from->children() + first, count * sizeof(Node*));
}

void PrefixIndex::open_gap(Node* node, size_t at, size_t places) {
  copy_places(node, at + places, node, at, node->count - at);
  node->count = static_cast<uint16_t>(node->count + places);
}

void PrefixIndex::close_gap(Node* node, size_t at, size_t places) {
  copy_places(node, at, node, at + places, node->count - at - places);
  node->count = static_cast<uint16_t>(node->count - places);
}

// Evens out the children `left` and `left` + 1.
void PrefixIndex::share(Node* parent, size_t left) {
  Node* from = parent->children()[left];
  Node* to = parent->children()[left + 1];
  const size_t half = (size_t{from->count} + to->count) / 2;
  if (from->count < half) {
    const size_t moved = half - from->count;
    copy_places(from, from->count, to, 0, moved);
    close_gap(to, 0, moved);
  } else {
    const size_t moved = from->count - half;
    open_gap(to, 0, moved);
    copy_places(to, 0, from, half, moved);
  }
  from->count = static_cast<uint16_t>(half);
  parent->keys()[left + 1] = to->keys()[0];
}

// Moves half of the child `left` to a new one behind it. REQUIRES: the parent has room.
void PrefixIndex::split(Node* parent, size_t left) {
  Node* fresh = make_node(parent->height - 1, kRoom);
  open_gap(parent, left + 1, 1);
  parent->children()[left + 1] = fresh;
  share(parent, left);
}

// Moves all of the child `left` + 1 into the one before. REQUIRES: it has room.
void PrefixIndex::merge(Node* parent, size_t left) {
  Node* to = parent->children()[left];
  Node* from = parent->children()[left + 1];
  copy_places(to, to->count, from, 0, from->count);
  to->count = static_cast<uint16_t>(to->count + from->count);
  close_gap(parent, left + 1, 1);
  free_node(from);
}

// The child `at` is full: a neighbour takes a part of it, or it splits.
void PrefixIndex::make_room(Node* parent, size_t at) {
  Node* const* children = parent->children();
  if (at != 0 && children[at - 1]->count <= kShared) {
    share(parent, at - 1);
  } else if (at + 1 != parent->count && children[at + 1]->count <= kShared) {
    share(parent, at);
  } else {
    split(parent, at);
  }
}

// The child `at` has too little to lose any more: it merges with a neighbour or takes from it.
void PrefixIndex::refill(Node* parent, size_t at) {
  const size_t left = at == 0 ? 0 : at - 1;
  Node* const* children = parent->children();
  if (size_t{children[left]->count} + children[left + 1]->count <= kMerged) {
    merge(parent, left);
  } else {
    share(parent, left);
  }
}

// REQUIRES: the root is a leaf with `room` keys or fewer.
void PrefixIndex::resize_root(size_t room) {
  Node* fresh = make_node(0, room);
  fresh->count = root_->count;
  copy_places(fresh, 0, root_, 0, root_->count);
  free_node(root_);
  root_ = fresh;
}

// REQUIRES: the root is full.
void PrefixIndex::grow_root() {
  if (root_->room < kRoom) return resize_root(root_->room * size_t{2} + 1);
  CHECK(root_->height < kMaxHeight);
  Node* fresh = make_node(root_->height + 1, kRoom);
  fresh->count = 1;
  fresh->keys()[0] = root_->keys()[0];
  fresh->children()[0] = root_;
  root_ = fresh;
  split(root_, 0);
}

void PrefixIndex::shrink_root() {
  if (root_->height != 0) {
    if (root_->count != 1) return;
    Node* only = root_->children()[0];
    free_node(root_);
    root_ = only;
  } else if (root_->count == 0) {
    free_node(root_);
    root_ = nullptr;
  } else if (root_->room > kSmallestRoom && root_->count <= root_->room / 4) {
    resize_root(root_->room / 2);
  }
}

// --- Changes -------------------------------------------------------------------------------------

void PrefixIndex::insert(Entry* entry) {
  const std::string_view key = entry->key();
  if (root_ == nullptr) root_ = make_node(0, kSmallestRoom);
  if (root_->count == root_->room) grow_root();
  Node* node = root_;
  while (node->height != 0) {
    size_t at = child_for(node, key, Bound::kUpTo);
    if (node->children()[at]->count == kRoom) {
      make_room(node, at);
      at = child_for(node, key, Bound::kUpTo);
    }
    if (at == 0 && key < node->keys()[0]->key()) node->keys()[0] = entry;
    node = node->children()[at];
  }
  const size_t at = rank(node, key, Bound::kUpTo);
  CHECK(at == 0 || node->keys()[at - 1]->key() != key);
  open_gap(node, at, 1);
  node->keys()[at] = entry;
  ++size_;
}

void PrefixIndex::erase(const Entry* entry) {
  const std::string_view key = entry->key();
  CHECK(root_ != nullptr);
  Entry** least[kMaxHeight];  // where `entry` is the least of a child
  size_t leasts = 0;
  Node* node = root_;
  while (node->height != 0) {
    size_t at = child_for(node, key, Bound::kUpTo);
    if (node->children()[at]->count <= kLeast) {
      refill(node, at);
      at = child_for(node, key, Bound::kUpTo);
    }
    if (node->keys()[at] == entry) least[leasts++] = &node->keys()[at];
    node = node->children()[at];
  }
  const size_t at = rank(node, key, Bound::kBelow);
  CHECK(at < node->count && node->keys()[at] == entry);
  close_gap(node, at, 1);
  for (size_t i = 0; i < leasts; ++i) *least[i] = node->keys()[0];
  --size_;
  shrink_root();
}

void PrefixIndex::replace(const Entry* old, Entry* fresh) {
  const std::string_view key = old->key();
  CHECK(root_ != nullptr);
  Node* node = root_;
  while (node->height != 0) {
    const size_t at = child_for(node, key, Bound::kUpTo);
    if (node->keys()[at] == old) node->keys()[at] = fresh;
    node = node->children()[at];
  }
  const size_t at = rank(node, key, Bound::kBelow);
  CHECK(at < node->count && node->keys()[at] == old);
  node->keys()[at] = fresh;
}

bool PrefixIndex::shed(size_t nodes) {
  size_ = 0;
  for (; nodes != 0 && root_ != nullptr; --nodes) {
    Node* parent = nullptr;
    Node* node = root_;
    while (node->height != 0 && node->count != 0) {
      parent = node;
      node = node->children()[node->count - 1];
    }
    free_node(node);
    if (parent != nullptr) {
      --parent->count;
    } else {
      root_ = nullptr;
    }
  }
  return root_ != nullptr;
}

// --- Checks --------------------------------------------------------------------------------------

bool PrefixIndex::sound() const {
  if (root_ == nullptr) return size_ == 0 && bytes_ == 0;
  size_t bytes = 0, seen = 0;
  const Entry* last = nullptr;
  std::vector<const Node*> open{root_};
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    bytes += allocation_size(bytes_for(node->height, node->room));
    if (node != root_ && (node->room != kRoom || node->count + 1u < kLeast)) return false;
    if (node->count > node->room || node->count == 0) return false;
    if (node->height == 0) {
      for (size_t at = 0; at < node->count; ++at) {
        const Entry* entry = node->keys()[at];
        if (last != nullptr && !(last->key() < entry->key())) return false;
        last = entry;
        ++seen;
      }
      continue;
    }
    for (size_t at = node->count; at-- > 0;) {
      const Node* child = node->children()[at];
      if (child->keys()[0] != node->keys()[at] || child->height + 1 != node->height) return false;
      open.push_back(child);
    }
  }
  return seen == size_ && bytes == bytes_;
}

}  // namespace freshet
