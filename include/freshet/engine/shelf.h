// Stale values: killed softly, kept for a while for those who ask for them by FETCH … STALE. No
// other command sees them. One shelf for each database of a shard. Owned by one shard; REQUIRES:
// its door held.
#pragma once

#include <cstdint>
#include <vector>

#include "freshet/engine/entry.h"
#include "freshet/engine/expiry.h"
#include "freshet/engine/fences.h"
#include "freshet/engine/table.h"

namespace freshet {

class Shelf {
 public:
  Shelf(Hasher hasher, Meter& meter, Fences& fences)
      : hasher_(hasher), meter_(meter), fences_(fences), values_(hasher, meter), wheel_(meter) {}
  ~Shelf();

  bool empty() const { return values_.size() == 0; }
  size_t size() const { return values_.size(); }
  // The stale value of a key, or nullptr.
  Entry* find(const Key& key, Millis now);
  // Keeps the value of `entry` (not the entry itself) until then, in place of an older one.
  void put(const Key& key, const Entry* entry, Millis until);
  void drop(const Key& key);

  // Drops those whose time is over, at most about `most`; how many records were looked at.
  size_t expire(Millis now, size_t most);
  // Drops one by chance; false if there is none.
  bool drop_any(Rng& rng);
  // Drops those of one bucket that match; the position to go on from, 0 at the end.
  template <class F>
  uint64_t drop_if(uint64_t position, F&& match) {
    std::vector<Entry*> found;
    const uint64_t next = values_.scan(position, [&](Entry* entry) {
      if (match(entry->key())) found.push_back(entry);
    });
    for (Entry* entry : found) remove(hasher_(entry->key()), entry);
    return next;
  }

 private:
  void remove(uint64_t hash, Entry* entry);
  size_t expire_batch(Millis now);

  Hasher hasher_;
  Meter& meter_;
  Fences& fences_;  // watches as long as there are values: whoever writes a key drops its stale one
  Table<Entry> values_;
  ExpiryWheel wheel_;
};

}  // namespace freshet
