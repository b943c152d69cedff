// What commands do with keys: look up, store, edit, remove, declare; and what each of these means
// for deadlines, dependents and counters. A Space is a view: it owns nothing.
#pragma once

#include <string>
#include <vector>

#include "freshet/base/mutant.h"
#include "freshet/engine/shard.h"

namespace freshet {

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
    if (entry->expired(now_)) [[unlikely]] {
      remove(key, entry, Cause::kExpired);
      return nullptr;
    }
    return entry;
  }
  // The same for a command that wants the value: counts a hit or a miss, and stamps.
  Entry* read(const Key& key) {
    Entry* entry = peek(key);
    if (entry == nullptr) {
      missed(key);
      return nullptr;
    }
    ++shard_->stats.hits;
    touch(entry);
    return entry;
  }
  // The same for a command about to write: no hit, no miss.
  Entry* write(const Key& key) {
    Entry* entry = peek(key);
    if (entry != nullptr) touch(entry);
    return entry;
  }

  // SET: stores a value that replaces what was there, declarations and all.
  // `existing`: what peek or write said. `declarations` come from the graph of this database.
  // Returns the entry.
  Entry* assign(const Key& key, Value value, Millis deadline, Entry* existing,
                Declarations* declarations = nullptr);
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

  // Tells the homes of `names` that no value here depends on them any more.
  void release(std::vector<std::string>& names);
  // Replaces declarations (DEPADD, DEPREM). Takes `declarations`, bound to `entry` or new.
  Entry* set_declarations(const Key& key, Entry* entry, Declarations* declarations);
  // Enters that shard `from` holds a dependent of `name`, whose home is this shard. Returns the
  // deadline that binds the dependent.
  Millis attach(const Key& name, const Shard& from);
  // Shard `from`, and those that share its bit, hold none any more. REQUIRES: they were asked, and
  // their doors are held still.
  void detach(const Key& name, const Shard& from);

  // Kills the dependents of `name` in this shard, of those that were made before `before`; how
  // many.
  size_t kill_dependents(const Key& name, Cause cause, bool propagate, Millis before = kNever);
  // Their deadlines become at most `deadline`.
  void bound_dependents(const Key& name, Millis deadline);
  // Removes a key as INVALIDATE does: dependents die if `propagate`, whatever counts as a change.
  void kill(const Key& key, Entry* entry, bool propagate);

  // A 64-bit digest of a value, for early cutoff.
  uint64_t digest(const Entry* entry) const;
  // Tells the shards of `key`'s dependents that it changed: they die before the reply. If it
  // expired, only those die that were made before its deadline: later ones were made without it.
  void changed(const Key& key, Millis before = kNever);

  void touch(Entry* entry) {
    if (no_touch_) return;
    const auto clock = static_cast<uint32_t>(now_ / 1000) & kClockMask;
    if (entry->stamp != clock) entry->stamp = clock;
    if (Declarations* declarations = entry->declarations()) ++declarations->hits;
  }
  // Milliseconds since the entry was last touched, to the second.
  Millis idle(const Entry* entry) const;

 private:
  static constexpr uint32_t kClockMask = 0xffffff;

  bool triggered(Trigger trigger) const {
    return shard_->settings.triggers.load(std::memory_order_relaxed) & trigger;
  }
  void missed(const Key& key);
  void take_out(const Key& key, Entry* entry, Cause cause, bool propagate);
  // Puts a new entry where none was.
  Entry* insert(const Key& key, Entry* entry);
  // Puts `fresh` in the place of `old`, and frees `old`.
  void swap_in(const Key& key, Entry* old, Entry* fresh);
  // An entry of `bytes` and zeros, `size` in all. Deadline and declarations are those of `of`, if
  // any.
  static Entry* make_raw(const Key& key, std::string_view bytes, size_t size, const Entry* of);
  // Makes the value raw, `size` bytes long (no less than it is), and its bytes writable.
  Entry* open_bytes(const Key& key, Entry* entry, size_t size);
  void charge(const Entry* entry) { shard_->meter.add(entry->memory()); }
  void discharge(const Entry* entry) { shard_->meter.sub(entry->memory()); }
  void note_deadline(Millis before, Millis after, const Key& key, Entry* entry);
  void drop_declarations(Declarations* declarations);
  bool same_bytes(const Entry* entry, const Value& value) const;

  Shard* shard_;
  Database* db_;
  int index_;
  Millis now_;
  bool no_touch_;
};

}  // namespace freshet
