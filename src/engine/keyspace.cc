#include "freshet/engine/keyspace.h"

#include "freshet/base/check.h"

namespace freshet {

Keyspace::Keyspace(uint32_t shards, int databases, uint64_t seed, const Settings& settings_)
    : hasher(seed),
      settings(settings_),
      fences(hasher.digest("fences")),
      lessons(shards, budget),
      miniatures(shards, settings_, budget),
      invalidations(settings_),
      size_(shards) {
  CHECK(shards >= 1 && shards <= kMaxShards);
  CHECK(databases >= 1 && databases <= 256);
  for (uint32_t id = 0; id < shards; ++id) {
    shards_.push_back(std::make_unique<Shard>(id, shards, databases, hasher, seed ^ id, settings,
                                              budget, fences, lessons, miniatures));
  }
}

}  // namespace freshet
