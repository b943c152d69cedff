#include "freshet/engine/invalidation_log.h"

#include <algorithm>

namespace freshet {

uint32_t InvalidationLog::next() {
  const uint32_t number = last_.fetch_add(1, std::memory_order_relaxed) + 1;
  return number != 0 ? number : next();
}

void InvalidationLog::count(const LoggedKill& kill) {
  Counts& kind = by_kind_[static_cast<size_t>(kill.kind)];
  ++kind.calls;
  kind.keys += kill.keys;
  const auto found = std::find_if(origins_.begin(), origins_.end(), [&](const OriginCounts& one) {
    return one.name == kill.origin.name && one.user == kUser;
  });
  OriginCounts* origin = nullptr;
  if (found != origins_.end()) {
    origin = &*found;
  } else if (origins_.size() < settings_.invalidation_origins.load(std::memory_order_relaxed)) {
    origin = &origins_.emplace_back(OriginCounts{kill.origin.name, kUser, {}});
  } else {
    if (origins_.empty() || origins_.back().name != "(others)" || !origins_.back().user.empty())
      origins_.push_back({"(others)", "", {}});
    origin = &origins_.back();
  }
  ++origin->counts.calls;
  origin->counts.keys += kill.keys;
}

void InvalidationLog::add(LoggedKill kill) {
  if (kill.what.size() > kMostWhat) kill.what.resize(kMostWhat);
  const size_t most = settings_.invalidation_log.load(std::memory_order_relaxed);
  std::deque<LoggedKill>& ring = kill.kind == KillKind::kChange ? changes_ : commands_;
  door_.enter();
  count(kill);
  while (!ring.empty() && ring.size() >= most) ring.pop_front();
  if (most != 0) ring.push_back(std::move(kill));
  door_.leave();
}

std::vector<LoggedKill> InvalidationLog::newest(size_t most) const {
  std::vector<LoggedKill> found;
  door_.enter();
  auto command = commands_.rbegin();
  auto change = changes_.rbegin();
  while (found.size() < most && (command != commands_.rend() || change != changes_.rend())) {
    const bool first =
        change == changes_.rend() || (command != commands_.rend() && command->time >= change->time);
    found.push_back(first ? *command++ : *change++);
  }
  door_.leave();
  return found;
}

std::optional<LoggedKill> InvalidationLog::find(uint32_t number) const {
  std::optional<LoggedKill> found;
  door_.enter();
  for (const auto* ring : {&commands_, &changes_}) {
    for (const LoggedKill& kill : *ring) {
      if (kill.number == number) found = kill;
    }
  }
  door_.leave();
  return found;
}

std::array<InvalidationLog::Counts, kKillKinds> InvalidationLog::by_kind() const {
  door_.enter();
  const auto copy = by_kind_;
  door_.leave();
  return copy;
}

std::vector<InvalidationLog::OriginCounts> InvalidationLog::by_origin() const {
  door_.enter();
  std::vector<OriginCounts> copy = origins_;
  door_.leave();
  std::stable_sort(copy.begin(), copy.end(), [](const OriginCounts& a, const OriginCounts& b) {
    return a.counts.keys > b.counts.keys;
  });
  return copy;
}

void InvalidationLog::reset() {
  door_.enter();
  by_kind_ = {};
  origins_.clear();
  door_.leave();
}

}  // namespace freshet
