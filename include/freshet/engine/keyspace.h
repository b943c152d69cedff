// All shards of the process, and what they share: the hash seed, the settings, the memory budget.
// Immutable after construction; the shards guard themselves.
#pragma once

#include <memory>
#include <vector>

#include "freshet/engine/shard.h"

namespace freshet {

inline constexpr uint32_t kMaxShards = 4096;

class Keyspace {
 public:
  // shards: 1 … kMaxShards. databases: 1 … 256.
  Keyspace(uint32_t shards, int databases, uint64_t seed, const Settings& settings_);

  uint32_t size() const { return static_cast<uint32_t>(shards_.size()); }
  Shard& shard(uint32_t id) { return *shards_[id]; }
  uint32_t id_of(uint64_t hash) const { return shard_of(hash, size()); }
  Shard& home(const Key& key) { return shard(id_of(key.hash)); }
  int databases() const { return shards_[0]->databases(); }

  const Hasher hasher;
  const Settings& settings;
  Budget budget;
  Fences fences;

 private:
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace freshet
