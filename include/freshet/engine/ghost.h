// Who was evicted lately, and how often it had been used: 2 bytes a key.
//
//   bucket, 16 bytes: | 8 x (fingerprint: 12 bits, frequency: 4 bits) |, the newest first
//
// The oldest of a bucket falls out. A fingerprint may be another key's: of 16 looks at a full
// bucket's 8 places one in 500 is wrong, and then a new key starts with a frequency that it did not
// earn. When the number of keys is another by a quarter a table of the new size is begun, and the
// old one asked, too, until the new one is full. Owned by one shard; REQUIRES: its door held.
#pragma once

#include <cstddef>
#include <cstdint>

#include "freshet/engine/meter.h"

namespace freshet {

class Ghost {
 public:
  static constexpr size_t kBytes = 2;  // of each

  explicit Ghost(Meter& meter) : meter_(meter) {}
  ~Ghost();
  Ghost(const Ghost&) = delete;
  Ghost& operator=(const Ghost&) = delete;

  // Makes room for `keys` of them, or a quarter more or less.
  void fit(size_t keys);
  // frequency: 1 … 15.
  void put(uint64_t hash, uint32_t frequency);
  // The frequency that a key had, and forgets it; 0: it was not evicted, as far as is remembered.
  uint32_t take(uint64_t hash);

  size_t memory() const { return now_.bytes() + before_.bytes(); }

 private:
  struct Places {
    unsigned __int128* buckets = nullptr;
    size_t count = 0;
    size_t bytes() const { return count * sizeof(unsigned __int128); }
    uint32_t take(uint64_t hash);
  };
  void drop(Places& places);

  Meter& meter_;
  Places now_, before_;
  size_t puts_ = 0;  // since now_ was begun
};

}  // namespace freshet
