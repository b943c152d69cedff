#include "history.h"

#include <unordered_map>

#include "freshet/base/glob.h"

namespace freshet {
namespace {

constexpr uint64_t kNotYet = UINT64_MAX;

std::string show(const Span& span) {
  return std::to_string(span.start) + "-" + std::to_string(span.end);
}

// The invalidations of one name, by their starts.
class Kills {
 public:
  void add(Span span) { spans_.push_back(span); }
  void seal() {
    std::sort(spans_.begin(), spans_.end(),
              [](const Span& a, const Span& b) { return a.start < b.start; });
    first_end_from_.assign(spans_.size() + 1, kNotYet);
    last_end_before_.assign(spans_.size() + 1, 0);
    for (size_t i = spans_.size(); i-- > 0;)
      first_end_from_[i] = std::min(first_end_from_[i + 1], spans_[i].end);
    for (size_t i = 0; i < spans_.size(); ++i)
      last_end_before_[i + 1] = std::max(last_end_before_[i], spans_[i].end);
  }

  // When the first of those that began after `time` had been answered.
  uint64_t first_end_after(uint64_t time) const { return first_end_from_[begun_by(time)]; }
  // When the last of those that began before `time` had been answered; 0: there is none.
  uint64_t last_end_before(uint64_t time) const { return last_end_before_[begun_by(time)]; }

 private:
  size_t begun_by(uint64_t time) const {
    const auto after =
        std::upper_bound(spans_.begin(), spans_.end(), time,
                         [](uint64_t at, const Span& span) { return at < span.start; });
    return static_cast<size_t>(after - spans_.begin());
  }

  std::vector<Span> spans_;
  std::vector<uint64_t> first_end_from_, last_end_before_;
};

class Checker {
 public:
  explicit Checker(const History& history) : history_(history) {
    for (const Killing& kill : history.kills) kills_[kill.what].add(kill.span);
    for (auto& [what, kills] : kills_) {
      kills.seal();
      if (what.starts_with("pattern ")) patterns_.push_back(what.substr(8));
    }
    for (const Stored& store : history.stores) stores_[store.span.start] = &store;
  }

  Verdict run() {
    for (const Stored& store : history_.stores) {
      const uint64_t dead = dead_from(store);
      deaths_[store.span.start] = dead;
      if (store.accepted && dead < store.span.start)
        blame(verdict_.false_accepts, "a late fill was stored", store, store.span, dead);
    }
    for (const Read& read : history_.reads) check(read);
    return verdict_;
  }

 private:
  void check(const Read& read) {
    const auto found = stores_.find(read.value);
    if (found == stores_.end() || found->second->key != read.key || !found->second->accepted) {
      ++verdict_.unknown;
      if (verdict_.first.empty())
        verdict_.first = "nobody stored " + std::to_string(read.value) + " under " + read.key;
      return;
    }
    const uint64_t dead = deaths_[read.value];
    if (dead < read.span.start)
      blame(verdict_.stale, "a dead value was read", *found->second, read.span, dead);
  }

  // When at the latest nobody could read the value any more.
  uint64_t dead_from(const Stored& store) const {
    uint64_t dead = first_end("over " + store.key, store.span.end);
    for (const std::string& name : concerning(store))
      dead = std::min(dead, first_end(name, store.born));
    return std::min(dead, dead_from_under(store));
  }

  // The same by way of the dependency's value, if that was surely alive while this one was stored.
  // Whoever finds the dependency already killed or overwritten by another need not go on, so all of
  // these must have been answered.
  uint64_t dead_from_under(const Stored& store) const {
    const auto found = stores_.find(store.under);
    if (found == stores_.end()) return kNotYet;
    const Stored& under = *found->second;
    const std::vector<std::string> names = concerning(under);
    uint64_t first = kNotYet;
    for (const std::string& name : names) {
      if (last_end(name, store.span.end) > under.span.start) return kNotYet;
      first = std::min(first, first_end(name, store.span.end));
    }
    if (first == kNotYet) return kNotYet;
    uint64_t last = last_end("over " + under.key, first);
    for (const std::string& name : names) last = std::max(last, last_end(name, first));
    return last;
  }

  std::vector<std::string> concerning(const Stored& store) const {
    std::vector<std::string> names = {"key " + store.key};
    for (const std::string& tag : store.tags) names.push_back("tag " + tag);
    for (const std::string& dep : store.deps) names.push_back("dep " + dep);
    for (size_t i = 0; i < store.tags.size(); ++i) {
      for (size_t j = i + 1; j < store.tags.size(); ++j)
        names.push_back("all " + std::min(store.tags[i], store.tags[j]) + " " +
                        std::max(store.tags[i], store.tags[j]));
    }
    for (const std::string& pattern : patterns_) {
      if (glob_match(pattern, store.key)) names.push_back("pattern " + pattern);
    }
    return names;
  }

  uint64_t first_end(const std::string& name, uint64_t after) const {
    const auto found = kills_.find(name);
    return found == kills_.end() ? kNotYet : found->second.first_end_after(after);
  }
  uint64_t last_end(const std::string& name, uint64_t before) const {
    const auto found = kills_.find(name);
    return found == kills_.end() ? 0 : found->second.last_end_before(before);
  }

  void blame(uint64_t& count, const char* fault, const Stored& store, Span seen, uint64_t dead) {
    ++count;
    if (!verdict_.first.empty()) return;
    verdict_.first = std::string(fault) + " at " + show(seen) + ": " + store.key + ", stored " +
                     show(store.span) + ", born " + std::to_string(store.born) + ", dead from " +
                     std::to_string(dead);
    for (const std::string& name : concerning(store)) {
      if (first_end(name, store.born) == dead) verdict_.first += " by " + name;
    }
  }

  const History& history_;
  std::map<std::string, Kills> kills_;
  std::vector<std::string> patterns_;
  std::unordered_map<uint64_t, const Stored*> stores_;
  std::unordered_map<uint64_t, uint64_t> deaths_;
  Verdict verdict_;
};

}  // namespace

void History::add(const History& other) {
  stores.insert(stores.end(), other.stores.begin(), other.stores.end());
  reads.insert(reads.end(), other.reads.begin(), other.reads.end());
  kills.insert(kills.end(), other.kills.begin(), other.kills.end());
}

Verdict check(const History& history) { return Checker(history).run(); }

}  // namespace freshet
