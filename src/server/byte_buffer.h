// A connection's own bytes: what it was sent of a command that is not complete yet. Takes no memory
// while empty.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>

#include "freshet/base/alloc.h"

namespace freshet {

class ByteBuffer {
 public:
  ByteBuffer() = default;
  ~ByteBuffer() { release(); }
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;

  std::string_view view() const { return {data_, size_}; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t memory() const { return capacity_ == 0 ? 0 : allocation_size(capacity_); }

  // `bytes` must not be a part of this buffer.
  void assign(std::string_view bytes) {
    size_ = 0;
    reserve(bytes.size());
    std::memcpy(data_, bytes.data(), bytes.size());
    size_ = bytes.size();
  }
  // Room behind the bytes, at least `least`; commit() says how many were written there.
  std::span<char> tail(size_t least) {
    if (capacity_ - size_ < least) reserve(std::max(size_ + least, capacity_ * 2));
    return {data_ + size_, capacity_ - size_};
  }
  void commit(size_t size) { size_ += size; }
  // Takes bytes off the front.
  void drop(size_t size) {
    size_ -= size;
    if (size_ == 0) {
      release();
    } else if (size != 0) {
      std::memmove(data_, data_ + size, size_);
    }
  }
  void release() {
    if (capacity_ != 0) deallocate(data_, capacity_);
    data_ = nullptr;
    size_ = capacity_ = 0;
  }

 private:
  void reserve(size_t capacity) {
    if (capacity <= capacity_) return;
    auto* data = static_cast<char*>(allocate(capacity));
    if (size_ != 0) std::memcpy(data, data_, size_);
    if (capacity_ != 0) deallocate(data_, capacity_);
    data_ = data;
    capacity_ = capacity;
  }

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace freshet
