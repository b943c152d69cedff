#include "freshet/engine/compactor.h"

#include <algorithm>

#include "freshet/base/allocator.h"
#include "freshet/engine/reckoning.h"

namespace freshet {

namespace {

constexpr float kFull = 0.95f;        // a run so full is left alone
constexpr float kMemory = 1.f / 256;  // a look's share of what is known of its size
constexpr size_t kGain = 16;          // a round should gain by one in so many entries
constexpr Millis kRests = 16;         // so many times what the round took
constexpr Millis kLeastRest = 5000, kShortRest = 100;

float fullness(const Run& run) {
  return static_cast<float>(run.places - run.free) / static_cast<float>(run.places);
}

bool look_at(const std::vector<Entry*>& entries, std::array<Run, Compactor::kAtOnce>& runs) {
  return look_at_runs(reinterpret_cast<const void* const*>(entries.data()), entries.size(),
                      runs.data());
}

}  // namespace

void Compactor::choose(std::vector<Entry*>& entries, Millis now) {
  std::array<Run, kAtOnce> runs;
  if (entries.size() > kAtOnce) entries.resize(kAtOnce);
  if (entries.empty()) return;
  if (looked_at_ == 0) begun_ = now;
  looked_at_ += entries.size();
  if (!look_at(entries, runs)) return entries.clear();
  size_t kept = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    const float full = fullness(runs[i]);
    float& usual = fullness_[std::min(kSizes - 1, reckoning::size_step(entries[i]->total_size()))];
    usual += (full - usual) * (usual == 0 ? 1 : kMemory);
    if (full >= usual || full >= kFull) continue;
    left_[kept] = full;
    entries[kept++] = entries[i];
  }
  entries.resize(kept);
}

void Compactor::moved(const std::vector<Entry*>& entries) {
  std::array<Run, kAtOnce> runs;
  if (entries.empty() || !look_at(entries, runs)) return;
  for (size_t i = 0; i < entries.size(); ++i) gained_ += fullness(runs[i]) > left_[i];
}

void Compactor::end_round(Millis now) {
  lean_ = gained_ * kGain <= looked_at_;
  ended_ = now;
  took_ = looked_at_ == 0 ? 0 : now - begun_;
  looked_at_ = gained_ = 0;
}

bool Compactor::rests(Millis now, Sparse sparse) const {
  if (!lean_) return false;
  if (sparse == Sparse::kPressing) return now - ended_ < kShortRest;
  return now - ended_ < std::max(kLeastRest, kRests * took_);
}

}  // namespace freshet
