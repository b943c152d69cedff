#include "freshet/engine/shard.h"

#include <algorithm>
#include <bit>

#include "freshet/engine/space.h"

namespace freshet {

void ShardStats::add(const ShardStats& other) {
  hits += other.hits;
  misses += other.misses;
  for (int i = 0; i < kCauses; ++i) misses_by_cause[i] += other.misses_by_cause[i];
  expired += other.expired;
  evicted += other.evicted;
  for (int i = 0; i < kPolicies; ++i) evicted_by[i] += other.evicted_by[i];
  evicted_idle += other.evicted_idle;
  for (int i = 0; i <= kIdleSteps; ++i) evicted_after[i] += other.evicted_after[i];
  names_given_up += other.names_given_up;
  ghost_hits += other.ghost_hits;
  fills += other.fills;
  invalidated += other.invalidated;
  killed_by_change += other.killed_by_change;
  early_cutoffs += other.early_cutoffs;
  keys_examined += other.keys_examined;
  ancestors_examined += other.ancestors_examined;
  moved += other.moved;
  left_in_place += other.left_in_place;
  softly += other.softly;
  leases += other.leases;
  stale_reads += other.stale_reads;
  for (int i = 0; i < kFenceCauses; ++i) fenced[i] += other.fenced[i];
}

namespace {

// All shards together follow some thousand keys, or each a thousand.
size_t sampled_keys(uint32_t shards) {
  constexpr size_t kAll = 8192, kFewest = 1024;
  return std::max(kFewest, std::bit_floor(kAll / shards));
}

}  // namespace

Shard::Shard(uint32_t id, uint32_t shards_, int databases, Hasher hasher_, uint64_t seed,
             const Settings& settings_, Budget& budget, Fences& fences_, Lessons& lessons,
             Miniatures& miniatures_)
    : hasher(hasher_),
      settings(settings_),
      rng(seed),
      meter(budget),
      evictor(settings_, meter, rng, {id, shards_, sampled_keys(shards_), lessons}),
      mrc(meter, std::max<size_t>(1024, std::bit_floor(8192 / shards_))),
      miniatures(miniatures_),
      prefixes(meter),
      tags(meter),
      former_tags(meter),
      fences(fences_),
      changes(fences_, meter, settings_),
      leases(fences_, meter, settings_),
      shards(shards_),
      id_(id) {
  evictor.report_to(followed);
  mrc.report_to(followed);
  for (int i = 0; i < databases; ++i) {
    databases_.push_back(std::make_unique<Database>(i, hasher, meter, fences));
  }
}

Shard::~Shard() {
  for (auto& db : databases_) free_all(*db, meter);
  for (auto& db : flushed_) free_all(*db, meter);
}

namespace {

// Nodes of an index that are freed in the time that a segment of the table takes.
constexpr size_t kNodesPerSegment = 64;

// Frees an entry of a database that is being given up.
void drop(Database& db, Meter& meter, Entry* entry) {
  if (const Pool::Ref declarations = entry->declarations()) {
    std::vector<std::string> orphans;
    db.graph.drop(declarations, orphans);
  }
  meter.sub_entry(entry->memory());
  Entry::free(entry);
}

}  // namespace

void Shard::free_all(Database& db, Meter& meter) {
  while (db.keys.shed([&](Entry* entry) { drop(db, meter, entry); })) {
  }
}

Mrc::Totals Shard::totals(Millis now) const {
  const int64_t limit = settings.maxmemory.load(std::memory_order_relaxed) / shards;
  const auto held = static_cast<uint64_t>(std::max(limit, meter.entry_bytes()));
  return {now, stats.hits, stats.misses, Mrc::kHorizon * held};
}

Miniatures::Moment Shard::moment(Millis now) const {
  return {now, id_, stats.hits + stats.misses, static_cast<uint64_t>(meter.entry_bytes()),
          mrc.weight()};
}

int Shard::index_of(uint8_t id) const {
  int index = 0;
  while (databases_[static_cast<size_t>(index)]->id != id) ++index;
  return index;
}

void Shard::swap(int a, int b) {
  std::swap(databases_[static_cast<size_t>(a)], databases_[static_cast<size_t>(b)]);
}

void Shard::flush(int index) {
  auto fresh = std::make_unique<Database>(db(index).id, hasher, meter, fences);
  std::swap(fresh, databases_[static_cast<size_t>(index)]);
  fresh->kills.abandon();
  mrc.clear();
  former_tags.clear();
  miniatures.removed_all(id_);
  const bool holds = fresh->keys.size() != 0 || fresh->graph.names() != 0 ||
                     !fresh->shelf.empty() || fresh->prefix != nullptr;
  if (holds) flushed_.push_back(std::move(fresh));
}

bool Shard::reclaim_slice(Millis now, size_t budget) {
  for (int index = 0; index < databases(); ++index) {
    if (db(index).kills.pending() && Space(*this, index, now, true).bury_slice(budget)) return true;
  }
  if (!flushed_.empty()) {
    Database& db = *flushed_.front();
    if (db.prefix != nullptr && db.prefix->shed(kNodesPerSegment)) return true;
    if (!db.keys.shed([&](Entry* entry) { drop(db, meter, entry); })) flushed_.pop_front();
  }
  return !flushed_.empty();
}

void Shard::drop_index(Database& db, size_t& budget) {
  if (db.prefix == nullptr) return;
  db.indexed_to = 0;
  for (; db.prefix != nullptr && budget != 0; --budget) {
    if (!db.prefix->shed(1)) db.prefix.reset();
  }
}

void Shard::build_index(Database& db, Meter& meter, size_t& budget) {
  if (db.prefix != nullptr && db.indexed_to == 0) drop_index(db, budget);
  if (budget == 0) return;
  if (db.prefix == nullptr) db.prefix = std::make_unique<PrefixIndex>(meter);
  for (; !db.prefix_complete() && budget != 0; --budget) {
    const uint64_t next =
        db.keys.scan(db.indexed_to, [&](Entry* entry) { db.prefix->insert(entry); });
    db.indexed_to = next == 0 ? Database::kAllPositions : next;
  }
}

bool Shard::index_slice(size_t budget) {
  const bool wanted = settings.prefix_index.load(std::memory_order_relaxed);
  bool left = false;
  for (auto& db : databases_) {
    if (wanted) {
      build_index(*db, meter, budget);
      left |= !db->prefix_complete();
    } else {
      drop_index(*db, budget);
      left |= db->prefix != nullptr;
    }
  }
  return left;
}

bool Shard::compact_slice(Millis now, Sparse sparse, size_t buckets) {
  if (sparse == Sparse::kNot || compactor.rests(now, sparse)) return false;
  Database& database = db(compactor.database);
  if (database.kills.pending()) return false;  // first the dead go
  scratch_.clear();
  for (; buckets != 0; --buckets) {
    database.keys.prefetch_items(compactor.position, 1);
    compactor.position =
        database.keys.scan(compactor.position, [&](Entry* entry) { scratch_.push_back(entry); });
    if (compactor.position == 0) break;
  }
  const size_t looked_at = scratch_.size();
  compactor.choose(scratch_, now);
  stats.moved += scratch_.size();
  stats.left_in_place += looked_at - scratch_.size();
  Space space(*this, compactor.database, now);
  for (Entry*& entry : scratch_) entry = space.move(entry);
  compactor.moved(scratch_);
  if (compactor.position != 0) return true;
  compactor.database = (compactor.database + 1) % databases();
  if (compactor.database == 0) compactor.end_round(now);
  return !compactor.rests(now, sparse);
}

// One batch of due records: finds their keys, then expires them or files them anew.
size_t Shard::expire_batch(int index, Millis now, ExpiryWheel& wheel) {
  uint32_t records[ExpiryWheel::kBatch];
  ExpiryWheel::Window window;
  const int count = wheel.take_due(records, window);
  Space space(*this, index, now);
  Table<Entry>& keys = databases_[static_cast<size_t>(index)]->keys;
  for (int i = 0; i < count; ++i) {
    keys.prefetch_bucket((uint64_t{records[i] >> 8} << (kPositionBits - 24)) << 8);
  }
  for (int i = 0; i < count; ++i) {
    scratch_.clear();
    find_recorded(keys, records[i], scratch_);
    for (Entry* entry : scratch_) {
      // After a long pause a window may name a later turn of the wheel than the record's own; what
      // has expired has to go whichever record finds it.
      if (entry->expired(now)) {
        space.remove_expired(hasher.key(entry->key()), entry);
      } else if (wheel.keeps(window, entry)) {
        wheel.add(entry->deadline(), records[i]);
      }
    }
  }
  return static_cast<size_t>(count);
}

size_t Shard::expire_slice(Millis now, size_t budget) {
  size_t done = 0;
  for (int index = 0; index < databases(); ++index) {
    Database& db = *databases_[static_cast<size_t>(index)];
    db.wheel.advance(now);
    while (db.wheel.has_due() && done < budget) done += expire_batch(index, now, db.wheel);
    if (!db.wheel.has_due()) db.wheel.compact_if_stale(db.with_deadline);
    done += db.shelf.expire(now, budget - std::min(budget, done));
  }
  return done;
}

}  // namespace freshet
