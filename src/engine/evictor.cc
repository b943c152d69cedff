#include "freshet/engine/evictor.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "freshet/base/alloc.h"
#include "freshet/engine/reckoning.h"

namespace freshet {
namespace {

using reckoning::kNewCounter;
using reckoning::kTicksPerKeys;

uint32_t minutes_of(Millis now) { return static_cast<uint32_t>(now / 60'000) & 0xffff; }
uint32_t counter_word(uint32_t minutes, uint32_t counter) {
  return uint32_t{stamp::kCounter} << stamp::kKindShift | minutes << 8 | counter;
}

}  // namespace

Evictor::Learning::Learning(const Teaching& teaching, size_t sampled, Meter& meter_)
    : learner(teaching.shard, teaching.lessons),
      ghost(meter_),
      sample(meter_, sampled),
      meter(meter_) {
  meter.add(allocation_size(sizeof *this));
}
Evictor::Learning::~Learning() { meter.sub(allocation_size(sizeof *this)); }

// --- Following the settings ----------------------------------------------------------------------

void Evictor::change(size_t keys, Millis now) {
  followed_ = wanted();
  stamp::Kind kind = stamp::kClock;
  if (is_lfu(policy())) kind = stamp::kCounter;
  if (is_learned(policy()) && (followed_ & kLimited)) kind = stamp::kLearned;
  pooled = 0;
  if (kind == kind_ && (learning_ == nullptr || learning_->sample.most() == fitting_sample())) {
    return;
  }
  kind_ = kind;
  kind_since_ = now;
  if (kind == stamp::kLearned) {
    learning_ = std::make_unique<Learning>(teaching_, fitting_sample(), meter_);
    set_shift(shift_);
    fit(keys);
  } else {
    learning_.reset();
  }
  report();
}

// So many of a size fit into a shard's part of a 64th of the memory, or 64 if that is more.
size_t Evictor::fitting(size_t bytes) const {
  constexpr uint64_t kShare = 64, kFewest = 64;
  const auto limit = static_cast<uint64_t>(settings_.maxmemory.load(std::memory_order_relaxed));
  return std::max(kFewest, limit / kShare / bytes / teaching_.shards);
}

size_t Evictor::fitting_sample() const {
  constexpr size_t kKeyBytes = 32;
  return std::min(teaching_.sampled, std::bit_floor(fitting(kKeyBytes)));
}

// The unit follows the number of keys, with some room to go back.
void Evictor::fit(size_t keys) {
  const size_t low = (kTicksPerKeys << shift_) * 3 / 4, high = kTicksPerKeys << (shift_ + 1);
  if ((keys >= low || shift_ == 0) && keys < high) return;
  set_shift(reckoning::tick_shift(keys));
}

void Evictor::set_shift(int shift) {
  const uint64_t passed = begun_ + ((uint64_t{1} << shift_) - left_);
  learning_->learner.rescale(shift - shift_);
  shift_ = shift;
  begun_ = passed >> shift << shift;
  left_ = (uint32_t{1} << shift) - static_cast<uint32_t>(passed - begun_);
  tick_ = static_cast<uint32_t>(passed >> shift);
  tag_ = stamp::learned_tag(shift);
  set_used_now();
}

void Evictor::next_tick(Millis now) {
  begun_ += uint64_t{1} << shift_;
  left_ = uint32_t{1} << shift_;
  ++tick_;
  set_used_now();
  learning_->tick_times[tick_ % kRingTicks] = now;
  if (tick_ % kRingTicks == 0) learning_->epoch_times[tick_ / kRingTicks % kRingEpochs] = now;
}

// --- Uses ----------------------------------------------------------------------------------------

bool Evictor::stored(Entry* entry, uint64_t hash, uint8_t database, size_t keys, Millis now) {
  follow(keys, now);
  if (cheapest() == kNothing) set_cheapest(-kNothing);
  if (kind_ == stamp::kLearned) return stored_learned(entry, hash, database, keys, now);
  const uint32_t word =
      kind_ == stamp::kClock ? clock_of(now) : counter_word(minutes_of(now), kNewCounter);
  entry->stamp = (entry->stamp & stamp::kPriorityMask) | word;
  return false;
}

bool Evictor::stored_learned(Entry* entry, uint64_t hash, uint8_t database, size_t keys,
                             Millis now) {
  if (keys >> shift_ >= 2 * kTicksPerKeys) fit(keys);  // the table grows
  Learning& learning = *learning_;
  const uint32_t before = learning.ghost.take(hash);
  const uint32_t times = std::min(stamp::kMostFrequency, before + 1);
  entry->stamp = (entry->stamp & stamp::kPriorityMask) | tag_ | times << 16 | (tick_ & 0xffff);
  const auto score = static_cast<float>(this->score(entry, now));
  if (score < cheapest()) set_cheapest(score);
  learning.recents[learning.next_recent++ % kRecents] = {hash, database};
  if (learning.sample.holds(hash)) follow_use(hash, reuse::class_of(times, 0));
  uint64_t& miss = learning.missed[hash % kMissed];
  if (miss == hash) {
    miss = 0;  // the miss was the reference
  } else {
    pass(now);
  }
  return before != 0;
}

void Evictor::follow_use(uint64_t hash, uint32_t cls) {
  learning_->sample.see(hash, references(), shift_, cls, learning_->learner);
  report();  // it may follow fewer now
}

void Evictor::use_followed(const Entry* entry, uint64_t hash) {
  if (kind_ != stamp::kLearned || !learning_->sample.holds(hash)) return;
  follow_use(hash, reuse::class_of(stamp::frequency(entry->stamp), stamp::gap(entry->stamp)));
}

void Evictor::report() {
  if (followed_keys_ == nullptr) return;
  followed_keys_->tell(Followed::kEvictor,
                       learning_ == nullptr ? Followed::kNone : learning_->sample.mask());
}

void Evictor::use_translated(Entry* entry, Millis now) {
  const Learned said = read(entry->stamp, now);
  const uint32_t times = std::min(stamp::kMostFrequency, said.frequency + 1);
  entry->stamp = used_now_ | (entry->stamp & stamp::kPriorityMask) | times << 16 |
                 reuse::gap_class(said.age) << stamp::kGapShift;
  if (said.age != 0) pass(now);
}

void Evictor::use_counter(Entry* entry, Millis now) {
  const uint32_t counter = reckoning::counted(frequency(entry, now), settings_, rng_);
  const uint32_t word =
      (entry->stamp & stamp::kPriorityMask) | counter_word(minutes_of(now), counter);
  if (entry->stamp != word) entry->stamp = word;
}

void Evictor::evicted(const Entry* entry, uint64_t hash, Millis now) {
  if (kind_ != stamp::kLearned || mutant(kNoGhosts)) return;
  learning_->ghost.put(hash, read(entry->stamp, now).frequency);
}

void Evictor::fit_ghosts(size_t keys) {
  learning_->ghost.fit(std::min(2 * keys, fitting(Ghost::kBytes)));
}

void Evictor::prepare(size_t keys, Millis now) {
  follow(keys, now);
  if (kind_ != stamp::kLearned) return;
  fit(keys);
  follow_weights();
  Learning& learning = *learning_;
  fit_ghosts(keys);
  if (mutant(kNothingLearned)) return;
  learning.learner.refresh(shift_);
  const size_t due = reckoning::lesson_due(teaching_.sampled, keys, learning.lessons);
  if (begun_ - learning.learned_at < due) return;
  learning.learned_at = begun_;
  ++learning.lessons;
  learning.sample.teach(references(), shift_, learning.learner);
}

// --- Reading words -------------------------------------------------------------------------------

Evictor::Learned Evictor::read(uint32_t word, Millis now) const {
  constexpr uint32_t kMostAge = 0xffff;
  switch (stamp::kind(word)) {
    case stamp::kClock: {  // older than all that was used since
      const uint32_t seconds = (clock_of(now) - word) & stamp::kClockMask;
      return {std::min(kMostAge, tick_ + seconds), 1, 0};
    }
    case stamp::kCounter: {
      const uint32_t counter = word & 255;
      uint32_t times = counter > kNewCounter ? 1 + (counter - kNewCounter) / 2 : 1;
      times = std::min(stamp::kMostFrequency, times);
      return {std::min(kMostAge, tick_), times, 0};
    }
    case stamp::kLearned:
      break;
  }
  uint32_t age = (tick_ - word) & kMostAge;
  if ((word & stamp::kTagMask) != tag_) {  // in the units of then
    const int unit = static_cast<int>(word >> stamp::kUnitShift & 7);
    int longer = (shift_ - unit) & 7;
    if (longer > 5) longer -= 8;
    const int then = std::max(0, shift_ - longer);
    age = (static_cast<uint32_t>(now_references() >> then) - word) & kMostAge;
    age = longer >= 0 ? age >> longer : std::min(kMostAge, age << -longer);
  }
  return {age, stamp::frequency(word), stamp::gap(word)};
}

Millis Evictor::idle(const Entry* entry, Millis now) const {
  const uint32_t word = entry->stamp;
  if (stamp::kind(word) == stamp::kClock) {
    return Millis{(clock_of(now) - word) & stamp::kClockMask} * 1000;
  }
  if (stamp::kind(word) == stamp::kCounter) {
    return Millis{(minutes_of(now) - (word >> 8)) & 0xffff} * 60'000;
  }
  if (learning_ == nullptr) return std::max<Millis>(0, now - kind_since_);
  return std::max<Millis>(0, now - time_of(read(word, now).age));
}

// When a tick began that was so many ticks ago, as far back as is remembered.
Millis Evictor::time_of(uint32_t age) const {
  if (age < kRingTicks) return learning_->tick_times[(tick_ - age) % kRingTicks];
  const uint32_t epochs = std::min(kRingEpochs - 1, age / kRingTicks);
  return learning_->epoch_times[(tick_ / kRingTicks - epochs) % kRingEpochs];
}

uint32_t Evictor::frequency(const Entry* entry, Millis now) const {
  uint32_t counter = kNewCounter;
  uint32_t passed = minutes_of(now);
  if (stamp::kind(entry->stamp) == stamp::kCounter) {
    counter = entry->stamp & 255;
    passed = (passed - (entry->stamp >> 8)) & 0xffff;
  } else {
    passed = static_cast<uint32_t>(std::max<Millis>(0, now - kind_since_) / 60'000);
  }
  return reckoning::decayed(counter, passed, settings_);
}

double Evictor::score(const Entry* entry, Millis now) const {
  switch (policy()) {
    case EvictionPolicy::kVolatileTtl:
      return static_cast<double>(entry->deadline());
    case EvictionPolicy::kAllKeysLfu:
    case EvictionPolicy::kVolatileLfu:
      return frequency(entry, now);
    case EvictionPolicy::kAllKeysAdaptive:
    case EvictionPolicy::kVolatileAdaptive:
      return worth(entry, now);
    case EvictionPolicy::kAllKeysPriority:
    case EvictionPolicy::kVolatilePriority:
      return reckoning::ranked(stamp::priority(entry->stamp), worth(entry, now));
    default:
      return static_cast<double>(now - idle(entry, now)) / 1000;
  }
}

// Uses to expect of a tick, for a byte to the power of the size weight, times what each saves to
// the power of the cost weight.
double Evictor::worth(const Entry* entry, Millis now) const {
  if (learning_ == nullptr) return static_cast<double>(now - idle(entry, now)) / 1000;
  const Learned said = read(entry->stamp, now);
  const float index =
      learning_->learner.index(reuse::class_of(said.frequency, said.gap), reuse::bin(said.age));
  return index * learning_->by_size[reckoning::size_step(entry->memory() + reckoning::kSlotBytes)] *
         learning_->by_cost[entry->cost()];
}

void Evictor::follow_weights() {
  const int size = settings_.size_weight.load(std::memory_order_relaxed);
  const int cost = settings_.cost_weight.load(std::memory_order_relaxed);
  if (size == learning_->size_weight && cost == learning_->cost_weight) return;
  learning_->size_weight = size;
  learning_->cost_weight = cost;
  for (size_t step = 0; step < learning_->by_size.size(); ++step) {
    learning_->by_size[step] = reckoning::weighed(std::exp2(static_cast<double>(step) / 4), -size);
  }
  for (size_t step = 0; step < learning_->by_cost.size(); ++step) {
    learning_->by_cost[step] =
        reckoning::weighed(static_cast<double>(reckoning::cost_millis(step)), cost);
  }
}

}  // namespace freshet
