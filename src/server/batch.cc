#include "server/batch.h"

#include <algorithm>

#include "freshet/base/check.h"

namespace freshet {

// Cuts one command and looks it up; where it ends, nullptr if it is not for this batch.
inline const char* Batch::cut(const char* at, const char* end) {
  const char* body = head_.again(at, end);
  if (body == nullptr) {
    known_ = false;
    body = head_.read(at, end);
    if (body == nullptr) return nullptr;
  }
  const size_t count = head_.count();
  if (count > room_ - used_ && !has_room(count)) return nullptr;
  std::string_view* const args = args_.get() + used_;
  args[0] = head_.name(body);
  at = cut_args(body, end, count - 1, args + 1);
  if (at == nullptr) return nullptr;
  used_ += count;
  if (!known_) look_up({args, count});
  Request& request = items_[size_].request;
  request.args = {args, count};
  request.found = found_;
  return at;
}

inline void Batch::hash_keys(Request& request, const Hasher& hasher) {
  KeyArg* const keys = keys_.get() + hashed_;
  size_t count = 0;
  if (only_key_ != 0) {
    *keys = {only_key_, hasher(request.args[only_key_])};
    count = 1;
  } else if (hashes_) {
    found_keys_.clear();
    request.found.command->hash_keys(request.args, hasher, found_keys_);
    count = found_keys_.size();
    CHECK(count <= room_ - hashed_);
    std::copy(found_keys_.begin(), found_keys_.end(), keys);
  }
  request.keys = {keys, count};
  hashed_ += count;
}

// Flat: a fifth of its few hundred instructions would be calls.
[[gnu::flatten]] bool Batch::take(std::string_view input, Router& router, int db) {
  size_ = used_ = hashed_ = 0;
  bool declares = false;
  const char* const start = input.data();
  const char* const end = start + input.size();
  for (const char* at = start; size_ < kMost && (at = cut(at, end)) != nullptr;) {
    Item& item = items_[size_++];
    item.end = static_cast<size_t>(at - start);
    size_t i = hashed_;
    hash_keys(item.request, router.hasher());
    for (; i < hashed_ && i < kMostPrefetched; ++i) router.prefetch_bucket(db, keys_[i].hash);
    declares |= declares_;
  }
  const size_t fetched = std::min(hashed_, kMostPrefetched);
  for (size_t i = 0; i < fetched; ++i) router.prefetch_item(db, keys_[i].hash);
  if (declares) prefetch_declared(router, db);
  return size_ != 0;
}

// A command too large for the arguments' place has a larger one made, if no other is there yet.
[[gnu::noinline]] bool Batch::has_room(size_t args) {
  constexpr size_t kFirst = 1024;
  if (size_ != 0) return false;
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
}

// What the old values declare is several misses further on.
[[gnu::noinline]] void Batch::prefetch_declared(Router& router, int db) const {
  for (int step = 0; step < Graph::kPrefetchSteps; ++step) {
    for (size_t i = 0; i < size_; ++i) {
      const Request& request = items_[i].request;
      if (!request.keys.empty() && (request.found.command->flags & kMovableKeys))
        router.prefetch_declared(db, request.keys[0].hash, step);
    }
  }
}

}  // namespace freshet
