// Sized allocation, and what an allocation really costs.
//
// Every byte that Freshet accounts for goes through here: `allocation_size(n)` is what a request of
// n bytes takes from the allocator (its size class), so a shard can add and subtract exact figures
// without asking the allocator about each pointer. Freed memory must be given back with the size it
// was asked with, or with any size of the same class.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#if defined(FRESHET_JEMALLOC)
#include <jemalloc/jemalloc.h>
#elif defined(FRESHET_MIMALLOC)
#include <mimalloc.h>
#endif

namespace freshet {

// Bytes the allocator sets aside for a request of `size` bytes (size >= 1). Touches no memory.
inline size_t allocation_size(size_t size) {
#if defined(FRESHET_JEMALLOC)
  // jemalloc's classes: 8, then multiples of 16 to 128, then four steps to each doubling.
  if (size <= 8) return 8;
  if (size <= 128) return (size + 15) & ~size_t{15};
  const int shift = 61 - __builtin_clzll(size - 1);
  return (((size - 1) >> shift) + 1) << shift;
#elif defined(FRESHET_MIMALLOC)
  return mi_good_size(size);
#else
  // glibc: steps of 16, each with a header word that is not ours to write and is not counted.
  return size <= 24 ? 24 : ((size + 23) & ~size_t{15}) - 8;
#endif
}

// What the allocator keeps about its pages comes on top of all allocations together: jemalloc has
// 128 bytes for each run of entries (allocator.cc sets how long those are) or larger allocation.
inline int64_t with_overhead(int64_t bytes) {
#if defined(FRESHET_JEMALLOC)
  return bytes + bytes / 64;
#else
  return bytes;
#endif
}

// Never null: a process that can't get memory has nothing better to do than stop.
inline void* allocate(size_t size) {
#if defined(FRESHET_MIMALLOC)
  void* p = mi_malloc(size);
#elif defined(FRESHET_JEMALLOC)
  void* p = std::malloc(size);
#else
  // The whole class is used, and AddressSanitizer would know of `size` only.
  void* p = std::malloc(allocation_size(size));
#endif
  if (p == nullptr) std::abort();
  return p;
}

// All bytes 0; large ones are not touched until they are used.
inline void* allocate_zeroed(size_t size) {
#if defined(FRESHET_MIMALLOC)
  void* p = mi_zalloc(size);
#elif defined(FRESHET_JEMALLOC)
  void* p = std::calloc(1, size);
#else
  void* p = std::calloc(1, allocation_size(size));
#endif
  if (p == nullptr) std::abort();
  return p;
}

// Aligned to `alignment` (a power of two); size is a multiple of it.
inline void* allocate_aligned(size_t alignment, size_t size) {
#if defined(FRESHET_MIMALLOC)
  void* p = mi_aligned_alloc(alignment, size);
#else
  void* p = std::aligned_alloc(alignment, size);
#endif
  if (p == nullptr) std::abort();
  return p;
}

// The same past what a thread keeps of freed places for itself: a place in the oldest run of pages
// that has one free, and back to its run at once. For what moves so that runs become free.
inline void* allocate_in_run(size_t size) {
#if defined(FRESHET_JEMALLOC)
  void* p = mallocx(size, MALLOCX_TCACHE_NONE);
  if (p == nullptr) std::abort();
  return p;
#else
  return allocate(size);
#endif
}

inline void deallocate(void* p, [[maybe_unused]] size_t size) {
#if defined(FRESHET_JEMALLOC)
  sdallocx(p, size, 0);
#elif defined(FRESHET_MIMALLOC)
  mi_free(p);
#else
  std::free(p);
#endif
}

inline void deallocate_in_run(void* p, size_t size) {
#if defined(FRESHET_JEMALLOC)
  sdallocx(p, size, MALLOCX_TCACHE_NONE);
#else
  deallocate(p, size);
#endif
}

}  // namespace freshet
