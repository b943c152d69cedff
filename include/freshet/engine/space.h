// What commands do with keys: look up, store, edit, remove, declare; and what each of these means
// for deadlines, dependents and counters. A Space is a view: it owns nothing.
#pragma once

#include <string>
#include <vector>

#include "freshet/base/mutant.h"
#include "freshet/engine/shard.h"

namespace freshet {

// How a key leaves.
struct Death {
  Cause cause;
  bool propagate = false;  // its dependents die, too
  Millis stale_until = 0;  // its value goes to the shelf until then; 0: it is gone
  uint32_t depth = 1;      // of the dependents, if this key was killed by a change itself
  uint32_t kill = 0;       // InvalidationLog's number of what kills it; 0: nothing that is logged
};

// What a value is stored with, beside its deadline.
struct Declared {
  Pool::Ref declarations = 0;  // of the graph of its database
  uint32_t hits = 0;
  uint8_t priority = kDefaultPriority;
  uint8_t cost = 0;  // a step (reckoning.h)
};

// What a kill by node or pattern came to.
struct Killed {
  uint64_t keys = 0;     // that were alive, as far as is known
  uint64_t number = 0;   // the kill whose victims are still to be counted (count_slice); 0: none
  bool refused = false;  // nothing was done: the members have to be killed one by one
};

// One database of one shard at one moment. Cheap to make; REQUIRES: the shard's door held
// throughout.
class Space {
 public:
  Space(Shard& shard, int db, Millis now, bool no_touch = false)
      : shard_(&shard), db_(&shard.db(db)), index_(db), now_(now), no_touch_(no_touch) {}

  Database& db() const { return *db_; }
  Shard& shard() const { return *shard_; }
  Millis now() const { return now_; }
  int index() const { return index_; }

  // A key that is alive, or nullptr; one past its deadline is removed. Pointers hold until the next
  // call that stores or removes.
  Entry* peek(const Key& key) {
    Entry* entry = db_->keys.find(key);
    if (entry == nullptr) return nullptr;
    if (db_->kills.pending()) [[unlikely]] {
      if (bury_if_dead(key, entry)) return nullptr;
    }
    if (entry->expired(now_)) [[unlikely]] {
      remove(key, entry, Cause::kExpired);
      return nullptr;
    }
    return entry;
  }
  // The same without removing anything, for who walks over the table.
  bool alive(const Entry* entry) const { return !entry->expired(now_) && !dead(entry); }
  // Killed, but not yet buried.
  bool dead(const Entry* entry) const {
    return db_->kills.pending() && db_->kills.killer(db_->graph, entry) != nullptr &&
           !overlooked(entry);
  }
  // The same for a command that wants the value: counts a hit or a miss, and stamps.
  Entry* read(const Key& key) {
    Entry* entry = find_overlooked(key);
    if (entry == nullptr) entry = peek(key);
    if (entry == nullptr) {
      missed(key);
      return nullptr;
    }
    ++shard_->stats.hits;
    if (!no_touch_) use(entry);
    if (shard_->followed.any(key.hash)) [[unlikely]]
      follow_hit(key, entry);
    return entry;
  }
  // The same for a command about to write: no hit, no miss.
  Entry* write(const Key& key) {
    Entry* entry = peek(key);
    if (entry != nullptr) touch(key, entry);
    return entry;
  }

  // SET: stores a value that replaces what was there, declarations and all.
  // `existing`: what peek or write said. Returns the entry.
  Entry* assign(const Key& key, Value value, Millis deadline, Entry* existing,
                const Declared& declared = {});
  // APPEND, INCR, SETRANGE …: the value changes, deadline and declarations stay. A new key is
  // stored without a deadline.
  Entry* edit(const Key& key, Value value, Entry* existing);
  // The caller changed the bytes of `entry` in place (its length and kind are as they were).
  void edited(const Key& key, Entry* entry) {
    if (entry->named() && triggered(kOnEdit) && !mutant(kEditForgotten)) changed(key);
  }
  // APPEND, SETRANGE, SETBIT …: the value becomes at least `size` bytes long, new ones 0, and raw;
  // then `write(char* bytes)` changes them where they stand, and returns whether it did: growth
  // alone is a change too. Deadline and declarations stay; a new key is stored without. Costs no
  // copy of a Blob that nobody else holds and that has room. Returns the entry.
  template <class F>
  Entry* rewrite(const Key& key, Entry* existing, size_t size, F&& write) {
    if (existing == nullptr) {
      Entry* made = make_raw(key, "", size, nullptr);
      write(made->data());
      return insert(key, made);
    }
    const size_t before = existing->length();
    Entry* entry = open_bytes(key, existing, std::max(size, before));
    if (write(entry->data()) || size > before) edited(key, entry);
    return entry;
  }
  // Gives a deadline, or takes it (kNever). A dependent's is cut to its bound. One that has passed
  // removes the key (as EXPIRE does). Returns the entry, nullptr if it is gone.
  Entry* set_deadline(const Key& key, Entry* entry, Millis deadline);
  // Removes a key. Its dependents die with it if the cause is a change.
  void remove(const Key& key, Entry* entry, Cause cause);
  // The same for a key past its deadline, which may have been killed before.
  void remove_expired(const Key& key, Entry* entry) {
    if (!bury_if_dead(key, entry)) remove(key, entry, Cause::kExpired);
  }
  // A command that writes named the key, present or not: late fills are barred, and a stale value
  // goes.
  void written(const Key& key);

  // Gives the entry another place in memory, where more of its size are. Returns the entry.
  Entry* move(Entry* entry);

  // Tells the homes of `names` that no value here depends on them any more.
  void release(std::vector<std::string>& names);
  // Replaces declarations (DEPADD, DEPREM). Takes `declarations`, bound to `entry` or new.
  Entry* set_declarations(const Key& key, Entry* entry, Pool::Ref declarations);
  // Enters that shard `from` holds a dependent of `name`, whose home is this shard. Returns the
  // deadline that binds the dependent.
  Millis attach(const Key& name, const Shard& from);
  // Shard `from`, and those that share its bit, hold none any more. REQUIRES: they were asked, and
  // their doors are held still.
  void detach(const Key& name, const Shard& from);

  // Gives up the name of an evicted key, one that left long ago: what was made from it dies, and
  // then nothing has to know any more what it was. False if none was come upon.
  bool give_up_name();

  // --- Kills ---

  // Removes a key as INVALIDATE does: dependents die if `death` says so, whatever counts as a
  // change. True if it was alive until now.
  bool kill(const Key& key, Entry* entry, const Death& death);
  // Kills all members of a node, at once: a few are buried now, many later. Their dependents live.
  // Refused if victims of an earlier kill of the same node are not buried yet.
  // `number`: InvalidationLog's.
  Killed kill_members(Node* node, Millis stale_until, uint64_t sequence, uint32_t number);
  // Kills all keys that match, at once. REQUIRES: kills.patterns() < kMostPatterns.
  Killed kill_matching(const std::vector<KeyPattern>& patterns, Millis stale_until,
                       uint64_t sequence, uint32_t number);
  static constexpr size_t kMostPatterns = 16;
  // Goes on counting the victims of a kill; true when all are counted. `most`: of keys looked at,
  // if they have to be buried; else some hundred are.
  bool count_slice(uint64_t number, size_t most);
  // Buries up to `most` victims, or looks at as many keys; true if more may be left.
  bool bury_slice(size_t most);
  // If the entry was killed, it goes now: true.
  bool bury_if_dead(const Key& key, Entry* entry);

  // Calls f(Entry*) for up to `most` members of a node, which may remove that entry. `left` tells
  // where the walk stands: UINT32_MAX at first, 0 at the end. Members are visited from the last to
  // the first: when one goes, the last takes its place, and that one has been visited or is new.
  template <class F>
  void visit_members(const Node* node, uint32_t& left, size_t most, F&& f) {
    left = std::min(left, node->count);
    for (; left != 0 && most != 0; --most) {
      --left;
      f(db_->graph.at(node->members[left])->entry());
      if (left != 0) left = std::min(left, node->count);  // without members the node may be gone
    }
  }

  // A node's members that are not dead. O(1) unless victims of some kill are yet to be buried:
  // then all members are looked at.
  size_t living(const Node* node) const;

  // The deadline of a dependent becomes at most `deadline`.
  void bound_dependent(Entry* entry, Millis deadline);

  // A 64-bit digest of a value, for early cutoff.
  uint64_t digest(const Entry* entry) const;
  // Tells the shards of `key`'s dependents that it changed: they die before the reply. If it
  // expired, only those die that were made before its deadline: later ones were made without it.
  void changed(const Key& key) { changed(key, kNever, {Cause::kDeleted}); }
  void changed(const Key& key, Millis before, const Death& death);

  void touch(const Key& key, Entry* entry) {
    if (no_touch_) return;
    use(entry);
    if (shard_->followed.any(key.hash)) [[unlikely]]
      shard_->evictor.use_followed(entry, key.hash);
  }
  // Milliseconds since the entry was last touched, as exactly as the policy has it.
  Millis idle(const Entry* entry) const { return shard_->evictor.idle(entry, now_); }
  void set_priority(Entry* entry, uint8_t priority) {
    count_pinned(entry, -1);
    entry->stamp = stamp::with_priority(entry->stamp, priority);
    count_pinned(entry, 1);
  }

 private:
  void use(Entry* entry) {
    shard_->evictor.used(entry, now_);
    entry->count_hit();
  }
  bool triggered(Trigger trigger) const {
    return shard_->settings.triggers.load(std::memory_order_relaxed) & trigger;
  }
  // With a defect: a kill hit the entry, and readers do not see it.
  bool overlooked(const Entry* entry) const {
    const bool nodes = mutant(kNodeKillUnseen);
    if (!nodes && !mutant(kPatternKillUnseen)) return false;
    const Kill* kill = db_->kills.killer(db_->graph, entry);
    return kill != nullptr && (kill->node != nullptr) == nodes;
  }
  Entry* find_overlooked(const Key& key) const {
    if (!mutant(kNodeKillUnseen) && !mutant(kPatternKillUnseen)) return nullptr;
    Entry* entry = db_->keys.find(key);
    return entry != nullptr && overlooked(entry) ? entry : nullptr;
  }
  void missed(const Key& key);
  // `barred_at`: the sequence that fills behind older fences are barred from; 0: none was open
  // then.
  static constexpr uint64_t kNow = UINT64_MAX;
  void take_out(const Key& key, Entry* entry, const Death& death, uint64_t barred_at = kNow);
  void bar_late_fill(const Key& key, const Entry* entry, Cause cause);
  uint64_t count_alone(Kill& kill);
  uint64_t count_among_others(Kill& kill);
  void bury_more(Kill& kill, size_t most);
  void bury_bucket(Kill& kill);
  void finish(Kill& kill);
  bool assign_in_place(Entry* entry, const Value& value);
  // Stores a value in an entry of its own.
  Entry* replace(const Key& key, const Value& value, Millis deadline, Entry* existing,
                 const Declared& declared);
  // Puts a new entry where none was.
  Entry* insert(const Key& key, Entry* entry);
  // Puts `fresh` in the place of `old`, and frees `old`.
  void swap_in(const Key& key, Entry* old, Entry* fresh);
  // Has all that points to `old` point to `fresh`.
  void relocate(const Key& key, const Entry* old, Entry* fresh);
  // An entry of `bytes` and zeros, `size` in all. Deadline and declarations are those of `of`, if
  // any.
  Entry* make_raw(const Key& key, std::string_view bytes, size_t size, const Entry* of) const;
  // Makes the value raw, `size` bytes long (no less than it is), and its bytes writable.
  Entry* open_bytes(const Key& key, Entry* entry, size_t size);
  // Keeps the database's count of keys that go last; called before and after what they count by
  // changes.
  void count_pinned(const Entry* entry, int sign) {
    if (stamp::priority(entry->stamp) != kTopPriority) [[likely]]
      return;
    db_->pinned += static_cast<size_t>(sign);
    if (entry->has_deadline()) db_->pinned_with_deadline += static_cast<size_t>(sign);
  }
  void charge(const Entry* entry) { shard_->meter.add_entry(entry->memory()); }
  void discharge(const Entry* entry) { shard_->meter.sub_entry(entry->memory()); }
  // A value was stored, or its deadline changed, where the curve of hit ratios may follow the key.
  void follow(const Key& key, const Entry* entry) {
    if (shard_->mrc.follows(key.hash)) [[unlikely]]
      follow_stored(key, entry);
  }
  void follow_hit(const Key& key, const Entry* entry);
  void follow_miss(const Key& key);
  void follow_stored(const Key& key, const Entry* entry);
  void follow_death(const Key& key, const Entry* entry, Cause cause);
  Miniatures::Seen seen(const Key& key, const Entry* entry) const;
  // For the statistics by prefix and by tag.
  void count_names(const Key& key, const Entry* entry, TopNames::Event event, uint64_t times);
  // Of a key of this database.
  uint64_t followed_as(const Key& key) const {
    return key.hash ^ uint64_t { db_->id } << 56;
  }
  void note_deadline(Millis before, Millis after, const Key& key, Entry* entry);
  void drop_declarations(Pool::Ref declarations);
  // The key declares dependencies: who walks over the graph must look at it again.
  void drawn(const Key& key, Pool::Ref declarations) {
    if (!shard_->redrawn.watched()) [[likely]]
      return;
    if (declarations != 0 && db_->graph.at(declarations)->deps() != 0) {
      shard_->redrawn.add(db_->id, key.view);
    }
  }
  uint64_t name_of(const Key& key) const { return ChangeTable::key_of(db_->id, key); }
  bool same_bytes(const Entry* entry, const Value& value) const;

  Shard* shard_;
  Database* db_;
  int index_;
  Millis now_;
  bool no_touch_;
};

}  // namespace freshet
