#include "freshet/base/allocator.h"

#include <doctest/doctest.h>

#include "freshet/base/alloc.h"

namespace freshet {

// with_overhead() relies on it.
TEST_CASE("runs of entries are long enough for what the allocator keeps beside each") {
  constexpr size_t kKept = 128, kLargest = 8192;  // bytes
  for (size_t size = 32; size <= kLargest; size = allocation_size(size + 1)) {
    CAPTURE(size);
    void* entry = allocate(size);
    Run run{};
    if (look_at_runs(&entry, 1, &run)) CHECK(run.bytes >= 64 * kKept);
    deallocate(entry, size);
  }
}

}  // namespace freshet
