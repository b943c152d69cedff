#include "freshet/engine/shelf.h"

namespace freshet {

Shelf::~Shelf() {
  values_.for_each([&](Entry* entry) {
    meter_.sub(entry->memory());
    Entry::free(entry);
  });
  if (!empty()) fences_.unwatch();
}

void Shelf::remove(uint64_t hash, Entry* entry) {
  values_.erase(hash, entry);
  meter_.sub(entry->memory());
  Entry::free(entry);
  if (!empty()) return;
  wheel_.clear();
  fences_.unwatch();
}

Entry* Shelf::find(const Key& key, Millis now) {
  if (empty()) return nullptr;
  Entry* entry = values_.find(key);
  if (entry == nullptr || !entry->expired(now)) return entry;
  remove(key.hash, entry);
  return nullptr;
}

void Shelf::put(const Key& key, const Entry* entry, Millis until) {
  Entry* kept = Entry::make(key.view, entry->share(), {.deadline = until});
  drop(key);
  if (empty()) fences_.watch();
  meter_.add(kept->memory());
  values_.insert(key.hash, kept);
  wheel_.add(until, ExpiryWheel::record_of(key.hash));
  kept->set_wheel_mark(wheel_.mark());
}

void Shelf::drop(const Key& key) {
  if (empty()) return;
  if (Entry* entry = values_.find(key)) remove(key.hash, entry);
}

size_t Shelf::expire_batch(Millis now) {
  uint32_t records[ExpiryWheel::kBatch];
  ExpiryWheel::Window window;
  const int count = wheel_.take_due(records, window);
  std::vector<Entry*> found;
  for (int i = 0; i < count && !empty(); ++i) {
    found.clear();
    find_recorded(values_, records[i], found);
    for (Entry* entry : found) {
      if (entry->expired(now)) {
        remove(hasher_(entry->key()), entry);
      } else if (wheel_.keeps(window, entry)) {
        wheel_.add(entry->deadline(), records[i]);
      }
    }
  }
  return static_cast<size_t>(count);
}

size_t Shelf::expire(Millis now, size_t most) {
  size_t done = 0;
  if (empty()) return done;
  wheel_.advance(now);
  while (wheel_.has_due() && done < most) done += expire_batch(now);
  if (!wheel_.has_due()) wheel_.compact_if_stale(values_.size());
  return done;
}

bool Shelf::drop_any(Rng& rng) {
  Entry* entry = values_.random(rng);
  if (entry == nullptr) return false;
  remove(hasher_(entry->key()), entry);
  return true;
}

}  // namespace freshet
