#include "freshet/engine/miniature.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace freshet {

namespace {

constexpr double kWindow = 64;    // look-ups for each key there is room for until a new window
constexpr uint64_t kShare = 128;  // of maxmemory: what keys may take
constexpr uint32_t kSoon = 16;    // uses between a miss and the SET that belongs to it
constexpr uint32_t kForever = UINT32_MAX;

uint32_t seconds_of(Millis deadline) {
  if (deadline == kNever) return kForever;
  return static_cast<uint32_t>(
      std::clamp<Millis>(deadline / 1000 + (deadline % 1000 > 0), 0, kForever - 1));
}

}  // namespace

Miniatures::Miniatures(uint32_t shards, const Settings& settings, Budget& budget)
    : settings_(settings), budget_(budget), meter_(budget), rng_(shards), told_(shards) {}

Miniatures::~Miniatures() { release(); }

// --- On and off ----------------------------------------------------------------------------------

EvictionPolicy Miniatures::wanted_policy() const {
  if (settings_.maxmemory.load(std::memory_order_relaxed) == 0) return EvictionPolicy::kNoEviction;
  return settings_.policy.load(std::memory_order_relaxed);
}

// Whether a key is followed, and there is a policy to copy, or what was copied before to be
// released.
bool Miniatures::concerned(uint64_t hash) const {
  return follows(hash) &&
         (wanted_policy() != EvictionPolicy::kNoEviction || on_.load(std::memory_order_relaxed));
}

// Follows the settings, and the shard that asks. False if there is no policy to copy: the settings
// may change at any time, so what they were before the door says nothing.
bool Miniatures::begin(const Moment& moment) {
  const EvictionPolicy policy = wanted_policy();
  if (policy == EvictionPolicy::kNoEviction) {
    release();
    return false;
  }
  const auto limit = static_cast<uint64_t>(settings_.maxmemory.load(std::memory_order_relaxed));
  const size_t most = std::clamp<uint64_t>(limit / kShare / kKeyBytes, kFewestKeys, kMostKeys);
  if (policy != policy_ || most != most_) {
    release();
    policy_ = policy;
    most_ = most;
    places_.assign(2 * std::bit_ceil(most), 0);
    if (is_learned(policy)) {
      sample_ = std::make_unique<ReuseSample>(meter_, std::min(kTaught, std::bit_floor(most)));
      learning_ = std::make_unique<Learning>(budget_);
    }
    charge();
    on_.store(true, std::memory_order_relaxed);
  }
  while (weight() < moment.weight) halve();
  Told& told = told_[moment.shard];
  if (told.references == kUnheard) {
    window_.references += weight();  // as many as the first one stands for
  } else if (told.references <= moment.references) {
    window_.references += moment.references - told.references;
  }
  entry_bytes_ += moment.entry_bytes - told.entry_bytes;
  told = {moment.references, moment.entry_bytes};
  return true;
}

void Miniatures::release() {
  keys_ = std::vector<Key>();  // a plain {} would keep the memory
  free_ = std::vector<uint16_t>();
  places_ = std::vector<uint16_t>();
  for (Copy& copy : copies_) copy = Copy();
  sample_.reset();
  learning_.reset();
  window_ = window_before_ = {};
  std::fill(told_.begin(), told_.end(), Told());
  entry_bytes_ = 0;
  mask_.store((kLeastWeight - 1) << kMaskShift, std::memory_order_relaxed);
  policy_ = EvictionPolicy::kNoEviction;
  on_.store(false, std::memory_order_relaxed);
  charge();
}

void Miniatures::charge() {
  size_t bytes = keys_.capacity() * sizeof(Key) +
                 (free_.capacity() + places_.capacity()) * sizeof(uint16_t) +
                 (learning_ == nullptr ? 0 : sizeof(Learning));
  for (const Copy& copy : copies_) bytes += copy.held.capacity() * sizeof(uint16_t);
  meter_.add(bytes);
  meter_.sub(bytes_);
  bytes_ = bytes;
}

// Half of the keys are followed from now on; what was counted is what they would have counted.
void Miniatures::halve() {
  mask_.store(2 * mask_.load(std::memory_order_relaxed) + (1 << kMaskShift),
              std::memory_order_relaxed);
  for (uint16_t id = 0; id < keys_.size(); ++id) {
    if (keys_[id].name != 0 && !follows(keys_[id].name)) forget(id);
  }
  weigh(0.5);
}

void Miniatures::weigh(double factor) {
  window_.sampled *= factor;
  window_before_.sampled *= factor;
  for (Copy& copy : copies_) {
    copy.hits *= factor;
    copy.hits_before *= factor;
  }
}

// --- Keys ----------------------------------------------------------------------------------------

// Where a name's key is entered, or would be.
uint16_t* Miniatures::place_of(uint64_t name) {
  const size_t mask = places_.size() - 1;
  size_t at = name * 0x9e3779b97f4a7c15ull >> 32 & mask;
  while (places_[at] != 0 && keys_[places_[at] - 1u].name != name) at = (at + 1) & mask;
  return &places_[at];
}

uint16_t Miniatures::find(uint64_t name) {
  return static_cast<uint16_t>(*place_of(name) - 1);  // 0 becomes kNone
}

uint16_t Miniatures::add(uint64_t name, const Moment& moment) {
  const auto full = [this] { return free_.empty() && keys_.size() == most_; };
  constexpr int kHalvings = 64 - kMaskShift;  // hashes may be alike in their low bits
  for (int i = 0; i < kHalvings && full(); ++i) make_room();
  if (full() || !follows(name)) return kNone;
  if (free_.empty()) {
    free_.push_back(static_cast<uint16_t>(keys_.size()));
    keys_.emplace_back();
    charge();
  }
  const uint16_t id = free_.back();
  free_.pop_back();
  keys_[id] = {};
  keys_[id].name = name;
  keys_[id].shard = static_cast<uint16_t>(moment.shard);
  keys_[id].last = uses_ - kSoon - 1;
  *place_of(name) = static_cast<uint16_t>(id + 1);
  return id;
}

void Miniatures::forget(uint16_t id) {
  for (size_t number = 0; number < copies_.size(); ++number) take_out(number, id);
  const size_t mask = places_.size() - 1;
  auto gap = static_cast<size_t>(place_of(keys_[id].name) - places_.data());
  places_[gap] = 0;
  // Those behind it that would not be found any more move up (Knuth, 6.4, algorithm R).
  for (size_t at = (gap + 1) & mask; places_[at] != 0; at = (at + 1) & mask) {
    const size_t home = keys_[places_[at] - 1u].name * 0x9e3779b97f4a7c15ull >> 32 & mask;
    if (((at - home) & mask) < ((at - gap) & mask)) continue;
    places_[gap] = std::exchange(places_[at], 0);
    gap = at;
  }
  keys_[id].name = 0;
  free_.push_back(id);
}

// Of the keys that no copy holds the older half goes; if they are few, half of all.
void Miniatures::make_room() {
  constexpr size_t kWorthwhile = 8;
  std::vector<uint16_t> gone;
  for (uint16_t id = 0; id < keys_.size(); ++id) {
    const auto& in = keys_[id].in;
    if (std::all_of(in.begin(), in.end(), [](const Place& place) { return place.at == 0; })) {
      gone.push_back(id);
    }
  }
  if (gone.size() < most_ / kWorthwhile) return halve();
  const auto middle = gone.begin() + static_cast<ptrdiff_t>(gone.size() / 2);
  std::nth_element(gone.begin(), middle, gone.end(), [this](uint16_t a, uint16_t b) {
    return uses_ - keys_[a].last > uses_ - keys_[b].last;
  });
  std::for_each(gone.begin(), middle, [this](uint16_t id) { forget(id); });
}

// --- What happens --------------------------------------------------------------------------------

// Calls f() behind the door if the key is one to hear of.
template <class F>
void Miniatures::tell(uint64_t hash, const Moment& moment, F&& f) {
  if (!concerned(hash)) return;
  door_.enter();
  if (begin(moment)) f();
  door_.leave();
}

void Miniatures::count_look_up() {
  window_.sampled += 1;
  if (window_.sampled < kWindow * static_cast<double>(most_)) return;
  window_before_ = std::exchange(window_, {});
  for (Copy& copy : copies_) copy.hits_before = std::exchange(copy.hits, 0);
}

void Miniatures::hit(const Seen& seen, const Moment& moment) {
  tell(seen.hash, moment, [&] {
    count_look_up();
    uint16_t id = find(seen.hash | 1);
    if (id == kNone) id = add(seen.hash | 1, moment);
    if (id == kNone) return;
    Key& key = keys_[id];
    pass(key);
    describe(id, seen);
    for (size_t number = 0; number < copies_.size(); ++number) {
      if (key.in[number].at != 0) {
        copies_[number].hits += 1;
        use(number, key, moment.now);
      } else {
        store(number, id);  // its client would have
      }
    }
    end_use(key, moment.now);
    follow_use(key);
    shrink(moment.now);
  });
}

void Miniatures::missed(uint64_t hash, const Moment& moment) {
  tell(hash, moment, [&] {
    count_look_up();
    const uint16_t id = find(hash | 1);
    if (id == kNone) {
      ++uses_;
      return;
    }
    Key& key = keys_[id];
    pass(key);
    const bool alive = key.deadline > seconds_of(moment.now);
    for (size_t number = 0; number < copies_.size(); ++number) {
      if (!alive) take_out(number, id);
      if (key.in[number].at == 0) continue;
      copies_[number].hits += 1;
      use(number, key, moment.now);
    }
    end_use(key, moment.now);
    if (key.in[kFull].at != 0) follow_use(key);
  });
}

void Miniatures::stored(const Seen& seen, const Moment& moment) {
  tell(seen.hash, moment, [&] {
    uint16_t id = find(seen.hash | 1);
    if (id == kNone) id = add(seen.hash | 1, moment);
    if (id == kNone) return;
    Key& key = keys_[id];
    const bool refill = uses_ - key.last <= kSoon;  // the miss was the use
    const bool followed = refill && key.in[kFull].at != 0;
    describe(id, seen);
    for (size_t number = 0; number < copies_.size(); ++number) {
      if (key.in[number].at == 0) {
        store(number, id);
      } else if (!refill) {
        use(number, key, moment.now);
      }
    }
    end_use(key, moment.now);
    if (!followed) follow_use(key);
    shrink(moment.now);
  });
}

void Miniatures::removed(uint64_t hash) {
  if (!follows(hash) || !on_.load(std::memory_order_relaxed)) return;
  door_.enter();
  if (on_.load(std::memory_order_relaxed)) {  // still
    const uint16_t id = find(hash | 1);
    if (id != kNone) forget(id);
  }
  door_.leave();
}

void Miniatures::removed_all(uint32_t shard) {
  door_.enter();
  for (uint16_t id = 0; id < keys_.size(); ++id) {
    if (keys_[id].name != 0 && keys_[id].shard == shard) forget(id);
  }
  if (free_.size() == keys_.size()) {  // all may be followed again
    weigh(static_cast<double>(weight()) / kLeastWeight);
    mask_.store((kLeastWeight - 1) << kMaskShift, std::memory_order_relaxed);
  }
  door_.leave();
}

void Miniatures::restart() {
  door_.enter();
  window_ = window_before_ = {};
  for (Copy& copy : copies_) copy.hits = copy.hits_before = 0;
  for (Told& told : told_) told.references = 0;
  door_.leave();
}

void Miniatures::clear() {
  door_.enter();
  release();
  door_.leave();
}

// What was counted is set right by the look-ups that ought to have been: keys that are used all the
// time are followed, or not, by chance, and hit at any size.
Miniatures::Reading Miniatures::read() {
  door_.enter();
  const double each = static_cast<double>(weight());
  const double sampled = (window_.sampled + window_before_.sampled) * each;
  Reading reading{.keys = keys_.size() - free_.size(),
                  .rate = 1 / each,
                  .references = window_.references + window_before_.references,
                  .hit_rates = {}};
  if (sampled > 0 && reading.references != 0 && wanted_policy() == policy_) {
    const auto all = static_cast<double>(reading.references);
    auto& rates = reading.hit_rates.emplace();
    for (size_t number = 0; number < copies_.size(); ++number) {
      const double hits = (copies_[number].hits + copies_[number].hits_before) * each;
      rates[number] = std::clamp(hits + all - sampled, 0.0, all) / all;
    }
  }
  door_.leave();
  return reading;
}

}  // namespace freshet
