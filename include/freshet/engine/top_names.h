// Which names something happens to most, in bounded memory: Space-Saving (Metwally, Agrawal and El
// Abbadi 2005). A name that is not among those kept takes the place of the least, and may be that
// one's count too high; whatever happened more often than that is surely here. What is kept of a
// name are its hits, misses and evictions; what ranks it is their sum. Owned by one shard;
// REQUIRES: its door held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "freshet/engine/meter.h"

namespace freshet {

class TopNames {
 public:
  enum Event : uint8_t { kHit, kMiss, kEviction };
  static constexpr int kEvents = 3;
  static constexpr size_t kLongest = 48;  // bytes of a name; longer ones count as their beginning

  struct Tally {
    uint64_t hash;  // of the name
    uint64_t of[kEvents];
    uint64_t total;  // of all events, with what others had before
    uint64_t error;  // by how much `total` may be too high
    char bytes[kLongest];
    uint8_t size;

    std::string_view name() const { return {bytes, size}; }
  };

  explicit TopNames(Meter& meter) : meter_(meter) {}
  ~TopNames() { clear(); }
  TopNames(const TopNames&) = delete;
  TopNames& operator=(const TopNames&) = delete;

  // Keeps up to `most` names; with 0 none.
  void count(std::string_view name, Event event, uint64_t times, size_t most);
  // The same for a name of which only its sign is known; if it is not among those kept, nothing.
  void count_known(uint32_t sign, Event event, uint64_t times);
  // Never 0.
  static uint32_t sign(std::string_view name) { return sign(hash_of(name.substr(0, kLongest))); }
  const std::vector<Tally>& tallies() const { return tallies_; }
  void clear();

 private:
  static uint64_t hash_of(std::string_view name);
  static uint32_t sign(uint64_t hash) { return static_cast<uint32_t>(hash) | 1; }
  Tally& place_of(std::string_view name, uint64_t hash, size_t most);
  void shrink(size_t most);
  void charge();

  Meter& meter_;
  std::vector<Tally> tallies_;
  size_t bytes_ = 0;
};

// What a key's statistics are kept under: all up to its first ':', with that. "" if it has none.
inline std::string_view counted_prefix(std::string_view key) {
  return key.substr(0, key.find(':') + 1);  // npos + 1 is 0
}

}  // namespace freshet
