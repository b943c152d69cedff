#include "freshet/engine/mrc.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "freshet/base/check.h"

namespace freshet {

namespace {

constexpr size_t kFirstSlots = 128;
constexpr size_t kSlotBytes = 28;  // with its parts of the other arrays
constexpr uint64_t kShare = 50;    // at most a fiftieth of what the keys take is spent on slots
constexpr double kWindow = 64;     // look-ups for each slot until a new window begins

uint32_t seconds_of(Millis deadline) {
  if (deadline == kNever) return UINT32_MAX;
  return static_cast<uint32_t>(
      std::clamp<Millis>(deadline / 1000 + (deadline % 1000 > 0), 0, UINT32_MAX - 1));
}

}  // namespace

Mrc::Mrc(Meter& meter, size_t most) : meter_(meter), most_(std::max(2 * most, kFirstSlots)) {
  CHECK(most_ < UINT16_MAX);
}
Mrc::~Mrc() { meter_.sub(bytes_); }

void Mrc::charge() {
  const size_t bytes = slots_.capacity() * sizeof(Slot) + fenwick_.capacity() * sizeof(uint64_t) +
                       places_.capacity() * sizeof(uint16_t);
  meter_.add(bytes);
  meter_.sub(bytes_);
  bytes_ = bytes;
}

// --- Distances -----------------------------------------------------------------------------------

int Mrc::bucket_of(double bytes) {
  const double octaves = std::log2(std::max(bytes, 1.0)) - kLeastOctave;
  return std::clamp(static_cast<int>(octaves * kPerOctave), 0, kBuckets - 1);
}

double Mrc::end_of(int bucket) {
  return std::exp2(kLeastOctave + static_cast<double>(bucket + 1) / kPerOctave);
}

void Mrc::add(uint32_t slot, int64_t bytes) {
  total_ += static_cast<uint64_t>(bytes);
  for (size_t at = slot + 1; at <= fenwick_.size(); at += at & -at) {
    fenwick_[at - 1] += static_cast<uint64_t>(bytes);
  }
}

uint64_t Mrc::bytes_up_to(uint32_t slot) const {
  uint64_t sum = 0;
  for (size_t at = slot + 1; at != 0; at &= at - 1) sum += fenwick_[at - 1];
  return sum;
}

// --- Keys ----------------------------------------------------------------------------------------

size_t Mrc::home_of(uint64_t name) const {
  return (name * 0x9e3779b97f4a7c15ull) >> (64 - std::countr_zero(places_.size()));
}

// Where a name's slot is entered, or would be.
uint16_t* Mrc::place_of(uint64_t name) {
  const size_t mask = places_.size() - 1;
  size_t at = home_of(name);
  while (places_[at] != 0 && slots_[places_[at] - 1].name != name) at = (at + 1) & mask;
  return &places_[at];
}

// Empties a place; those behind it that would not be found any more move up.
void Mrc::close_gap(size_t gap) {
  const size_t mask = places_.size() - 1;
  places_[gap] = 0;
  for (size_t at = (gap + 1) & mask; places_[at] != 0; at = (at + 1) & mask) {
    const size_t home = home_of(slots_[places_[at] - 1].name);
    if (((at - home) & mask) < ((at - gap) & mask)) continue;
    places_[gap] = std::exchange(places_[at], 0);
    gap = at;
  }
}

// The key becomes the one used last.
void Mrc::put(uint64_t name, uint32_t bytes, uint32_t deadline, const Totals& totals) {
  if (next_ == slots_.size()) make_room(totals);
  if (!follows(name)) return;  // no longer
  uint16_t* place = place_of(name);
  if (*place == 0) {
    ++size_;
  } else {
    add(*place - 1, -static_cast<int64_t>(slots_[*place - 1].bytes));
    slots_[*place - 1] = {};
  }
  slots_[next_] = {name, bytes, deadline};
  *place = static_cast<uint16_t>(next_ + 1);
  add(next_++, bytes);
}

// The slots are used up: those in use move together; some leave if they are too many.
void Mrc::make_room(const Totals& totals) {
  const uint32_t now = seconds_of(totals.now);
  const double farthest = static_cast<double>(totals.horizon) * rate();
  std::vector<Slot> kept;
  uint64_t passed = 0;
  for (const Slot& slot : slots_) {
    if (slot.name == 0) continue;
    const bool beyond = static_cast<double>(total_ - passed) > farthest;
    passed += slot.bytes;
    if (slot.deadline > now && !beyond) kept.push_back(slot);
  }
  size_t slots = std::max(slots_.size(), kFirstSlots);
  const uint64_t worth = totals.horizon / kHorizon / kShare / kSlotBytes;
  while (kept.size() > slots / 2 && slots < most_ && 2 * slots <= worth) slots *= 2;
  while (kept.size() > slots / 2) {
    halve();
    std::erase_if(kept, [this](const Slot& slot) { return !follows(slot.name); });
  }
  rebuild(slots, kept);
}

void Mrc::rebuild(size_t slots, const std::vector<Slot>& kept) {
  slots_.assign(slots, Slot{});
  fenwick_.assign(slots, 0);
  places_.assign(2 * slots, 0);
  total_ = 0;
  next_ = 0;
  size_ = kept.size();
  for (const Slot& slot : kept) {
    slots_[next_] = slot;
    *place_of(slot.name) = static_cast<uint16_t>(next_ + 1);
    add(next_++, slot.bytes);
  }
  charge();
}

// Half of the keys are followed from now on; what was counted is what they would have counted.
void Mrc::halve() {
  set_mask(2 * mask_ + (1 << kMaskShift));
  weigh(0.5);
}

void Mrc::weigh(double factor) {
  for (Window* window : {&current_, &previous_}) {
    window->sampled *= factor;
    for (float& count : window->hits) count *= static_cast<float>(factor);
  }
}

void Mrc::clear() {
  weigh(1 / rate());
  set_mask(0);
  slots_ = std::vector<Slot>();  // a plain {} would keep the memory
  fenwick_ = std::vector<uint64_t>();
  places_ = std::vector<uint16_t>();
  size_ = 0;
  next_ = 0;
  total_ = 0;
  charge();
}

// --- What happens --------------------------------------------------------------------------------

// Counts a look-up of a followed key; at which distance, if an LRU cache of some size has it.
void Mrc::refer(uint64_t name, const Totals& totals) {
  if (current_.since == 0) current_.since = totals.now;
  current_.sampled += 1;
  if (size_ == 0) return;
  const uint32_t place = *place_of(name);
  if (place == 0) return;
  const Slot& slot = slots_[place - 1];
  if (slot.deadline <= seconds_of(totals.now)) return;
  const uint64_t above = total_ - bytes_up_to(place - 1) + slot.bytes;
  current_.hits[static_cast<size_t>(bucket_of(static_cast<double>(above) / rate()))] += 1;
}

void Mrc::turn_window(const Totals& totals) {
  if (current_.sampled < kWindow * static_cast<double>(most_)) return;
  previous_ = current_;
  current_ = {.hits_before = totals.hits, .misses_before = totals.misses, .since = totals.now};
}

void Mrc::hit(uint64_t hash, size_t bytes, Millis deadline, const Totals& totals) {
  refer(name_of(hash), totals);
  stored(hash, bytes, deadline, totals);
  turn_window(totals);
}

void Mrc::missed(uint64_t hash, const Totals& totals) {
  const uint64_t name = name_of(hash);
  refer(name, totals);
  if (const uint32_t place = size_ == 0 ? 0 : *place_of(name)) {
    const Slot evicted = slots_[place - 1];
    put(name, evicted.bytes, evicted.deadline, totals);
  }
  turn_window(totals);
}

void Mrc::stored(uint64_t hash, size_t bytes, Millis deadline, const Totals& totals) {
  put(name_of(hash), static_cast<uint32_t>(std::min<size_t>(bytes, UINT32_MAX)),
      seconds_of(deadline), totals);
}

void Mrc::removed(uint64_t hash) {
  uint16_t* const place = size_ == 0 ? nullptr : place_of(name_of(hash));
  if (place == nullptr || *place == 0) return;
  Slot& slot = slots_[*place - 1];
  add(*place - 1, -static_cast<int64_t>(slot.bytes));
  slot = {};
  if (--size_ == 0) return clear();
  close_gap(static_cast<size_t>(place - places_.data()));
}

void Mrc::restart() { current_ = previous_ = {}; }

// --- What comes of it ----------------------------------------------------------------------------

Mrc::Reading Mrc::read(const Totals& totals) const {
  const Window& first = previous_.since != 0 ? previous_ : current_;
  if (first.since == 0) return {.keys = size_, .rate = rate()};
  const uint64_t hits = totals.hits - first.hits_before;
  return {.keys = size_,
          .rate = rate(),
          .sampled = current_.sampled + previous_.sampled,
          .hits = hits,
          .references = hits + totals.misses - first.misses_before,
          .since = first.since};
}

double Mrc::hits_within(double bytes, const Totals& totals) const {
  double hits = 0;
  for (int bucket = 0; bucket < kBuckets; ++bucket) {
    const double count =
        current_.hits[static_cast<size_t>(bucket)] + previous_.hits[static_cast<size_t>(bucket)];
    if (count == 0) continue;
    const double start = bucket == 0 ? 0 : end_of(bucket - 1), end = end_of(bucket);
    hits += count * std::clamp((bytes - start) / (end - start), 0.0, 1.0);
  }
  // Keys that are used all the time are followed, or not, by chance. How far the look-ups that were
  // counted are from their share is mostly theirs, and they hit at any size.
  const Reading reading = read(totals);
  const auto references = static_cast<double>(reading.references);
  const double missing = references - reading.sampled / reading.rate;
  return std::clamp(hits / reading.rate + missing, 0.0, references);
}

}  // namespace freshet
