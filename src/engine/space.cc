#include "freshet/engine/space.h"

#include <algorithm>

#include "freshet/base/check.h"
#include "freshet/base/mutant.h"
#include "freshet/base/numbers.h"

namespace freshet {

Millis Space::idle(const Entry* entry) const {
  const auto clock = static_cast<uint32_t>(now_ / 1000) & kClockMask;
  return Millis{(clock - entry->stamp) & kClockMask} * 1000;
}

void Space::missed(const Key& key) {
  ++shard_->stats.misses;
  ++shard_->stats.misses_by_cause[static_cast<int>(shard_->obituary.cause_of(key.hash))];
}

uint64_t Space::digest(const Entry* entry) const {
  char scratch[24];
  return shard_->hasher.digest(entry->bytes(scratch)) + static_cast<uint64_t>(entry->type());
}

bool Space::same_bytes(const Entry* entry, const Value& value) const {
  if (entry->type() != Type::kString) return false;
  if (value.encoding == Encoding::kInt && entry->encoding() == Encoding::kInt &&
      !mutant(kLengthCutoff)) {
    return value.number == entry->number();
  }
  char scratch[24], other[24];
  std::string_view bytes = value.bytes;
  if (value.encoding == Encoding::kBlob) bytes = value.blob->view();
  if (value.encoding == Encoding::kInt) bytes = {other, format_int(other, value.number)};
  if (mutant(kLengthCutoff)) return entry->length() == bytes.size();
  return entry->bytes(scratch) == bytes;
}

void Space::changed(const Key& key, Millis before) {
  const Name* name = db_->graph.name(key);
  if (name == nullptr || name->mask == 0) return;
  shard_->notes.push_back(Note{Note::kChanged, db_->id, shard_->id(), name->mask, before, key.hash,
                               std::string(key.view)});
}

void Space::note_deadline(Millis before, Millis after, const Key& key, Entry* entry) {
  if (after != kNever && (before == kNever || !db_->wheel.same_slot(before, after))) {
    db_->wheel.add(after, ExpiryWheel::record_of(key.hash));
    entry->set_wheel_mark(db_->wheel.mark());
  }
  db_->with_deadline +=
      static_cast<size_t>(after != kNever) - static_cast<size_t>(before != kNever);
  if (!entry->named() || after >= before) return;
  if (mutant(kDeadlineForgotten)) return;
  if (!triggered(kOnExpire)) return;
  if (const Name* name = db_->graph.name(key); name != nullptr && name->mask != 0) {
    shard_->notes.push_back(Note{Note::kDeadline, db_->id, shard_->id(), name->mask, after,
                                 key.hash, std::string(key.view)});
  }
}

Entry* Space::insert(const Key& key, Entry* entry) {
  entry->stamp = static_cast<uint32_t>(now_ / 1000) & kClockMask;
  charge(entry);
  db_->keys.insert(key.hash, entry);
  ++shard_->stats.fills;
  if (Name* name = db_->graph.name(key)) {
    entry->set_named(true);
    if (name->has_digest) {  // it had a value that left without a change: is this the same one?
      name->has_digest = false;
      if (name->digest == digest(entry)) {
        ++shard_->stats.early_cutoffs;
      } else if (triggered(kOnOverwrite)) {
        changed(key);
      }
    }
  }
  if (entry->has_deadline()) note_deadline(kNever, entry->deadline(), key, entry);
  return entry;
}

void Space::swap_in(const Key& key, Entry* old, Entry* fresh) {
  fresh->stamp = old->stamp;
  fresh->set_named(old->named());
  fresh->set_wheel_mark(old->wheel_mark());
  charge(fresh);
  discharge(old);
  db_->keys.replace(key.hash, old, fresh);
  if (Declarations* declarations = fresh->declarations()) declarations->entry = fresh;
  Entry::free(old);
}

void Space::drop_declarations(Declarations* declarations) {
  std::vector<std::string> orphans;
  db_->graph.drop(declarations, orphans);
  release(orphans);
}

void Space::release(std::vector<std::string>& names) {
  for (std::string& name : names) {
    const uint64_t hash = shard_->hasher(name);
    shard_->notes.push_back(Note{Note::kReleased, db_->id, shard_->id(), shard_->mask_bit(), kNever,
                                 hash, std::move(name)});
  }
}

Entry* Space::assign(const Key& key, Value value, Millis deadline, Entry* existing,
                     Declarations* declarations) {
  if (declarations != nullptr) deadline = std::min(deadline, declarations->bound);
  if (existing == nullptr) {
    Entry* made = Entry::make(key.view, value, deadline, declarations);
    if (declarations != nullptr) declarations->entry = made;
    return insert(key, made);
  }
  if (existing->named()) {
    if (same_bytes(existing, value)) {
      ++shard_->stats.early_cutoffs;
    } else if (triggered(kOnOverwrite) && !mutant(kOverwriteForgotten)) {
      changed(key);
    }
  }
  const Millis before = existing->deadline();
  Declarations* old = existing->declarations();
  if (mutant(kSetKeepsDeclarations) && declarations == nullptr) declarations = old;
  if (old == nullptr && declarations == nullptr && before == kNever && deadline == kNever) {
    discharge(existing);
    const bool fits = existing->try_assign(value);
    charge(existing);
    if (fits) {
      touch(existing);
      return existing;
    }
  }
  Entry* made = Entry::make(key.view, value, deadline, declarations);
  if (declarations != nullptr) declarations->entry = made;
  swap_in(key, existing, made);
  if (old != nullptr && !(mutant(kSetKeepsDeclarations) && old == declarations)) {
    drop_declarations(old);
  }
  touch(made);
  note_deadline(before, deadline, key, made);
  return made;
}

Entry* Space::edit(const Key& key, Value value, Entry* existing) {
  if (existing == nullptr) return assign(key, value, kNever, nullptr);
  if (existing->named() && triggered(kOnEdit)) changed(key);
  discharge(existing);
  const bool fits = existing->try_assign(value);
  charge(existing);
  if (fits) return existing;
  Entry* made = Entry::make(key.view, value, existing->deadline(), existing->declarations());
  swap_in(key, existing, made);
  return made;
}

namespace {

// `bytes` and zeros, `size` in all.
Blob* zero_filled(std::string_view bytes, size_t size, size_t capacity) {
  Blob* blob = Blob::make(capacity);
  std::memcpy(blob->data(), bytes.data(), bytes.size());
  std::memset(blob->data() + bytes.size(), 0, size - bytes.size());
  blob->set_size(size);
  return blob;
}

}  // namespace

Entry* Space::make_raw(const Key& key, std::string_view bytes, size_t size, const Entry* of) {
  std::string small;
  Value value;
  if (size > kInlineLimit) {
    value = Value::of(zero_filled(bytes, size, size));
  } else {
    small.reserve(size);
    small.append(bytes).resize(size);
    value = Value::of(small);
  }
  value.raw = true;
  if (of == nullptr) return Entry::make(key.view, value, kNever, nullptr);
  return Entry::make(key.view, value, of->deadline(), of->declarations());
}

Entry* Space::open_bytes(const Key& key, Entry* entry, size_t size) {
  if (entry->encoding() == Encoding::kBlob) {
    Blob* blob = entry->blob();
    if (blob->sole() && size <= blob->capacity()) {
      std::memset(blob->data() + blob->size(), 0, size - blob->size());
      blob->set_size(size);
    } else {
      // What has grown once will grow again: a quarter to spare makes the copies' cost linear.
      const size_t spare = entry->is_raw() && size > blob->size() ? size / 4 : 0;
      discharge(entry);
      entry->set_blob(zero_filled(blob->view(), size, size + spare));
      charge(entry);
    }
    entry->set_raw();
    return entry;
  }
  if (entry->encoding() == Encoding::kInline && entry->try_grow(size)) {
    entry->set_raw();
    return entry;
  }
  char scratch[kMaxIntDigits];
  Entry* made = make_raw(key, entry->bytes(scratch), size, entry);
  swap_in(key, entry, made);
  return made;
}

Entry* Space::set_deadline(const Key& key, Entry* entry, Millis deadline) {
  Declarations* declarations = entry->declarations();
  if (declarations != nullptr) deadline = std::min(deadline, declarations->bound);
  if (deadline <= now_) {
    remove(key, entry, Cause::kDeleted);
    return nullptr;
  }
  const Millis before = entry->deadline();
  if (!entry->try_set_deadline(deadline)) {
    Entry* made = Entry::make(key.view, entry->share(), deadline, declarations);
    swap_in(key, entry, made);
    entry = made;
  }
  note_deadline(before, deadline, key, entry);
  return entry;
}

Entry* Space::set_declarations(const Key& key, Entry* entry, Declarations* declarations) {
  const Millis before = entry->deadline();
  const Millis deadline = std::min(before, declarations->bound);
  if (entry->declarations() != declarations || deadline != before) {
    Entry* made = Entry::make(key.view, entry->share(), deadline, declarations);
    swap_in(key, entry, made);
    entry = made;
  }
  note_deadline(before, deadline, key, entry);
  return entry;
}

void Space::take_out(const Key& key, Entry* entry, Cause cause, bool propagate) {
  if (entry->named()) {
    Name* name = db_->graph.name(key);
    CHECK(name != nullptr);
    if (propagate) {
      changed(key, cause == Cause::kExpired ? entry->deadline() : kNever);
      name->has_digest = false;
    } else {
      name->digest = digest(entry);
      name->has_digest = true;
    }
  }
  // The bytes of key.view may be the entry's own: nothing may read them after the entry is freed.
  db_->keys.erase(key.hash, entry);
  if (entry->has_deadline()) --db_->with_deadline;
  shard_->obituary.died(key.hash, cause);
  if (cause != Cause::kEvicted) shard_->changes.changed(key.hash);
  discharge(entry);
  Declarations* declarations = entry->declarations();
  Entry::free(entry);
  if (declarations != nullptr) drop_declarations(declarations);
}

void Space::remove(const Key& key, Entry* entry, Cause cause) {
  if (cause == Cause::kExpired) ++shard_->stats.expired;
  if (cause == Cause::kEvicted) ++shard_->stats.evicted;
  const bool change = cause == Cause::kExpired ? triggered(kOnExpire)
                                               : cause == Cause::kDeleted && triggered(kOnDelete);
  take_out(key, entry, cause, change || (cause == Cause::kEvicted && mutant(kEvictionChanges)));
}

void Space::kill(const Key& key, Entry* entry, bool propagate) {
  ++shard_->stats.invalidated;
  take_out(key, entry, Cause::kInvalidated, propagate);
}

Millis Space::attach(const Key& key, const Shard& from) {
  Entry* entry = peek(key);
  Name& name = db_->graph.make_name(key);
  name.mask |= from.mask_bit();
  if (entry == nullptr) return kNever;
  entry->set_named(true);
  return triggered(kOnExpire) ? entry->deadline() : kNever;
}

void Space::detach(const Key& key, const Shard& from) {
  Name* name = db_->graph.name(key);
  if (name == nullptr) return;
  name->mask &= ~from.mask_bit();
  if (name->mask != 0) return;
  if (Entry* entry = db_->keys.find(key)) entry->set_named(false);
  db_->graph.drop_name(key, name);
}

size_t Space::kill_dependents(const Key& name, Cause cause, bool propagate, Millis before) {
  Node* node = db_->graph.dependency(name);
  if (node == nullptr) return 0;
  std::vector<Declarations*> victims;  // the node goes with its last member
  for (uint32_t i = 0; i < node->count; ++i) {
    if (node->members[i]->created < before) victims.push_back(node->members[i]);
  }
  for (const Declarations* victim : victims) {
    take_out(shard_->hasher.key(victim->entry->key()), victim->entry, cause, propagate);
  }
  return victims.size();
}

void Space::bound_dependents(const Key& name, Millis deadline) {
  Node* node = db_->graph.dependency(name);
  if (node == nullptr) return;
  std::vector<Declarations*> members(node->members, node->members + node->count);
  for (Declarations* member : members) {
    if (member->bound <= deadline) continue;
    member->bound = deadline;
    if (member->entry->deadline() <= deadline) continue;
    const std::string key(member->entry->key());
    set_deadline(shard_->hasher.key(key), member->entry, deadline);
  }
}

}  // namespace freshet
