// How values are killed: one by one, or many at once to be buried later.
#include <algorithm>

#include "freshet/base/check.h"
#include "freshet/engine/space.h"

namespace freshet {
namespace {

constexpr uint64_t kPositions = uint64_t{1} << kPositionBits;

}  // namespace

bool Space::kill(const Key& key, Entry* entry, const Death& death) {
  if (bury_if_dead(key, entry)) return false;
  const bool lived = !entry->expired(now_);
  ++(death.cause == Cause::kInvalidated && death.depth == 1 ? shard_->stats.invalidated
                                                            : shard_->stats.killed_by_change);
  take_out(key, entry, death);
  return lived;
}

Killed Space::kill_members(Node* node, Millis stale_until, uint64_t sequence, uint32_t number) {
  Killed killed;
  shard_->stats.keys_examined += node->count;
  if (node->count <= shard_->settings.invalidate_at_once.load(std::memory_order_relaxed)) {
    uint32_t left = UINT32_MAX;
    const Death death{.cause = Cause::kInvalidated, .stale_until = stale_until, .kill = number};
    visit_members(node, left, SIZE_MAX, [&](Entry* entry) {
      killed.keys += kill(shard_->hasher.key(entry->key()), entry, death);
    });
  } else if (node->killed_at != 0) {
    killed.refused = true;
  } else {
    Kill& kill = db_->kills.add(sequence, node, {});
    kill.stale_until = stale_until;
    kill.logged = number;
    if (kill.counted) {
      killed.keys = kill.tally->killed;
      shard_->stats.invalidated += killed.keys;
    } else {
      killed.number = kill.number;
    }
  }
  return killed;
}

Killed Space::kill_matching(const std::vector<KeyPattern>& patterns, Millis stale_until,
                            uint64_t sequence, uint32_t number) {
  Killed killed;
  if (db_->keys.size() > shard_->settings.invalidate_at_once.load(std::memory_order_relaxed)) {
    CHECK(db_->kills.patterns() < kMostPatterns);
    Kill& kill = db_->kills.add(sequence, nullptr, patterns);
    kill.stale_until = stale_until;
    kill.logged = number;
    killed.number = kill.number;
    return killed;
  }
  std::vector<Entry*> victims;
  shard_->stats.keys_examined += db_->keys.size();
  db_->keys.for_each([&](Entry* entry) {
    const auto hit = [&](const KeyPattern& pattern) { return pattern.matches(entry->key()); };
    if (std::any_of(patterns.begin(), patterns.end(), hit)) victims.push_back(entry);
  });
  const Death death{.cause = Cause::kInvalidated, .stale_until = stale_until, .kill = number};
  for (Entry* entry : victims) {
    killed.keys += this->kill(shard_->hasher.key(entry->key()), entry, death);
  }
  return killed;
}

bool Space::count_slice(uint64_t number, size_t most) {
  Kill* kill = db_->kills.find(number);
  if (kill == nullptr || kill->tally->complete) return true;
  if (kill->node != nullptr) {
    bury_more(*kill, most);
    kill = db_->kills.find(number);
    return kill == nullptr || kill->tally->complete;
  }
  const uint64_t victims = db_->kills.size() == 1 && kill->patterns.size() == 1
                               ? count_alone(*kill)
                               : count_among_others(*kill);
  db_->kills.counted(*kill, victims);
  shard_->stats.invalidated += victims;
  if (kill->counted_to != 0) return false;
  kill->counted_to = kPositions;
  kill->tally->complete = true;
  return true;
}

// The only kill, and by one pattern. Nothing in it branches on what a key is: where half of them
// match, half of the guesses would be wrong.
uint64_t Space::count_alone(Kill& kill) {
  const KeyPattern& pattern = kill.patterns.front();
  const uint64_t number = kill.number;
  uint64_t looked = 0, victims = 0;
  kill.counted_to = db_->keys.visit_segment(kill.counted_to, [&](const Entry* entry) {
    ++looked;
    victims += static_cast<uint64_t>(pattern.matches(entry->key())) & (entry->born() < number);
  });
  shard_->stats.keys_examined += looked;
  return victims;
}

uint64_t Space::count_among_others(Kill& kill) {
  uint64_t looked = 0, victims = 0;
  kill.counted_to = db_->keys.visit_segment(kill.counted_to, [&](const Entry* entry) {
    ++looked;
    victims += kill.hits(entry->key()) && db_->kills.killer(db_->graph, entry) == &kill;
  });
  shard_->stats.keys_examined += looked;
  return victims;
}

bool Space::bury_slice(size_t most) {
  if (Kill* kill = db_->kills.next_to_bury()) bury_more(*kill, most);
  return db_->kills.next_to_bury() != nullptr;
}

void Space::bury_more(Kill& kill, size_t most) {
  if (kill.node != nullptr) {
    visit_members(kill.node, kill.left, most,
                  [&](Entry* entry) { bury_if_dead(shard_->hasher.key(entry->key()), entry); });
    if (kill.left == 0) finish(kill);
    return;
  }
  for (size_t looked = 0; looked < most; looked += Table<Entry>::kSlots) {
    bury_bucket(kill);
    if (kill.buried_to == 0) return finish(kill);
  }
}

void Space::bury_bucket(Kill& kill) {
  constexpr uint32_t kAhead = 3;
  db_->keys.prefetch_items(kill.buried_to, kAhead);
  std::vector<Entry*> found;
  kill.buried_to = db_->keys.scan(kill.buried_to, [&](Entry* entry) { found.push_back(entry); });
  for (Entry* entry : found) bury_if_dead(shard_->hasher.key(entry->key()), entry);
}

void Space::finish(Kill& kill) {
  if (kill.node != nullptr) {
    std::vector<std::string> orphans;
    db_->graph.absolve(kill.node, orphans);
    release(orphans);
  }
  db_->kills.remove(kill);
}

size_t Space::living(const Node* node) const {
  if (!db_->kills.pending()) return node->count;
  size_t count = 0;
  for (uint32_t i = 0; i < node->count; ++i) {
    count += !dead(db_->graph.at(node->members[i])->entry());
  }
  return count;
}

bool Space::bury_if_dead(const Key& key, Entry* entry) {
  if (!db_->kills.pending()) return false;
  Kill* kill = db_->kills.killer(db_->graph, entry);
  if (kill == nullptr) return false;
  if (db_->kills.bury(*kill, position_of(key.hash))) ++shard_->stats.invalidated;
  // A later kill that is hard takes what an earlier one would have left as stale.
  const bool stale = kill->stale_until != 0 && !db_->kills.hit_hard_after(*kill, key.view);
  const Death death{.cause = Cause::kInvalidated,
                    .stale_until = stale ? kill->stale_until : 0,
                    .kill = kill->logged};
  take_out(key, entry, death, kill->sequence);
  return true;
}

}  // namespace freshet
