#include "freshet/engine/compactor.h"

#include <algorithm>
#include <bit>

#include "freshet/base/allocator.h"

namespace freshet {

namespace {

constexpr float kFull = 0.95f;        // a run so full is left alone
constexpr float kMemory = 1.f / 256;  // a look's share of what is known of its size
constexpr size_t kGain = 16;          // a round should move one in so many entries
constexpr Millis kRests = 16;         // so many times what the round took
constexpr Millis kLeastRest = 5000, kShortRest = 100;

size_t step_of(size_t size) {
  const auto octave = static_cast<size_t>(std::bit_width(size | 4) - 1);
  return octave * 4 + ((size >> (octave - 2)) & 3);
}

}  // namespace

void Compactor::choose(std::vector<Entry*>& entries, Millis now) {
  std::array<Run, kAtOnce> runs;
  if (entries.size() > kAtOnce) entries.resize(kAtOnce);
  if (entries.empty()) return;
  if (looked_at_ == 0) begun_ = now;
  looked_at_ += entries.size();
  if (!look_at_runs(reinterpret_cast<const void* const*>(entries.data()), entries.size(),
                    runs.data())) {
    return entries.clear();
  }
  size_t kept = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    const Run& run = runs[i];
    const float full = static_cast<float>(run.places - run.free) / static_cast<float>(run.places);
    float& usual = fullness_[std::min(kSizes - 1, step_of(entries[i]->total_size()))];
    usual += (full - usual) * (usual == 0 ? 1 : kMemory);
    if (full < usual && full < kFull) entries[kept++] = entries[i];
  }
  entries.resize(kept);
  chosen_ += kept;
}

void Compactor::end_round(Millis now) {
  lean_ = chosen_ * kGain <= looked_at_;
  ended_ = now;
  took_ = looked_at_ == 0 ? 0 : now - begun_;
  looked_at_ = chosen_ = 0;
}

bool Compactor::rests(Millis now, Sparse sparse) const {
  if (!lean_) return false;
  if (sparse == Sparse::kPressing) return now - ended_ < kShortRest;
  return now - ended_ < std::max(kLeastRest, kRests * took_);
}

}  // namespace freshet
