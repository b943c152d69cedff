// Kills whose victims still lie in the table. One list for each database of a shard.
//
// To kill all that a tag's or a name's node holds, or all keys that match a pattern, costs one
// entry in this list, however many they are: the kill takes the next number, and who was born
// before that number and is hit by it is dead from then on. Readers ask killer() while the list is
// not empty. The victims are buried when somebody comes upon them, and by slices of background work
// (Space::bury_slice); then the kill leaves the list.
//
//   count of kills:   …  41 (tag home)      42 (pattern user:*)     43 = count()
//   born             0 (before the list was begun) … 43
//
// Only what is stored while the list is not empty remembers when it was born: the rest is older
// than every kill in the list. A victim belongs to the first kill that hit it, so that each is
// counted once. Owned by one shard; REQUIRES: its door held.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "freshet/base/mutant.h"
#include "freshet/base/time.h"
#include "freshet/engine/graph.h"
#include "freshet/engine/key_pattern.h"

namespace freshet {

// How many live keys a kill hit. Shared with the one who waits for it.
struct Tally {
  uint64_t killed = 0;
  bool complete = false;
};

struct Kill {
  bool hits(std::string_view key) const {
    for (const KeyPattern& pattern : patterns) {
      if (pattern.matches(key)) return true;
    }
    return false;
  }

  uint64_t number = 0;
  uint64_t sequence = 0;             // of the process, for late fills (fences.h)
  uint32_t logged = 0;               // its number in the invalidation log
  Millis stale_until = 0;            // victims go to the shelf until then; 0: they are gone
  Node* node = nullptr;              // its members die; it stays while the kill is in the list
  std::vector<KeyPattern> patterns;  // or else the keys that match any of these
  std::shared_ptr<Tally> tally;

  bool counted = false;     // a node's members were counted when they died
  uint32_t left = 0;        // of a node's members, those not yet visited
  uint64_t counted_to = 0;  // table positions below have been counted
  uint64_t buried_to = 0;   // table positions below hold no victim
};

class Kills {
 public:
  bool pending() const { return !kills_.empty(); }
  uint64_t count() const { return count_; }
  // What a value stored now has to remember; 0: nothing.
  uint64_t born() const { return pending() && !mutant(kBirthsForgotten) ? count_ : 0; }
  // Victims that have been counted and lie in the table still.
  uint64_t dead() const { return dead_; }
  size_t size() const { return kills_.size(); }
  size_t patterns() const { return patterns_; }
  // The oldest kill whose victims are not counted, or nullptr.
  const Kill* first_uncounted() const;

  // Kills the members of `node`, or, without one, the keys that match any of `patterns`. From now
  // on they are dead.
  Kill& add(uint64_t sequence, Node* node, std::vector<KeyPattern> patterns);
  // nullptr: it has left the list.
  Kill* find(uint64_t number);
  // The first kill that hits the entry, or nullptr: it lives.
  Kill* killer(const Graph& graph, const Entry* entry) const;

  // Does a pattern of a later kill, one that leaves nothing stale, match the key?
  bool hit_hard_after(const Kill& kill, std::string_view key) const;

  // `count` victims of `kill` were counted, and lie in the table still.
  void counted(Kill& kill, uint64_t count) {
    kill.tally->killed += count;
    dead_ += count;
  }
  // A victim at `position` of the table goes. True if it is counted just now.
  bool bury(Kill& kill, uint64_t position);
  // No victim is left.
  void remove(Kill& kill);

  // The next to be buried, or nullptr: those being counted by position are not disturbed.
  Kill* next_to_bury() const;
  // The oldest kill by pattern, or nullptr.
  Kill* first_pattern() const;
  // The database is given up: whoever waits for a count has it.
  void abandon();

 private:
  std::vector<std::unique_ptr<Kill>> kills_;  // by number
  uint64_t count_ = 0;
  uint64_t dead_ = 0;
  size_t patterns_ = 0;
};

}  // namespace freshet
