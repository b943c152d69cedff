#include "freshet/engine/pool.h"

#include <algorithm>
#include <cstring>

#include "freshet/base/check.h"

namespace freshet {

Pool::~Pool() {
  for (Block& block : blocks_) {
    if (block.base != nullptr) deallocate(block.base, block.size);
  }
  meter_.sub(bytes_);
}

// The list of blocks is counted at its full capacity.
void Pool::recount() {
  const size_t now = blocks_.capacity() * sizeof(Block);
  bytes_ += now - list_bytes_;
  if (now > list_bytes_) meter_.add(now - list_bytes_);
  if (now < list_bytes_) meter_.sub(list_bytes_ - now);
  list_bytes_ = now;
}

void Pool::link(uint32_t index) {
  Block& block = blocks_[index];
  uint32_t& head = open_[block.granules - 1];
  block.prev = kNone;
  block.next = head;
  if (head != kNone) blocks_[head].prev = index;
  head = index;
}

void Pool::unlink(uint32_t index) {
  const Block& block = blocks_[index];
  if (block.prev == kNone) {
    open_[block.granules - 1] = block.next;
  } else {
    blocks_[block.prev].next = block.next;
  }
  if (block.next != kNone) blocks_[block.next].prev = block.prev;
}

// A pool of a few objects should not take a large block for each of their sizes.
size_t Pool::block_size(size_t granules) const {
  if (used_ < 4) return std::max<size_t>(512, granules * kGranule);
  return used_ < 16 ? 4096 : kBlock;
}

uint32_t Pool::add_block(size_t bytes, size_t granules) {
  if (blocks_.empty()) {
    blocks_.push_back(Block{});
    recount();
  }
  uint32_t index = unused_;
  if (index == kNone) {
    CHECK(blocks_.size() < (size_t{1} << (32 - kShift)));
    index = static_cast<uint32_t>(blocks_.size());
    blocks_.push_back(Block{});
    recount();
  } else {
    unused_ = blocks_[index].next;
  }
  char* base = static_cast<char*>(allocate(bytes));
  blocks_[index] = Block{base, static_cast<uint32_t>(bytes),   kNone, kNone, 0, kEnd,
                         0,    static_cast<uint16_t>(granules)};
  bytes_ += allocation_size(bytes);
  meter_.add(allocation_size(bytes));
  ++used_;
  return index;
}

void Pool::drop_block(uint32_t index) {
  Block& block = blocks_[index];
  deallocate(block.base, block.size);
  bytes_ -= allocation_size(block.size);
  meter_.sub(allocation_size(block.size));
  block.base = nullptr;
  block.next = unused_;
  unused_ = index;
  if (--used_ != 0) return;
  std::vector<Block>().swap(blocks_);  // "= {}" would keep its room
  unused_ = kNone;
  recount();
}

Pool::Ref Pool::take(size_t bytes) {
  const size_t granules = granules_of(bytes);
  if (granules > kClasses) {
    const uint32_t index = add_block(bytes, 0);
    blocks_[index].live = 1;
    return index << kShift;
  }
  uint32_t index = open_[granules - 1];
  if (index == kNone) {
    index = add_block(block_size(granules), granules);
    link(index);
  }
  Block& block = blocks_[index];
  uint16_t granule = block.free;
  if (granule != kEnd) {
    std::memcpy(&block.free, block.base + granule * kGranule, sizeof block.free);
  } else {
    granule = block.fresh;
    block.fresh = static_cast<uint16_t>(block.fresh + granules);
  }
  ++block.live;
  if (!has_room(block)) unlink(index);
  return index << kShift | granule;
}

void Pool::give(Ref ref, size_t bytes) {
  const uint32_t index = ref >> kShift;
  Block& block = blocks_[index];
  CHECK(block.live != 0);
  if (block.granules == 0) {
    drop_block(index);
    return;
  }
  CHECK(block.granules == granules_of(bytes));
  const bool had_room = has_room(block);
  const auto granule = static_cast<uint16_t>(ref & kMask);
  std::memcpy(block.base + granule * kGranule, &block.free, sizeof block.free);
  block.free = granule;
  if (--block.live == 0) {
    if (had_room) unlink(index);
    drop_block(index);
  } else if (!had_room) {
    link(index);
  }
}

}  // namespace freshet
