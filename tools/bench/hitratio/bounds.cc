#include "bounds.h"

#include <queue>
#include <utility>
#include <vector>

namespace freshet {

namespace {

constexpr uint32_t kNobody = UINT32_MAX;

// By request: the next one for the same key; the trace's length if there is none.
std::vector<uint32_t> next_uses(const Trace& trace) {
  const auto end = static_cast<uint32_t>(trace.keys.size());
  std::vector<uint32_t> last(trace.distinct, end), next(end);
  for (uint32_t i = end; i-- > 0;) next[i] = std::exchange(last[trace.keys[i]], i);
  return next;
}

// Keys from the most to the least recently used, as a list through two arrays.
class Recency {
 public:
  explicit Recency(size_t keys) : newer_(keys + 1), older_(keys + 1), end_(keys) {
    newer_[end_] = older_[end_] = static_cast<uint32_t>(end_);
  }
  void push(uint32_t key) {
    older_[key] = older_[end_];
    newer_[key] = static_cast<uint32_t>(end_);
    newer_[older_[end_]] = key;
    older_[end_] = key;
  }
  void take_out(uint32_t key) {
    newer_[older_[key]] = newer_[key];
    older_[newer_[key]] = older_[key];
  }
  uint32_t oldest() const { return newer_[end_]; }

 private:
  // The place behind the last key is the head: older_ of it is the newest key, newer_ the oldest.
  std::vector<uint32_t> newer_, older_;
  size_t end_;
};

}  // namespace

uint64_t belady_hits(const Trace& trace, size_t capacity) {
  const std::vector<uint32_t> next = next_uses(trace);
  const auto end = static_cast<uint32_t>(trace.keys.size());
  std::vector<uint32_t> kept(trace.distinct, kNobody);  // by key: its next use, if it is kept
  // What is kept, latest next use first; entries that `kept` does not confirm are out of date.
  std::priority_queue<std::pair<uint32_t, uint32_t>> order;
  uint64_t hits = 0;
  size_t size = 0;
  for (uint32_t i = 0; i < end; ++i) {
    const uint32_t key = trace.keys[i];
    const bool hit = kept[key] != kNobody;
    hits += hit;
    size -= hit;
    kept[key] = kNobody;
    if (next[i] == end) continue;
    kept[key] = next[i];
    order.emplace(next[i], key);
    if (++size <= capacity) continue;
    while (kept[order.top().second] != order.top().first) order.pop();
    kept[order.top().second] = kNobody;
    order.pop();
    --size;
  }
  return hits;
}

uint64_t lru_hits(const Trace& trace, size_t capacity) {
  Recency recency(trace.distinct);
  std::vector<bool> kept(trace.distinct);
  uint64_t hits = 0;
  size_t size = 0;
  for (const uint32_t key : trace.keys) {
    if (kept[key]) {
      ++hits;
      recency.take_out(key);
    } else if (size == capacity) {
      const uint32_t victim = recency.oldest();
      recency.take_out(victim);
      kept[victim] = false;
    } else {
      ++size;
    }
    kept[key] = true;
    recency.push(key);
  }
  return hits;
}

}  // namespace freshet
