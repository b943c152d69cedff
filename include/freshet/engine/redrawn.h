// The keys of one shard whose dependencies were declared anew of late: what somebody has to look at
// again who walks over the graph while others draw edges. Kept only as long as anybody walks, and
// never more than kMost: who falls behind has to begin anew. Guarded by the shard's door.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace freshet {

class Redrawn {
 public:
  static constexpr size_t kMost = 4096;

  struct Drawn {
    uint8_t db;  // Database::id
    std::string key;
  };

  bool watched() const { return walks_ != 0; }
  void begin_walk() { ++walks_; }
  void end_walk() {
    if (--walks_ != 0) return;
    first_ = end();
    std::deque<Drawn>().swap(keys_);
  }

  // REQUIRES: watched().
  void add(uint8_t db, std::string_view key) {
    if (keys_.size() == kMost) {
      keys_.pop_front();
      ++first_;
    }
    keys_.push_back({db, std::string(key)});
  }

  // They are numbered. `end` is the number of the next one; those before some number are forgotten.
  uint64_t end() const { return first_ + keys_.size(); }
  bool forgot(uint64_t number) const { return number < first_; }
  // REQUIRES: number < end(), and not forgotten.
  const Drawn& at(uint64_t number) const { return keys_[number - first_]; }

 private:
  std::deque<Drawn> keys_;
  uint64_t first_ = 0;
  uint32_t walks_ = 0;
};

}  // namespace freshet
