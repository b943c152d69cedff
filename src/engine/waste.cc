#include "freshet/engine/waste.h"

#include <algorithm>
#include <utility>

namespace freshet {

int64_t Waste::look(int64_t limit, int64_t used, int64_t resident, Millis elapsed) {
  constexpr int64_t kProcess = 8 << 20;  // what a process takes in time beside its keys
  constexpr int64_t kBehind = 32;        // keys are late by this part of the limit
  constexpr int64_t kMost = 2;           // at most this part of the limit, however much it is over
  constexpr Millis kPatience = 20'000;   // with pages, once keys have made room
  constexpr Millis kUp = 80, kDown = 3000;  // a difference is made up for in about so long
  const int64_t known = limit == 0 ? INT64_MAX : limit;
  const bool fell = known < std::exchange(limit_, known);
  if (limit == 0) return bytes_ = 0;
  const int64_t percent = settings_.waste_percent.load(std::memory_order_relaxed);
  const int64_t allowed = limit + std::max(limit / 100 * percent, at_start_ + kProcess);
  int64_t over = resident - allowed;
  const bool behind = used + bytes_ > limit + limit / kBehind;
  if (fell) {
    excused_ = over;
    patience_ = kPatience;
  }
  if (!behind) patience_ = std::max<Millis>(0, patience_ - elapsed);
  excused_ = patience_ == 0 ? 0 : std::clamp<int64_t>(excused_, 0, std::max<int64_t>(over, 0));
  if (over > 0) over = behind ? 0 : over - excused_;
  const Millis pace = over > 0 ? kUp : kDown;
  bytes_ += over / pace * std::clamp<Millis>(elapsed, 0, pace);
  return bytes_ = std::clamp<int64_t>(bytes_, 0, limit / kMost);
}

Sparse Waste::sparse(int64_t used, int64_t resident) const {
  if (!settings_.compacts.load(std::memory_order_relaxed)) return Sparse::kNot;
  constexpr int64_t kPressing = 64;  // keys make room for this part of what is used
  if (bytes_ > used / kPressing) return Sparse::kPressing;
  const int64_t percent = settings_.compact_percent.load(std::memory_order_relaxed);
  const int64_t bytes = settings_.compact_bytes.load(std::memory_order_relaxed);
  const int64_t over = resident - used - at_start_;
  return over > std::max(bytes, used / 100 * percent) ? Sparse::kSomewhat : Sparse::kNot;
}

}  // namespace freshet
