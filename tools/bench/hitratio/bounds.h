// Two caches that know no server: what no policy can beat, and the textbook's LRU. Both count a
// reference as the in-process replay does: a GET, and on a miss the SET that follows it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "trace.h"

namespace freshet {

// Hits of Belady's choice with bypass: knowing the future, a key that will be needed later than all
// that are kept is not kept at all. No cache of `capacity` keys has more hits.
uint64_t belady_hits(const Trace& trace, size_t capacity);

// Hits of a cache that always evicts the key that was not used for longest, exactly.
uint64_t lru_hits(const Trace& trace, size_t capacity);

}  // namespace freshet
