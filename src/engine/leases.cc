#include "freshet/engine/leases.h"

#include <algorithm>
#include <bit>

namespace freshet {

Leases::~Leases() {
  for (Lease& lease : places_) end(&lease);
  meter_.sub(places_.size() * sizeof(Lease));
}

Lease* Leases::find(uint64_t name, Millis now) {
  if (size_ == 0) return nullptr;
  Lease* const set = set_of(name);
  for (Lease* lease = set; lease != set + kWays; ++lease) {
    if (lease->fence.sequence == 0 || lease->name != name) continue;
    if (lease->deadline > now) return lease;
    end(lease);
  }
  return nullptr;
}

const Lease& Leases::give(uint64_t name, Millis now, Millis for_millis) {
  if (places_.empty()) {
    const uint32_t wanted = settings_.lease_slots.load(std::memory_order_relaxed);
    places_.resize(std::bit_ceil(std::max<size_t>(wanted / kWays, 1)) * kWays);
    meter_.add(places_.size() * sizeof(Lease));
  }
  Lease* const set = set_of(name);
  Lease* chosen = set;
  for (Lease* lease = set; lease != set + kWays; ++lease) {
    if (lease->fence.sequence != 0 && lease->name == name) {
      chosen = lease;
      break;
    }
    if (lease->fence.sequence < chosen->fence.sequence) chosen = lease;  // free, or the oldest
  }
  const uint64_t sequence = fences_.open();  // before the old one ends: there is always one open
  end(chosen);
  ++size_;
  *chosen = {name, {sequence, now}, now + for_millis};
  return *chosen;
}

void Leases::end(Lease* lease) {
  if (lease->fence.sequence == 0) return;
  lease->fence.sequence = 0;
  --size_;
  fences_.close();
}

void Leases::sweep(Millis now, size_t most) {
  for (most = std::min(most, places_.size()); most != 0 && size_ != 0; --most) {
    if (swept_ >= places_.size()) swept_ = 0;
    Lease& lease = places_[swept_++];
    if (lease.fence.sequence != 0 && lease.deadline <= now) end(&lease);
  }
}

}  // namespace freshet
