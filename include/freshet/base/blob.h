// A large value's bytes, counted by references so that a reply may send them without a copy.
// Any thread may hold and drop references; the bytes are written only by a sole holder.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "freshet/base/alloc.h"

namespace freshet {

class Blob {
 public:
  // One reference, held by the caller. Size 0 <= capacity.
  static Blob* make(size_t capacity) {
    void* memory = allocate(bytes_for(capacity));
    return new (memory) Blob(allocation_size(bytes_for(capacity)) - sizeof(Blob));
  }

  void ref() { refs_.fetch_add(1, std::memory_order_relaxed); }
  void unref() {
    // acq_rel pairs with itself: the last holder sees all that others did with the bytes.
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) deallocate(this, bytes_for(capacity_));
  }
  // Pairs with unref: true means nobody else can read the bytes any more.
  bool sole() const { return refs_.load(std::memory_order_acquire) == 1; }

  char* data() { return reinterpret_cast<char*>(this + 1); }
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  std::string_view view() const { return {data(), size_}; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  // REQUIRES: size <= capacity().
  void set_size(size_t size) { size_ = size; }
  size_t memory() const { return allocation_size(bytes_for(capacity_)); }

 private:
  explicit Blob(size_t capacity) : capacity_(capacity) {}
  static size_t bytes_for(size_t capacity) { return sizeof(Blob) + capacity; }

  std::atomic<uint32_t> refs_{1};
  size_t size_ = 0;
  size_t capacity_;
};

}  // namespace freshet
