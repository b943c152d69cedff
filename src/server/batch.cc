#include "server/batch.h"

#include <algorithm>

#include "freshet/base/check.h"

namespace freshet {

// Cuts one command and looks it up; where it ends, nullptr if it is not for this batch.
inline const char* Batch::cut(const char* at, const char* end, Filled& filled) {
  const char* body = head_.again(at, end);
  if (body == nullptr) [[unlikely]] {
    known_ = false;
    body = head_.read(at, end);
    if (body == nullptr) return nullptr;
  }
  const size_t count = head_.count();
  if (count > room_ - filled.args && !make_room(count, filled)) [[unlikely]]
    return nullptr;
  std::string_view* const args = args_.get() + filled.args;
  args[0] = head_.name(body);
  at = cut_args(body, end, count - 1, args + 1);
  if (at == nullptr) [[unlikely]]
    return nullptr;
  filled.args += count;
  if (!known_) [[unlikely]]
    look_up({args, count});
  Request& request = items_[filled.commands].request;
  request.args = {args, count};
  request.found = found_;
  return at;
}

inline std::span<KeyArg> Batch::hash_keys(const Request& request, const Hasher& hasher,
                                          Filled& filled) {
  KeyArg* const keys = keys_.get() + filled.keys;
  size_t count = 0;
  if (only_key_ != 0) [[likely]] {
    *keys = {only_key_, hasher(request.args[only_key_])};
    count = 1;
  } else if (hashes_) {
    found_keys_.clear();
    request.found.command->hash_keys(request.args, hasher, found_keys_);
    count = found_keys_.size();
    CHECK(count <= room_ - filled.keys);
    std::copy(found_keys_.begin(), found_keys_.end(), keys);
  }
  filled.keys += count;
  return {keys, count};
}

// Flat: a fifth of its few hundred instructions would be calls.
[[gnu::flatten]] size_t Batch::add(std::string_view input, const Hasher& hasher, int db) {
  Filled filled = filled_;
  const char* const start = input.data();
  const char* const end = start + input.size();
  const char* at = start;
  while (filled.commands < kMost) {
    const char* const next = cut(at, end, filled);
    if (next == nullptr) break;
    at = next;
    Item& item = items_[filled.commands++];
    item.request.keys = hash_keys(item.request, hasher, filled);
    item.end = static_cast<size_t>(at - start);
  }
  if (spans_.empty() || spans_.back().db != db) spans_.push_back({db, {}});
  spans_.back().end = filled_ = filled;
  return static_cast<size_t>(at - start);
}

// Calls f(db, hash) for all keys, kMostPrefetched at most.
template <class F>
inline void Batch::each_key(F&& f) const {
  size_t i = 0;
  for (const auto& [db, end] : spans_) {
    for (const size_t last = std::min(end.keys, kMostPrefetched); i < last; ++i) {
      f(db, keys_[i].hash);
    }
  }
}

// In loops of their own, not one as each command is cut: so they overlap.
[[gnu::flatten]] void Batch::fetch(Router& router) const {
  each_key([&](int db, uint64_t hash) { router.prefetch_bucket(db, hash); });
  each_key([&](int db, uint64_t hash) { router.prefetch_item(db, hash); });
  if (declare_) prefetch_declared(router);
}

void Batch::clear() {
  filled_ = {};
  spans_.clear();
  declare_ = declares_;  // no look-up if the next begins as the last did
}

bool Batch::take(std::string_view input, Router& router, int db) {
  clear();
  add(input, router.hasher(), db);
  fetch(router);
  return size() != 0;
}

// A command too large for the arguments' place has a larger one made, if no other is there yet.
[[gnu::noinline]] bool Batch::make_room(size_t args, Filled filled) {
  constexpr size_t kFirst = 1024;
  if (filled.commands != 0) return false;
  room_ = std::max(kFirst, args);
  args_ = std::make_unique<std::string_view[]>(room_);
  keys_ = std::make_unique<KeyArg[]>(room_);  // an argument is one key at most
  return true;
}

[[gnu::noinline]] void Batch::look_up(Args args) {
  found_ = CommandTable::all().find(args);
  const Command* command = found_.command;
  known_ = found_.container == nullptr;  // else it depends on what follows the name
  hashes_ = command != nullptr && command->data != nullptr && command->arity_fits(args.size());
  only_key_ = hashes_ ? command->only_key() : 0;
  declares_ = hashes_ && (command->flags & kMovableKeys);
  declare_ |= declares_;
}

// What the old values declare is several misses further on.
[[gnu::noinline]] void Batch::prefetch_declared(Router& router) const {
  for (int step = 0; step < Graph::kPrefetchSteps; ++step) {
    size_t i = 0;
    for (const auto& [db, end] : spans_) {
      for (; i < end.commands; ++i) {
        const Request& request = items_[i].request;
        if (!request.keys.empty() && (request.found.command->flags & kMovableKeys))
          router.prefetch_declared(db, request.keys[0].hash, step);
      }
    }
  }
}

}  // namespace freshet
