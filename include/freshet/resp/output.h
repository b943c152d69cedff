// Bytes on their way to a client: one growing buffer, with references to Blobs in between, so that
// large values are sent from where they are kept. Owned by one connection.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/base/blob.h"

namespace freshet {

class Output {
 public:
  Output() = default;
  ~Output() {
    clear();
    release();
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Room for `size` bytes more; commit() says how many were written there.
  char* reserve(size_t size) {
    if (capacity_ - size_ < size) [[unlikely]]
      grow(size);
    return data_ + size_;
  }
  void commit(size_t size) { size_ += size; }
  void append(std::string_view bytes) {
    if (bytes.empty()) return;  // and may have no address
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  // Takes a reference of its own.
  void append(Blob* blob) {
    blob->ref();
    blobs_.push_back({size_, blob});
    blob_bytes_ += blob->size();
  }

  // What another has gathered; it keeps its own. REQUIRES: nothing of it was sent.
  void append(const Output& other);

  // All that is to be sent, copied together.
  std::string text() const;

  bool empty() const { return pending() == 0; }
  // Bytes not yet sent.
  size_t pending() const { return size_ + blob_bytes_ - sent_; }
  // What the buffer itself takes from the allocator, without the blobs.
  size_t memory() const { return capacity_ == 0 ? 0 : allocation_size(capacity_); }

  // A point to come back to: what was appended since can be taken off again.
  struct Mark {
    size_t size, blobs, blob_bytes;
  };
  Mark mark() const { return {size_, blobs_.size(), blob_bytes_}; }
  void rewind(const Mark& mark);

  // Fills `parts` with what is to be sent next; how many.
  int gather(iovec* parts, int most) const;
  // `bytes` of it are sent.
  void sent(size_t bytes);
  void clear();
  // Gives the buffer back. REQUIRES: empty().
  void release();

 private:
  struct Placed {
    size_t at;  // before this byte of the buffer
    Blob* blob;
  };
  void grow(size_t size);

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  size_t sent_ = 0;  // of buffer and blobs together
  size_t blob_bytes_ = 0;
  std::vector<Placed> blobs_;
};

}  // namespace freshet
