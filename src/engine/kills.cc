#include "freshet/engine/kills.h"

#include <algorithm>

#include "freshet/base/check.h"

namespace freshet {

const Kill* Kills::first_uncounted() const {
  for (const auto& kill : kills_) {
    if (!kill->tally->complete) return kill.get();
  }
  return nullptr;
}

Kill& Kills::add(uint64_t sequence, Node* node, std::vector<KeyPattern> patterns) {
  auto kill = std::make_unique<Kill>();
  kill->number = ++count_;
  kill->sequence = sequence;
  kill->node = node;
  kill->patterns = std::move(patterns);
  kill->tally = std::make_shared<Tally>();
  if (node == nullptr) {
    ++patterns_;
  } else {
    node->killed_at = kill->number;
    kill->left = node->count;
    if (!pending()) {  // nobody among them has died before
      kill->counted = kill->tally->complete = true;
      counted(*kill, node->count);
    }
  }
  kills_.push_back(std::move(kill));
  return *kills_.back();
}

Kill* Kills::find(uint64_t number) {
  const auto found =
      std::lower_bound(kills_.begin(), kills_.end(), number,
                       [](const auto& kill, uint64_t wanted) { return kill->number < wanted; });
  return found == kills_.end() || (*found)->number != number ? nullptr : found->get();
}

Kill* Kills::killer(const Graph& graph, const Entry* entry) const {
  const uint64_t born = entry->born();
  uint64_t first = UINT64_MAX;
  if (const Declarations* declarations = graph.of(entry)) {
    for (const Link& link : declarations->links()) {
      const uint64_t killed_at = graph.node(link)->killed_at;
      if (killed_at > born && killed_at < first) first = killed_at;
    }
  }
  for (const auto& kill : kills_) {
    if (kill->number >= first) return kill->number == first ? kill.get() : nullptr;
    if (kill->node == nullptr && kill->number > born && kill->hits(entry->key())) return kill.get();
  }
  CHECK(first == UINT64_MAX);
  return nullptr;
}

bool Kills::hit_hard_after(const Kill& kill, std::string_view key) const {
  return std::any_of(kills_.begin(), kills_.end(), [&](const auto& later) {
    return later->number > kill.number && later->stale_until == 0 && later->hits(key);
  });
}

bool Kills::bury(Kill& kill, uint64_t position) {
  const bool was_counted = kill.node != nullptr ? kill.counted : position < kill.counted_to;
  if (was_counted) {
    --dead_;
  } else {
    ++kill.tally->killed;
  }
  return !was_counted;
}

void Kills::remove(Kill& kill) {
  kill.tally->complete = true;
  if (kill.node == nullptr) --patterns_;
  std::erase_if(kills_, [&](const auto& one) { return one.get() == &kill; });
  CHECK(pending() || dead_ == 0);
}

Kill* Kills::next_to_bury() const {
  for (const auto& kill : kills_) {
    if (kill->node != nullptr || kill->tally->complete) return kill.get();
  }
  return nullptr;
}

Kill* Kills::first_pattern() const {
  for (const auto& kill : kills_) {
    if (kill->node == nullptr) return kill.get();
  }
  return nullptr;
}

void Kills::abandon() {
  for (const auto& kill : kills_) kill->tally->complete = true;
  kills_.clear();
}

}  // namespace freshet
