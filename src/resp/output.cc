#include "freshet/resp/output.h"

#include <algorithm>

namespace freshet {

void Output::grow(size_t size) {
  const size_t capacity = std::max({size_t{1024}, capacity_ * 2, size_ + size});
  auto* data = static_cast<char*>(allocate(capacity));
  if (size_ != 0) std::memcpy(data, data_, size_);
  if (capacity_ != 0) deallocate(data_, capacity_);
  data_ = data;
  capacity_ = capacity;
}

void Output::append(const Output& other) {
  size_t at = 0;
  for (const Placed& placed : other.blobs_) {
    append(std::string_view(other.data_ + at, placed.at - at));
    append(placed.blob);
    at = placed.at;
  }
  append(std::string_view(other.data_ + at, other.size_ - at));
}

void Output::rewind(const Mark& mark) {
  while (blobs_.size() > mark.blobs) {
    blobs_.back().blob->unref();
    blobs_.pop_back();
  }
  size_ = mark.size;
  blob_bytes_ = mark.blob_bytes;
}

int Output::gather(iovec* parts, int most) const {
  int count = 0;
  size_t skip = sent_;
  const auto add = [&](const char* data, size_t size) {
    const size_t passed = std::min(skip, size);
    skip -= passed;
    if (passed == size || count == most) return;
    parts[count++] = {const_cast<char*>(data) + passed, size - passed};
  };
  size_t at = 0;
  for (const Placed& placed : blobs_) {
    add(data_ + at, placed.at - at);
    add(placed.blob->data(), placed.blob->size());
    at = placed.at;
    if (count == most) return count;
  }
  add(data_ + at, size_ - at);
  return count;
}

std::string Output::text() const {
  std::vector<iovec> parts(2 * blobs_.size() + 1);
  const int count = gather(parts.data(), static_cast<int>(parts.size()));
  std::string text;
  for (int i = 0; i < count; ++i)
    text.append(static_cast<const char*>(parts[static_cast<size_t>(i)].iov_base),
                parts[static_cast<size_t>(i)].iov_len);
  return text;
}

void Output::sent(size_t bytes) {
  sent_ += bytes;
  if (pending() == 0) clear();
}

void Output::clear() {
  for (const Placed& placed : blobs_) placed.blob->unref();
  blobs_.clear();
  size_ = sent_ = blob_bytes_ = 0;
}

void Output::release() {
  if (capacity_ != 0) deallocate(data_, capacity_);
  data_ = nullptr;
  capacity_ = 0;
  blobs_.shrink_to_fit();
}

}  // namespace freshet
