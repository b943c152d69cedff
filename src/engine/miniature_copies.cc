// The copies of a Miniatures: who is in them, and who goes, by the policy.
#include <algorithm>
#include <bit>
#include <cmath>

#include "freshet/engine/miniature.h"
#include "freshet/engine/reckoning.h"
#include "freshet/engine/stamp.h"

namespace freshet {

namespace {

uint16_t minute_of(Millis now) { return static_cast<uint16_t>(now / 60'000); }

}  // namespace

// --- Who is in a copy ----------------------------------------------------------------------------

bool Miniatures::may_go(const Key& key) const {
  return !is_volatile(policy_) || key.deadline != UINT32_MAX;
}

void Miniatures::swap_held(size_t number, size_t a, size_t b) {
  auto& held = copies_[number].held;
  std::swap(held[a], held[b]);
  keys_[held[a]].in[number].at = static_cast<uint16_t>(a + 1);
  keys_[held[b]].in[number].at = static_cast<uint16_t>(b + 1);
}

void Miniatures::put_in(size_t number, uint16_t id) {
  Copy& copy = copies_[number];
  Key& key = keys_[id];
  copy.held.push_back(id);
  key.in[number].at = static_cast<uint16_t>(copy.held.size());
  copy.bytes += key.bytes;
  if (may_go(key)) swap_held(number, copy.evictable++, copy.held.size() - 1);
}

void Miniatures::take_out(size_t number, uint16_t id) {
  Copy& copy = copies_[number];
  Place& place = keys_[id].in[number];
  if (place.at == 0) return;
  if (place.at <= copy.evictable) swap_held(number, place.at - 1u, --copy.evictable);
  swap_held(number, place.at - 1u, copy.held.size() - 1);
  copy.held.pop_back();
  copy.bytes -= keys_[id].bytes;
  place.at = 0;
}

// What the key is like from now on.
void Miniatures::describe(uint16_t id, const Seen& seen) {
  Key& key = keys_[id];
  const auto bytes = static_cast<uint32_t>(std::min<size_t>(seen.bytes, UINT32_MAX));
  const uint32_t deadline = seen.deadline == kNever
                                ? UINT32_MAX
                                : static_cast<uint32_t>(std::clamp<Millis>(
                                      (seen.deadline + 999) / 1000, 0, UINT32_MAX - 1));
  key.priority = seen.priority;
  if (is_learned(policy_) && (bytes != key.bytes || seen.cost != key.cost)) {
    const double size = static_cast<double>(bytes) + reckoning::kSlotBytes;
    const auto cost = static_cast<double>(reckoning::cost_millis(seen.cost));
    key.weight = reckoning::weighed(size, -settings_.size_weight.load(std::memory_order_relaxed)) *
                 reckoning::weighed(cost, settings_.cost_weight.load(std::memory_order_relaxed));
  }
  key.cost = seen.cost;
  if (bytes == key.bytes && deadline == key.deadline) return;
  std::array<bool, kShares.size()> held;
  for (size_t number = 0; number < copies_.size(); ++number) {
    held[number] = key.in[number].at != 0;
    take_out(number, id);
  }
  key.bytes = bytes;
  key.deadline = deadline;
  for (size_t number = 0; number < copies_.size(); ++number) {
    if (held[number]) put_in(number, id);
  }
}

// --- Uses ----------------------------------------------------------------------------------------

// As in the evictor, what is used again within a tick is no use of its own.
void Miniatures::pass(const Key& key) {
  const int shift = copies_[kFull].shift;
  const bool again = is_learned(policy_) && key.in[kFull].at != 0 &&
                     uses_ >> shift == key.last >> shift && uses_ - key.last < uint32_t{1} << shift;
  if (!again) ++uses_;
}

void Miniatures::use(size_t number, Key& key, Millis now) {
  const Copy& copy = copies_[number];
  Place& place = key.in[number];
  if (is_lfu(policy_)) {
    place.frequency =
        static_cast<uint8_t>(reckoning::counted(counter(key, place, now), settings_, rng_));
    return;
  }
  const uint32_t age = (uses_ >> copy.shift) - (key.last >> copy.shift);
  place.frequency =
      static_cast<uint8_t>(std::min<uint32_t>(stamp::kMostFrequency, place.frequency + 1u));
  place.gap = static_cast<uint8_t>(reuse::gap_class(age));
  place.used = true;
}

void Miniatures::store(size_t number, uint16_t id) {
  Copy& copy = copies_[number];
  Place& place = keys_[id].in[number];
  place.frequency = static_cast<uint8_t>(
      is_lfu(policy_) ? reckoning::kNewCounter
                      : std::min<uint32_t>(stamp::kMostFrequency, place.frequency + 1u));
  place.gap = 0;
  place.used = false;
  put_in(number, id);
  copy.recents[copy.next_recent++ % copy.recents.size()] = id;
}

void Miniatures::end_use(Key& key, Millis now) {
  key.last = uses_;
  key.minute = minute_of(now);
}

// What the copy of full size makes of keys is what all learn from.
void Miniatures::follow_use(const Key& key) {
  if (!is_learned(policy_) || !sample_->holds(key.name)) return;
  const Place& place = key.in[kFull];
  sample_->see(key.name, uses_, copies_[kFull].shift, reuse::class_of(place.frequency, place.gap),
               learning_->learner);
}

void Miniatures::learn() {
  const size_t due =
      reckoning::lesson_due(sample_->most(), copies_[kFull].held.size(), learning_->count);
  if (uses_ - learning_->learned_at < due) return;
  learning_->learned_at = uses_;
  ++learning_->count;
  sample_->teach(uses_, copies_[kFull].shift, learning_->learner);
}

// --- Who goes ------------------------------------------------------------------------------------

// A copy's share of what entries take, and could take.
void Miniatures::shrink(Millis now) {
  if (is_learned(policy_)) learn();
  const int64_t spare = settings_.maxmemory.load(std::memory_order_relaxed) - budget_.used();
  const double room =
      static_cast<double>(entry_bytes_) + std::max<double>(0, static_cast<double>(spare));
  for (size_t number = 0; number < copies_.size(); ++number) {
    const double fits = kShares[number] * room / static_cast<double>(weight());
    Copy& copy = copies_[number];
    if (static_cast<double>(copy.bytes) <= fits) continue;
    fit(number);
    while (copy.evictable != 0 && static_cast<double>(copy.bytes) > fits) evict(number, now);
  }
}

// A tick follows the number of keys, and the index what was learned.
void Miniatures::fit(size_t number) {
  if (!is_learned(policy_)) return;
  Copy& copy = copies_[number];
  const int shift = reckoning::tick_shift(copy.held.size());
  Lessons& lessons = learning_->lessons;
  if (shift != copy.shift && number == kFull) learning_->learner.rescale(shift - copy.shift);
  if (lessons.number() != 0 && (shift != copy.shift || lessons.number() != copy.lesson)) {
    copy.lesson = lessons.index(shift, copy.index);
  }
  copy.shift = shift;
}

void Miniatures::evict(size_t number, Millis now) {
  Copy& copy = copies_[number];
  std::array<std::pair<double, uint16_t>, kMostSamples + 16> shown;
  size_t count = 0;
  const auto show = [&](uint16_t id) {
    const Key& key = keys_[id];
    const bool dead = key.deadline <= static_cast<uint32_t>(now / 1000);
    shown[count++] = {dead ? -INFINITY : score(number, key, now), id};
  };
  const size_t samples = reckoning::samples(policy_, settings_);
  for (size_t i = 0; i < samples; ++i) show(copy.held[rng_.below(copy.evictable)]);
  if (!is_random(policy_)) {
    const auto candidate = [&](uint16_t id) {
      const size_t at = id < keys_.size() ? keys_[id].in[number].at : 0;
      return at != 0 && at <= copy.evictable;
    };
    for (size_t i = 0; i < copy.pooled; ++i) {
      if (candidate(copy.pool[i])) show(copy.pool[i]);
    }
    for (size_t i = 0; is_learned(policy_) && i < std::min(copy.next_recent, copy.recents.size());
         ++i) {
      const uint16_t id = copy.recents[i];
      if (candidate(id) && !keys_[id].in[number].used) show(id);
    }
  }
  std::sort(shown.begin(), shown.begin() + static_cast<ptrdiff_t>(count));
  const uint16_t victim = shown[0].second;
  copy.pooled = 0;
  for (size_t i = 1; i < count && copy.pooled < copy.pool.size(); ++i) {
    if (shown[i].second != shown[i - 1].second) copy.pool[copy.pooled++] = shown[i].second;
  }
  take_out(number, victim);
}

uint32_t Miniatures::counter(const Key& key, const Place& place, Millis now) const {
  const uint32_t passed = static_cast<uint16_t>(minute_of(now) - key.minute);
  return reckoning::decayed(place.frequency, passed, settings_);
}

double Miniatures::worth(size_t number, const Key& key) const {
  const Copy& copy = copies_[number];
  const Place& place = key.in[number];
  const uint32_t cls = reuse::class_of(place.frequency, place.gap);
  const int bin = reuse::bin((uses_ >> copy.shift) - (key.last >> copy.shift));
  const float index = copy.lesson == 0 ? learning_->learner.index(cls, bin)
                                       : copy.index[cls][static_cast<size_t>(bin)];
  return static_cast<double>(index * key.weight);
}

double Miniatures::score(size_t number, const Key& key, Millis now) const {
  switch (policy_) {
    case EvictionPolicy::kVolatileTtl:
      return key.deadline;
    case EvictionPolicy::kAllKeysLfu:
    case EvictionPolicy::kVolatileLfu:
      return counter(key, key.in[number], now);
    case EvictionPolicy::kAllKeysAdaptive:
    case EvictionPolicy::kVolatileAdaptive:
      return worth(number, key);
    case EvictionPolicy::kAllKeysPriority:
    case EvictionPolicy::kVolatilePriority:
      return reckoning::ranked(key.priority, worth(number, key));
    default:
      return -static_cast<double>(uses_ - key.last);
  }
}

}  // namespace freshet
