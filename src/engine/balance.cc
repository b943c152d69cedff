#include "freshet/engine/balance.h"

namespace freshet {
namespace {

Shard* cheaper(Shard* a, Shard* b) {
  return a == nullptr || b->evictor.cheapest() < a->evictor.cheapest() ? b : a;
}

}  // namespace

Shard* Balance::next(Keyspace& keyspace) {
  const uint32_t shards = keyspace.size();
  if (++turn_ % kTurn == 0) {
    shard_ = (shard_ + 1) % shards;
    return &keyspace.shard(shard_);
  }
  Shard* best = nullptr;
  for (uint32_t i = 0; i < kLooks; ++i) {
    best = cheaper(best, &keyspace.shard(static_cast<uint32_t>(rng_.below(shards))));
  }
  if (best->evictor.cheapest() != Evictor::kNothing) return best;
  for (uint32_t id = 0; id < shards; ++id) best = cheaper(best, &keyspace.shard(id));
  return best->evictor.cheapest() == Evictor::kNothing ? nullptr : best;
}

}  // namespace freshet
