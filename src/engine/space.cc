#include "freshet/engine/space.h"

#include <algorithm>
#include <utility>

#include "freshet/base/check.h"
#include "freshet/base/mutant.h"
#include "freshet/base/numbers.h"

namespace freshet {

void Space::missed(const Key& key) {
  ++shard_->stats.misses;
  shard_->evictor.missed(key.hash, now_);
  ++shard_->stats.misses_by_cause[static_cast<int>(shard_->obituary.cause_of(key.hash))];
  if (shard_->mrc.follows(key.hash)) [[unlikely]]
    follow_miss(key);
}

void Space::count_names(const Key& key, const Entry* entry, TopNames::Event event, uint64_t times) {
  const size_t most = shard_->settings.stats_top_names.load(std::memory_order_relaxed);
  shard_->prefixes.count(counted_prefix(key.view), event, times, most);
  const Declarations* declarations = entry == nullptr ? nullptr : db_->graph.of(entry);
  if (declarations == nullptr) return;
  for (const Link& link : declarations->tag_links()) {
    shard_->tags.count(db_->graph.node(link)->key(), event, times, most);
  }
}

Miniatures::Seen Space::seen(const Key& key, const Entry* entry) const {
  return {followed_as(key), entry->memory(), entry->deadline(), stamp::priority(entry->stamp),
          entry->cost()};
}

// A key that is followed stands for as many as there are of it.
void Space::follow_miss(const Key& key) {
  count_names(key, nullptr, TopNames::kMiss, shard_->mrc.weight());
  for (const uint32_t tag : shard_->former_tags.of(followed_as(key))) {
    if (tag != 0) shard_->tags.count_known(tag, TopNames::kMiss, shard_->mrc.weight());
  }
  shard_->mrc.missed(followed_as(key), shard_->totals(now_));
  shard_->miniatures.missed(followed_as(key), shard_->moment(now_));
}

void Space::follow_hit(const Key& key, const Entry* entry) {
  if (!no_touch_) shard_->evictor.use_followed(entry, key.hash);
  if (!shard_->mrc.follows(key.hash)) return;
  count_names(key, entry, TopNames::kHit, shard_->mrc.weight());
  shard_->mrc.hit(followed_as(key), entry->memory(), entry->deadline(), shard_->totals(now_));
  shard_->miniatures.hit(seen(key, entry), shard_->moment(now_));
}

void Space::follow_stored(const Key& key, const Entry* entry) {
  shard_->mrc.stored(followed_as(key), entry->memory(), entry->deadline(), shard_->totals(now_));
  shard_->miniatures.stored(seen(key, entry), shard_->moment(now_));
}

// What is evicted stays in the curve: a larger cache would have it.
void Space::follow_death(const Key& key, const Entry* entry, Cause cause) {
  FormerTags::Tags tags = {};
  if (const Declarations* declarations = db_->graph.of(entry)) {
    const auto links = declarations->tag_links();
    for (size_t i = 0; i < std::min(tags.size(), links.size()); ++i) {
      tags[i] = TopNames::sign(db_->graph.node(links[i])->key());
    }
  }
  shard_->former_tags.died(followed_as(key), tags);
  if (cause == Cause::kEvicted) return;
  shard_->mrc.removed(followed_as(key));
  shard_->miniatures.removed(followed_as(key));
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

void Space::changed(const Key& key, Millis before, const Death& death) {
  const Name* name = db_->graph.name(key);
  if (name == nullptr || name->mask == 0) return;
  shard_->notes.push_back(Note{Note::kChanged, db_->id, shard_->id(), name->mask, before, key.hash,
                               std::string(key.view), death.stale_until, death.depth});
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
  charge(entry);
  follow(key, entry);
  db_->keys.insert(key.hash, entry);
  shard_->stats.ghost_hits +=
      shard_->evictor.stored(entry, key.hash, db_->id, db_->keys.size(), now_);
  count_pinned(entry, 1);
  db_->shelf.drop(key);
  if (db_->indexes(key.hash)) db_->prefix->insert(entry);
  ++shard_->stats.fills;
  if (Name* name = db_->graph.name(key)) {
    entry->set_named(true);
    if (name->has_digest) {  // it had a value that left without a change: is this the same one?
      db_->graph.drop_digest(*name);
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
  count_pinned(old, -1);
  count_pinned(fresh, 1);
  fresh->set_named(old->named());
  fresh->set_wheel_mark(old->wheel_mark());
  charge(fresh);
  discharge(old);
  follow(key, fresh);
  relocate(key, old, fresh);
  Entry::free(old);
}

Entry* Space::move(Entry* entry) {
  Entry* fresh = Entry::moved(entry);
  relocate(shard_->hasher.key(entry->key()), entry, fresh);
  Entry::give_back(entry);
  return fresh;
}

void Space::relocate(const Key& key, const Entry* old, Entry* fresh) {
  db_->keys.replace(key.hash, old, fresh);
  if (Declarations* declarations = db_->graph.of(fresh)) declarations->set_entry(fresh);
  if (db_->indexes(key.hash)) db_->prefix->replace(old, fresh);
}

void Space::drop_declarations(Pool::Ref declarations) {
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

// The entry itself takes what it took; a Blob may come or go.
inline bool Space::assign_in_place(Entry* entry, const Value& value) {
  const bool blob = entry->encoding() == Encoding::kBlob || value.encoding == Encoding::kBlob;
  if (blob) discharge(entry);
  const bool fits = entry->try_assign(value);
  if (blob) charge(entry);
  return fits;
}

Entry* Space::assign(const Key& key, Value value, Millis deadline, Entry* existing,
                     const Declared& declared) {
  if (existing != nullptr && existing->named()) {
    if (same_bytes(existing, value)) {
      ++shard_->stats.early_cutoffs;
    } else if (triggered(kOnOverwrite) && !mutant(kOverwriteForgotten)) {
      changed(key);
    }
  }
  // In place it keeps its birth: no kill that it has outlived can hit the same key later.
  if (existing != nullptr && existing->is_plain() && declared.declarations == 0 &&
      deadline == kNever) {
    if (assign_in_place(existing, value)) {
      touch(key, existing);
      set_priority(existing, declared.priority);
      existing->set_cost(declared.cost);
      follow(key, existing);
      return existing;
    }
  }
  return replace(key, value, deadline, existing, declared);
}

Entry* Space::replace(const Key& key, const Value& value, Millis deadline, Entry* existing,
                      const Declared& declared) {
  if (declared.declarations != 0) {
    deadline = std::min(deadline, db_->graph.at(declared.declarations)->bound());
  }
  Extras extras{deadline, declared.declarations, declared.hits, db_->kills.born(), declared.cost};
  drawn(key, declared.declarations);
  if (existing == nullptr) {
    Entry* made = Entry::make(key.view, value, extras);
    made->stamp = stamp::with_priority(made->stamp, declared.priority);
    if (Declarations* declarations = db_->graph.of(made)) declarations->set_entry(made);
    return insert(key, made);
  }
  const Millis before = existing->deadline();
  Pool::Ref old = existing->declarations();
  if (mutant(kSetKeepsDeclarations) && declared.declarations == 0) {
    extras.declarations = std::exchange(old, 0);
  }
  Entry* made = Entry::make(key.view, value, extras);
  swap_in(key, existing, made);
  set_priority(made, declared.priority);
  if (old != 0) drop_declarations(old);
  touch(key, made);
  note_deadline(before, deadline, key, made);
  return made;
}

Entry* Space::edit(const Key& key, Value value, Entry* existing) {
  if (existing == nullptr) return assign(key, value, kNever, nullptr);
  if (existing->named() && triggered(kOnEdit)) changed(key);
  if (assign_in_place(existing, value)) return existing;
  Entry* made = Entry::make(key.view, value, existing->extras());
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

Entry* Space::make_raw(const Key& key, std::string_view bytes, size_t size, const Entry* of) const {
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
  return Entry::make(key.view, value,
                     of == nullptr ? Extras{.born = db_->kills.born()} : of->extras());
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
  if (const Declarations* declarations = db_->graph.of(entry)) {
    deadline = std::min(deadline, declarations->bound());
  }
  if (deadline <= now_) {
    remove(key, entry, Cause::kDeleted);
    return nullptr;
  }
  const Millis before = entry->deadline();
  count_pinned(entry, -1);
  const bool fits = entry->try_set_deadline(deadline);
  count_pinned(entry, 1);
  if (!fits) {
    Extras extras = entry->extras();
    extras.deadline = deadline;
    Entry* made = Entry::make(key.view, entry->share(), extras);
    swap_in(key, entry, made);
    entry = made;
  } else {
    follow(key, entry);
  }
  note_deadline(before, deadline, key, entry);
  return entry;
}

// The entry is made anew, for it may just have got a tag that was killed after it was stored.
Entry* Space::set_declarations(const Key& key, Entry* entry, Pool::Ref declarations) {
  const Millis before = entry->deadline();
  const Millis deadline = std::min(before, db_->graph.at(declarations)->bound());
  const Extras extras{deadline, declarations, entry->hits(), db_->kills.born(), entry->cost()};
  Entry* made = Entry::make(key.view, entry->share(), extras);
  swap_in(key, entry, made);
  drawn(key, declarations);
  note_deadline(before, deadline, key, made);
  return made;
}

void Space::bar_late_fill(const Key& key, const Entry* entry, Cause cause) {
  if (cause == Cause::kEvicted) return;  // no change
  if (entry->expired(now_)) {
    shard_->changes.expired(name_of(key), entry->deadline());
  } else {
    shard_->changes.changed(name_of(key));
  }
}

void Space::take_out(const Key& key, Entry* entry, const Death& death, uint64_t barred_at) {
  if (entry->named()) {
    Name* name = db_->graph.name(key);
    CHECK(name != nullptr);
    if (death.propagate) {
      changed(key, death.cause == Cause::kExpired ? entry->deadline() : kNever, death);
      db_->graph.drop_digest(*name);
    } else {
      db_->graph.keep_digest(*name, digest(entry), now_);
    }
  }
  if (barred_at == kNow) {
    bar_late_fill(key, entry, death.cause);
  } else {
    shard_->changes.changed_at(name_of(key), barred_at);
  }
  if (death.stale_until > now_) {
    const Millis until = std::min(death.stale_until, entry->deadline());
    if (until > now_) db_->shelf.put(key, entry, until);
    ++shard_->stats.softly;
  }
  shard_->obituary.died(key.hash, death.cause, death.kill);
  if (shard_->mrc.follows(key.hash)) [[unlikely]]
    follow_death(key, entry, death.cause);
  // The bytes of key.view may be the entry's own: nothing may read them after the entry is freed.
  db_->keys.erase(key.hash, entry);
  if (db_->indexes(key.hash)) db_->prefix->erase(entry);
  if (entry->has_deadline()) --db_->with_deadline;
  count_pinned(entry, -1);
  discharge(entry);
  const Pool::Ref declarations = entry->declarations();
  Entry::free(entry);
  if (declarations != 0) drop_declarations(declarations);
}

void Space::remove(const Key& key, Entry* entry, Cause cause) {
  if (cause == Cause::kExpired) ++shard_->stats.expired;
  if (cause == Cause::kEvicted) {
    ++shard_->stats.evicted;
    count_names(key, entry, TopNames::kEviction, 1);
  }
  const bool change = cause == Cause::kExpired ? triggered(kOnExpire)
                                               : cause == Cause::kDeleted && triggered(kOnDelete);
  take_out(key, entry, {cause, change || (cause == Cause::kEvicted && mutant(kEvictionChanges))});
}

void Space::written(const Key& key) {
  if (!mutant(kAbsentUnmarked) || db_->keys.find(key) != nullptr)
    shard_->changes.changed(name_of(key));
  db_->shelf.drop(key);
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

bool Space::give_up_name() {
  Name* name = db_->graph.some_evicted();
  if (name == nullptr) return false;
  db_->graph.drop_digest(*name);
  changed(shard_->hasher.key(name->key()));
  return true;
}

void Space::bound_dependent(Entry* entry, Millis deadline) {
  const Key own = shard_->hasher.key(entry->key());
  if (bury_if_dead(own, entry)) return;
  const Pool::Ref bounded = db_->graph.lower_bound(entry->declarations(), deadline);
  if (bounded != entry->declarations()) entry->set_declarations(bounded);
  if (entry->deadline() <= deadline) return;
  if (deadline <= now_) {  // its own dependents die whatever counts as a deletion
    ++shard_->stats.expired;
    return take_out(own, entry, {Cause::kExpired, triggered(kOnExpire)});
  }
  const std::string key(own.view);  // the entry may be made anew
  set_deadline({key, own.hash}, entry, deadline);
}

}  // namespace freshet
