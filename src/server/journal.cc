#include "server/journal.h"

#include <algorithm>

namespace freshet {
namespace {

constexpr size_t kSamples = 160;  // LATENCY_TS_LEN

}  // namespace

void Journal::slow(SlowEntry entry, size_t most) {
  const std::lock_guard lock(mutex_);
  entry.id = next_id_++;
  slow_.push_back(std::move(entry));
  while (slow_.size() > most) slow_.pop_front();
}

std::vector<SlowEntry> Journal::slow_log(size_t most) const {
  const std::lock_guard lock(mutex_);
  const size_t count = std::min(most, slow_.size());
  return {slow_.rbegin(), slow_.rbegin() + static_cast<ptrdiff_t>(count)};
}

size_t Journal::slow_count() const {
  const std::lock_guard lock(mutex_);
  return slow_.size();
}

void Journal::slow_reset() {
  const std::lock_guard lock(mutex_);
  slow_.clear();
}

void Journal::event(std::string_view name, int64_t unix_seconds, int64_t millis) {
  const std::lock_guard lock(mutex_);
  auto found = events_.find(name);
  if (found == events_.end()) found = events_.emplace(std::string(name), 0).first;
  auto& samples = found->second;
  if (!samples.empty() && samples.back().unix_seconds == unix_seconds) {
    samples.back().millis = std::max(samples.back().millis, millis);
    return;
  }
  samples.push_back({unix_seconds, millis});
  if (samples.size() > kSamples) samples.pop_front();
}

std::vector<std::pair<std::string, Journal::Samples>> Journal::events() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, Samples>> all;
  for (const auto& [name, samples] : events_)
    all.emplace_back(name, Samples(samples.begin(), samples.end()));
  return all;
}

size_t Journal::reset(const std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  if (names.empty()) {
    const size_t count = events_.size();
    events_.clear();
    return count;
  }
  size_t count = 0;
  for (const std::string& name : names) count += events_.erase(name);
  return count;
}

}  // namespace freshet
