// Small objects named by 4 bytes instead of 8: what the graph holds by the million.
//
//   reference: | block: 21 bits | granule: 11 bits |     0: none
//   block:     objects of one size, in granules of 8 bytes; or one large object alone
//
// A block of small objects takes 14 KiB (less while the pool is small) and goes back to the
// allocator when its last object does, so an empty pool holds nothing. Objects never move. Owned by
// one shard; REQUIRES: its door held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "freshet/engine/meter.h"

namespace freshet {

class Pool {
 public:
  using Ref = uint32_t;

  explicit Pool(Meter& meter) : meter_(meter), open_(kClasses, kNone) {}
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // bytes: 1 or more; the object is aligned to 8.
  Ref take(size_t bytes);
  // `bytes` as it was taken with.
  void give(Ref ref, size_t bytes);

  template <class T>
  T* at(Ref ref) const {
    return reinterpret_cast<T*>(blocks_[ref >> kShift].base + (ref & kMask) * kGranule);
  }
  // What the blocks and their list take.
  size_t memory() const { return bytes_; }

 private:
  static constexpr size_t kGranule = 8;
  static constexpr int kShift = 11;
  static constexpr Ref kMask = (1u << kShift) - 1;
  static constexpr size_t kClasses = 128;  // by granules: objects of up to 1 KiB share blocks
  static constexpr size_t kBlock = 14336;  // the largest of the allocator's small sizes
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint16_t kEnd = UINT16_MAX;

  struct Block {
    char* base;
    uint32_t size;        // bytes
    uint32_t next, prev;  // blocks of the same class with room; `next` of unused list places too
    uint16_t live;        // objects
    uint16_t free;        // granule of the first object given back, or kEnd
    uint16_t fresh;       // granules from here on were never used
    uint16_t granules;    // of one object; 0: a large one
  };

  static size_t granules_of(size_t bytes) { return (bytes + kGranule - 1) / kGranule; }
  bool has_room(const Block& block) const {
    return block.free != kEnd || (block.fresh + size_t{block.granules}) * kGranule <= block.size;
  }
  size_t block_size(size_t granules) const;
  uint32_t add_block(size_t bytes, size_t granules);
  void drop_block(uint32_t index);
  void link(uint32_t index);
  void unlink(uint32_t index);
  void recount();

  Meter& meter_;
  std::vector<Block> blocks_;   // blocks_[0] is nobody's: reference 0 is none
  std::vector<uint32_t> open_;  // by class: a block with room
  uint32_t unused_ = kNone;     // places in blocks_ without a block
  size_t used_ = 0;             // blocks
  size_t list_bytes_ = 0;
  size_t bytes_ = 0;
};

}  // namespace freshet
