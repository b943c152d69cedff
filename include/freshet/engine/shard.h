// A shard: a small single-threaded cache. It owns its databases, expiry, dependency graph and
// counters, and knows no thread, socket, libuv or clock: time, randomness and limits are handed in.
//
// Who touches a shard holds its door (or is its only thread). Commands reach it through a Space:
// one database of it at one moment. What a change means to other shards is written into `notes`;
// the router carries these notes after the door is left and before the reply goes out.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "freshet/base/hash.h"
#include "freshet/base/rng.h"
#include "freshet/base/time.h"
#include "freshet/engine/compactor.h"
#include "freshet/engine/door.h"
#include "freshet/engine/entry.h"
#include "freshet/engine/evictor.h"
#include "freshet/engine/expiry.h"
#include "freshet/engine/fences.h"
#include "freshet/engine/former_tags.h"
#include "freshet/engine/graph.h"
#include "freshet/engine/kills.h"
#include "freshet/engine/leases.h"
#include "freshet/engine/meter.h"
#include "freshet/engine/miniature.h"
#include "freshet/engine/mrc.h"
#include "freshet/engine/obituary.h"
#include "freshet/engine/prefix_index.h"
#include "freshet/engine/redrawn.h"
#include "freshet/engine/settings.h"
#include "freshet/engine/shelf.h"
#include "freshet/engine/table.h"
#include "freshet/engine/top_names.h"

namespace freshet {

// One database's part of a shard.
struct Database {
  Database(int id_, Hasher hasher, Meter& meter, Fences& fences)
      : id(static_cast<uint8_t>(id_)),
        keys(hasher, meter),
        graph(hasher, meter),
        wheel(meter),
        shelf(hasher, meter, fences) {}

  // Keys that are there for a command, if one past its deadline is (as in Redis).
  size_t size() const { return keys.size() - kills.dead(); }

  const uint8_t id;  // stays with the contents when SWAPDB gives them another index

  Table<Entry> keys;
  Kills kills;
  Graph graph;
  ExpiryWheel wheel;
  Shelf shelf;
  size_t with_deadline = 0;  // keys that have one
  // Keys of the highest priority, and those among them with a deadline.
  size_t pinned = 0, pinned_with_deadline = 0;

  // The keys in order, if the option prefix-index is on: those whose position in `keys` is below
  // `indexed_to`, and no others. It is built in the order of positions, so that a key that comes or
  // goes meanwhile is neither missed nor entered twice.
  std::unique_ptr<PrefixIndex> prefix;
  uint64_t indexed_to = 0;  // 0 with an index: it was switched off, and is being freed

  static constexpr uint64_t kAllPositions = uint64_t{1} << kPositionBits;
  bool indexes(uint64_t hash) const { return position_of(hash) < indexed_to; }
  bool prefix_complete() const { return indexed_to == kAllPositions; }
};

// Something that other shards must learn before the reply.
struct Note {
  enum Kind : uint8_t {
    kChanged,   // `name` changed: kill its dependents in the shards of `mask`, and theirs; of an
                // expired name, those made before its `deadline`
    kDeadline,  // `name` will die at `deadline`: so will its dependents
    kReleased,  // shard `from` holds no dependent of `name` any more
  };
  Kind kind;
  uint8_t db;  // Database::id
  uint32_t from;
  uint64_t mask;
  Millis deadline;
  uint64_t hash;
  std::string name;
  Millis stale_until = 0;  // kChanged: the dependents go to the shelf until then; 0: they are gone
  uint32_t depth = 1;      // kChanged: of those that will die, below what was named

  Key key() const { return {name, hash}; }
};

// Why a fence refused a fill. kLease: it ran out, was pushed out, was used up, or is no lease.
enum class FenceCause : uint8_t { kLease, kKey, kDependency, kTag };
inline constexpr int kFenceCauses = 4;

// Bounds of the time from a key's last use to its eviction, in ms.
inline constexpr int kIdleSteps = 7;
inline constexpr Millis kIdleStep[kIdleSteps] = {1000,      10'000,     60'000,    600'000,
                                                 3'600'000, 21'600'000, 86'400'000};

// Counted under the door; summed over shards when somebody asks.
struct ShardStats {
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t misses_by_cause[kCauses] = {};
  uint64_t expired = 0;
  uint64_t evicted = 0;
  uint64_t evicted_by[kPolicies] = {};  // by policy; what was dead or stale is not among them
  uint64_t evicted_idle = 0;            // ms from the last use to the eviction, summed
  uint64_t evicted_after[kIdleSteps + 1] = {};  // how many by it, in steps of kIdleStep
  uint64_t names_given_up = 0;                  // of evicted keys, since declarations took too much
  uint64_t ghost_hits = 0;                      // keys that came back soon after an eviction
  uint64_t fills = 0;                           // values stored where there was none
  uint64_t invalidated = 0;                     // keys killed by INVALIDATE
  uint64_t softly = 0;                          // of these, those whose value went to the shelf
  uint64_t leases = 0;                          // given by FETCH
  uint64_t stale_reads = 0;                     // served by FETCH … STALE
  uint64_t fenced[kFenceCauses] = {};           // fills that a fence refused
  uint64_t killed_by_change = 0;    // dependents killed because what they were made from changed
  uint64_t early_cutoffs = 0;       // overwritten with the same bytes: nothing killed
  uint64_t keys_examined = 0;       // by INVALIDATE, KEYS and SCAN, to find what was asked for
  uint64_t ancestors_examined = 0;  // names that loop checks looked at
  uint64_t moved = 0;               // entries, out of pages that held few
  uint64_t left_in_place = 0;       // entries that were looked at for that

  void add(const ShardStats& other);
};

class Shard {
 public:
  // What is shared outlives the shard. databases: 1 … 256.
  Shard(uint32_t id, uint32_t shards, int databases, Hasher hasher, uint64_t seed,
        const Settings& settings, Budget& budget, Fences& fences, Lessons& lessons,
        Miniatures& miniatures);
  ~Shard();

  uint32_t id() const { return id_; }
  uint64_t mask_bit() const { return uint64_t{1} << (id_ % 64); }
  int databases() const { return static_cast<int>(databases_.size()); }
  Database& db(int index) { return *databases_[static_cast<size_t>(index)]; }
  // The index that a database has now.
  int index_of(uint8_t id) const;
  void swap(int a, int b);
  // Empties a database at once; its memory comes back through reclaim().
  void flush(int index);

  // One slice of background work, each bounded by `budget` records or segments.
  // Expires what is due; the number of records looked at.
  size_t expire_slice(Millis now, size_t budget);
  // Buries what was killed, and frees flushed databases: up to about `budget` keys. True while
  // something is left.
  bool reclaim_slice(Millis now, size_t budget);
  // Builds the prefix indexes as the option says, a bucket of the table at a time, or frees them, a
  // node at a time; true while something is left to do.
  bool index_slice(size_t budget);
  // Moves entries out of pages that hold few: looks at so many buckets of the table. False if there
  // is nothing to gain now.
  bool compact_slice(Millis now, Sparse sparse, size_t buckets);
  // Takes over a change of the policy. Cheap if there was none. `nearly_full`: memory will soon be
  // at its limit.
  void follow_policy(Millis now, bool nearly_full = false);
  // While all declarations (`graphs`, which it keeps up to date) take more of maxmemory than they
  // may, gives up names of evicted keys; true if there may be more to do.
  bool trim_graph(Millis now, Budget& graphs);

  // Where the search for a key that may go will go on.
  struct Hand {
    int database = 0;
    uint64_t position = 0;
  };

  // Frees something: what is dead, stale or past its deadline, or else the key that the policy
  // chooses; at most one of some tens that are looked at. False if there is nothing to free; true
  // may also mean that it has to look further.
  enum class Reach { kNotPinned, kAll };  // kNotPinned: keys of the highest priority stay
  bool evict_one(Millis now, Reach reach = Reach::kAll);

  // What the curve of hit ratios is told with each look-up.
  Mrc::Totals totals(Millis now) const;
  Miniatures::Moment moment(Millis now) const;

  Door door;
  ShardStats stats;
  std::vector<Note> notes;
  const Hasher hasher;
  const Settings& settings;
  Rng rng;
  Meter meter;
  Followed followed;  // by the evictor and the curve
  Evictor evictor;
  Hand hand;
  Compactor compactor;
  Mrc mrc;
  Miniatures& miniatures;
  TopNames prefixes, tags;  // what their keys are asked for, and how many make room
  FormerTags former_tags;
  Obituary obituary;
  Fences& fences;
  ChangeTable changes;
  Leases leases;
  Redrawn redrawn;
  const uint32_t shards;  // of the whole process

 private:
  friend class Space;
  size_t expire_batch(int index, Millis now, ExpiryWheel& wheel);
  bool evict_dead(Millis now);
  bool evict_live(Millis now, Reach reach);
  static void free_all(Database& db, Meter& meter);
  static void build_index(Database& db, Meter& meter, size_t& budget);
  static void drop_index(Database& db, size_t& budget);

  uint32_t id_;
  int64_t graph_bytes_ = 0;  // what `graphs` has been told
  std::vector<std::unique_ptr<Database>> databases_;
  std::deque<std::unique_ptr<Database>> flushed_;
  std::vector<Entry*> scratch_;
};

}  // namespace freshet
