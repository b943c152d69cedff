// How a shard frees memory: what may go, and which of a few candidates goes. What a candidate is
// worth the evictor says.
#include <algorithm>
#include <array>

#include "freshet/engine/reckoning.h"
#include "freshet/engine/shard.h"
#include "freshet/engine/space.h"

namespace freshet {
namespace {

constexpr size_t kVictims = 16;  // of kills, buried at once

struct Candidate {
  Entry* entry;
  int db;
  uint64_t hash;  // 0: not computed yet
  double score;
};

// The lowest of what it is shown, in ascending order.
class Lowest {
 public:
  static constexpr size_t kMost = Evictor::kPool + 1;  // the victim, and the next pool

  void show(const Candidate& shown) {
    if (count_ == kMost && shown.score >= best_[count_ - 1].score) return;
    for (size_t i = 0; i < count_; ++i) {
      if (best_[i].entry == shown.entry) return;
    }
    size_t at = count_ == kMost ? kMost - 1 : count_++;
    for (; at > 0 && best_[at - 1].score > shown.score; --at) best_[at] = best_[at - 1];
    best_[at] = shown;
  }
  size_t count() const { return count_; }
  Candidate& operator[](size_t i) { return best_[i]; }

 private:
  std::array<Candidate, kMost> best_;
  size_t count_ = 0;
};

// Draws candidates for one eviction.
class Draw {
 public:
  explicit Draw(Shard& shard)
      : shard_(shard),
        volatile_only_(is_volatile(shard.evictor.policy()) && !mutant(kVolatileTakesAll)) {}

  // How many keys may be evicted, and how many of them are pinned.
  void count() {
    for (int index = 0; index < shard_.databases(); ++index) {
      const Database& db = shard_.db(index);
      keys += db.keys.size();
      eligible += eligible_of(db);
      pinned += volatile_only_ ? db.pinned_with_deadline : db.pinned;
    }
  }

  // What stands to be evicted: keys by chance, those of the pool, and recent ones.
  void all() {
    const Evictor& evictor = shard_.evictor;
    by_chance(reckoning::samples(evictor.policy(), shard_.settings));
    if (is_random(evictor.policy())) return;
    for (int i = 0; i < evictor.pooled; ++i) known(evictor.pool[static_cast<size_t>(i)], false);
    if (const auto* recents = evictor.recents()) {
      for (const Evictor::Ref& ref : *recents) known(ref, true);
    }
  }

  // Only those that are not pinned; if there are none, it looks for some.
  void leave_pinned() {
    const auto pinned_one = [](const Candidate& candidate) {
      return stamp::priority(candidate.entry->stamp) == kTopPriority;
    };
    drawn_ = static_cast<size_t>(std::remove_if(begin(), end(), pinned_one) - begin());
    if (drawn_ == 0) search();
  }

  size_t keys = 0, eligible = 0;
  size_t pinned = 0;  // of those that are eligible

  Candidate* begin() { return candidates_.data(); }
  Candidate* end() { return candidates_.data() + drawn_; }

 private:
  void by_chance(size_t most) {
    while (drawn_ < most) {
      const size_t before = drawn_;
      const int index = some_database();
      if (volatile_only_) {
        draw_volatile(index, most);
      } else {
        const size_t found = shard_.db(index).keys.sample(
            shard_.rng, found_.data(),
            eligible == shard_.db(index).keys.size() ? most - drawn_ : 1);
        for (size_t i = 0; i < found; ++i) add(found_[i], index, 0);
      }
      if (drawn_ == before) return;
    }
  }

  void known(const Evictor::Ref& ref, bool unused_only) {
    if (ref.hash == 0) return;
    const int index = shard_.index_of(ref.database);
    Entry* entry = shard_.db(index).keys.find_hash(ref.hash);
    if (entry == nullptr) return;
    if (unused_only && shard_.evictor.used_since_stored(entry)) return;
    add(entry, index, ref.hash);
  }

  // Looks on, where it stopped the last time, for a key that is not pinned.
  void search() {
    constexpr int kBuckets = 8;
    for (int i = 0; i < kBuckets && drawn_ < candidates_.size() / 2; ++i) {
      Database& db = shard_.db(hand().database);
      hand().position = db.keys.scan(hand().position, [&](Entry* entry) {
        if (stamp::priority(entry->stamp) != kTopPriority) add(entry, hand().database, 0);
      });
      if (hand().position == 0) hand().database = (hand().database + 1) % shard_.databases();
    }
  }

  size_t eligible_of(const Database& db) const {
    return volatile_only_ ? db.with_deadline : db.keys.size();
  }
  Shard::Hand& hand() { return shard_.hand; }

  // By the number of keys that may be evicted.
  int some_database() const {
    size_t at = shard_.rng.below(eligible);
    int index = 0;
    while (at >= eligible_of(shard_.db(index))) at -= eligible_of(shard_.db(index++));
    return index;
  }

  // With a deadline: from the table if many have one, else by records of the expiry wheel, of which
  // some are dead. Looks at some tens in either case.
  void draw_volatile(int index, size_t most) {
    Database& db = shard_.db(index);
    constexpr size_t kShare = 4, kLooks = 64;
    if (db.with_deadline * kShare >= db.keys.size()) {
      for (size_t looks = 0; looks < kLooks && drawn_ < most; looks += kMostSamples / 4) {
        const size_t found = db.keys.sample(shard_.rng, found_.data(), kMostSamples / 4);
        for (size_t i = 0; i < found && drawn_ < most; ++i) add(found_[i], index, 0);
      }
    }
    for (size_t i = 0; i < 2 * most && drawn_ < most && db.wheel.records() != 0; ++i)
      add_recorded(db, index, db.wheel.random(shard_.rng));
    for (size_t i = 0; i < kLooks && drawn_ == 0 && db.wheel.records() != 0; ++i)
      add_recorded(db, index, db.wheel.next());
  }
  void add_recorded(Database& db, int index, uint32_t record) {
    recorded_.clear();
    find_recorded(db.keys, record, recorded_);
    for (Entry* entry : recorded_) add(entry, index, 0);
  }

  void add(Entry* entry, int index, uint64_t hash) {
    if (volatile_only_ && !entry->has_deadline()) return;
    if (drawn_ < candidates_.size()) candidates_[drawn_++] = {entry, index, hash};
  }

  Shard& shard_;
  const bool volatile_only_;
  size_t drawn_ = 0;
  std::array<Candidate, kMostSamples + Evictor::kPool + Evictor::kRecents> candidates_;
  std::array<Entry*, kMostSamples> found_;
  std::vector<Entry*> recorded_;
};

void count_eviction(Shard& shard, Millis idle) {
  ShardStats& stats = shard.stats;
  ++stats.evicted_by[static_cast<size_t>(shard.evictor.policy())];
  stats.evicted_idle += static_cast<uint64_t>(idle);
  const auto* step = std::upper_bound(std::begin(kIdleStep), std::end(kIdleStep), idle);
  ++stats.evicted_after[step - kIdleStep];
}

// The lowest goes; the others are the next pool.
void evict(Shard& shard, Lowest& lowest, Millis now) {
  Evictor& evictor = shard.evictor;
  evictor.pooled = 0;
  for (size_t i = 1; i < lowest.count(); ++i) {
    Candidate& next = lowest[i];
    if (next.hash == 0) next.hash = shard.hasher(next.entry->key());
    evictor.pool[static_cast<size_t>(evictor.pooled++)] = {next.hash, shard.db(next.db).id};
  }
  evictor.set_cheapest(lowest.count() > 1 ? static_cast<float>(lowest[1].score)
                                          : -Evictor::kNothing);
  const Candidate& victim = lowest[0];
  const Key key = shard.hasher.key(victim.entry->key());
  Space space(shard, victim.db, now);
  if (space.bury_if_dead(key, victim.entry)) return;
  count_eviction(shard, evictor.idle(victim.entry, now));
  evictor.evicted(victim.entry, key.hash, now);
  space.remove(key, victim.entry, Cause::kEvicted);
}

}  // namespace

void Shard::follow_policy(Millis now, bool nearly_full) {
  size_t keys = 0;
  for (auto& db : databases_) keys += db->keys.size();
  evictor.refit(keys, now);
  if (nearly_full) evictor.expect_evictions(keys);
}

bool Shard::trim_graph(Millis now, Budget& graphs) {
  constexpr int kNames = 16;
  int64_t bytes = 0;
  for (auto& db : databases_) bytes += static_cast<int64_t>(db->graph.memory());
  graphs.add(bytes - graph_bytes_);
  graph_bytes_ = bytes;
  const int64_t limit = settings.maxmemory.load(std::memory_order_relaxed);
  const int64_t percent = settings.graph_percent.load(std::memory_order_relaxed);
  if (limit == 0 || graphs.used() <= limit / 100 * percent) return false;
  bool left = false;
  for (int index = 0; index < databases(); ++index) {
    Space space(*this, index, now);
    for (int i = 0; i < kNames && db(index).graph.evicted_names() != 0; ++i) {
      if (space.give_up_name()) ++stats.names_given_up;
    }
    left |= db(index).graph.evicted_names() != 0;
  }
  return left;
}

// What is dead, or only stale, goes before anything alive does.
bool Shard::evict_dead(Millis now) {
  for (int index = 0; index < databases(); ++index) {
    Database& one = db(index);
    const size_t before = one.keys.size();
    if (one.kills.pending()) Space(*this, index, now, true).bury_slice(kVictims);
    if (one.keys.size() < before || one.shelf.drop_any(rng)) return true;
  }
  return false;
}

bool Shard::evict_one(Millis now, Reach reach) { return evict_dead(now) || evict_live(now, reach); }

bool Shard::evict_live(Millis now, Reach reach) {
  Draw draw(*this);
  draw.count();
  if (draw.eligible == 0) {
    evictor.set_cheapest(Evictor::kNothing);
    return false;
  }
  evictor.prepare(draw.keys, now);
  const bool strict = is_priority(evictor.policy());
  if (strict && reach == Reach::kNotPinned && draw.pinned == draw.eligible) return false;
  draw.all();
  for (const Candidate& candidate : draw) {
    if (!candidate.entry->expired(now)) continue;
    Space(*this, candidate.db, now)
        .remove_expired(hasher.key(candidate.entry->key()), candidate.entry);
    return true;
  }
  if (strict && draw.pinned < draw.eligible) draw.leave_pinned();
  Lowest lowest;
  for (Candidate& candidate : draw) {
    candidate.score = evictor.score(candidate.entry, now);
    lowest.show(candidate);
  }
  if (lowest.count() != 0) evict(*this, lowest, now);
  return true;
}

}  // namespace freshet
