#include "stampede.h"

#include <atomic>
#include <memory>
#include <thread>

#include "freshet/resp/reply_reader.h"

namespace freshet {
namespace {

constexpr int kCores = 4;
constexpr uint64_t kGroups = 4, kItems = 48, kTags = 6, kRows = 8;

using Words = std::vector<std::string>;

std::string row(uint64_t i) { return "row:" + std::to_string(i); }
std::string tag(uint64_t i) { return "tag:" + std::to_string(i); }
std::string item(uint64_t group, uint64_t i) {
  return "item:" + std::to_string(group) + ":" + std::to_string(i);
}

// One core's work. The rows always hold a value, each another one, so storing one is always a
// change. A core's own "mid" is made from a row and its "leaf" from its mid; whatever kills a mid
// goes on to the leaf.
class Worker {
 public:
  struct Tally {
    int hits = 0, misses = 0, filled = 0, refused = 0, waits = 0;
    std::string error;  // the first reply that should not have been one
  };

  Worker(Desk& desk, HistoryClock& clock, int core)
      : desk_(desk),
        clock_(clock),
        rng_(static_cast<uint64_t>(core) + 1),
        mid_("mid:" + std::to_string(core)),
        leaf_("leaf:" + std::to_string(core)) {}

  void step() {
    const uint64_t dice = rng_.below(100);
    if (dice < 30) {
      get({some_key()});
    } else if (dice < 40) {
      get({some_key(), some_key(), some_key(), some_key()});
    } else if (dice < 60) {
      fetch(some_key());
    } else if (dice < 78) {
      store(described(some_item()));
    } else if (dice < 88) {
      chain();
    } else if (dice < 93) {
      store_row(rng_.below(kRows));
    } else {
      invalidate();
    }
    if (!leases_.empty() && rng_.below(3) == 0) fill();
  }

  void store_row(uint64_t i) {
    Stored store;
    store.key = row(i);
    Span span = this->store(store);
    history.kills.push_back({span, "dep " + row(i)});
  }

  History history;
  Tally tally;

 private:
  struct Lease {
    Stored store;
    std::string token;
  };

  std::string some_item() { return item(rng_.below(kGroups), rng_.below(kItems)); }
  std::string some_key() {
    const uint64_t dice = rng_.below(10);
    if (dice == 0) return row(rng_.below(kRows));
    if (dice == 1) return "leaf:" + std::to_string(rng_.below(kCores));
    return some_item();
  }

  Stored described(const std::string& key) {
    Stored store;
    store.key = key;
    const uint64_t first = rng_.below(kTags);
    for (uint64_t i = 0; i < rng_.below(3); ++i) store.tags.push_back(tag((first + i) % kTags));
    for (uint64_t i = 0; i < rng_.below(3); ++i)
      store.deps.push_back((i == 0 ? "row:" : "signal:") + std::to_string(rng_.below(kRows)));
    return store;
  }

  // Runs a command between two ticks. The value of a store is not known before, so the start is
  // taken by the caller.
  ReplyValue run(const Words& words) {
    reply_ = desk_.run(words);
    ReplyValue value;
    size_t used = 0;
    if (ReplyReader::read(reply_, value, used) != ReplyReader::Status::kReply ||
        value.kind == ReplyValue::Kind::kError) {
      if (tally.error.empty()) tally.error = words[0] + " " + words[1] + ": " + reply_;
    }
    return value;
  }

  Span store(Stored store, const std::string& fence = "") {
    store.span.start = clock_.tick();
    const std::string value = std::to_string(store.span.start);
    Words words = {"SET", store.key, value};
    if (store.tags.size() + store.deps.size() + fence.size() > 0) {
      words[0] = "DEPSET";
      add_clause(words, "DEPS", store.deps);
      add_clause(words, "TAGS", store.tags);
      if (!fence.empty()) words.insert(words.end(), {"FENCE", fence});
    }
    const ReplyValue reply = run(words);
    store.span.end = clock_.tick();
    store.accepted = reply.kind == ReplyValue::Kind::kStatus;
    if (fence.empty()) store.born = store.span.end;
    if (!fence.empty()) ++(store.accepted ? tally.filled : tally.refused);
    if (store.accepted) history.kills.push_back({store.span, "over " + store.key});
    history.stores.push_back(store);
    return store.span;
  }

  static void add_clause(Words& words, const char* clause, const std::vector<std::string>& names) {
    if (names.empty()) return;
    words.insert(words.end(), {clause, std::to_string(names.size())});
    words.insert(words.end(), names.begin(), names.end());
  }

  void chain() {
    Stored mid;
    mid.key = mid_;
    mid.tags = {"mids"};
    mid.deps = {row(rng_.below(kRows))};
    const Span span = store(mid);
    Stored leaf = described(leaf_);
    leaf.deps = {mid_};
    leaf.under = span.start;
    store(leaf);
  }

  void get(const Words& keys) {
    Words words = keys;
    words.insert(words.begin(), keys.size() == 1 ? "GET" : "MGET");
    Span span{clock_.tick(), 0};
    ReplyValue reply = run(words);
    span.end = clock_.tick();
    if (keys.size() == 1) reply.items = {reply};
    for (size_t i = 0; i < reply.items.size(); ++i) note_read(span, keys[i], reply.items[i]);
  }

  void note_read(Span span, const std::string& key, const ReplyValue& value) {
    if (value.kind != ReplyValue::Kind::kBulk) {
      ++tally.misses;
      return;
    }
    ++tally.hits;
    history.reads.push_back({span, key, std::stoull(std::string(value.text))});
  }

  void fetch(const std::string& key) {
    Span span{clock_.tick(), 0};
    const ReplyValue reply = run({"FETCH", key});
    span.end = clock_.tick();
    if (reply.items.size() != 4) return;
    if (reply.items[0].text == "HIT") {
      note_read(span, key, reply.items[1]);
    } else if (reply.items[0].text == "WAIT") {
      ++tally.waits;
    } else if (key.starts_with("item:")) {
      Lease lease{described(key), std::string(reply.items[2].text)};
      lease.store.born = span.end;
      leases_.push_back(lease);
    }
  }

  // Fills the oldest lease: a few commands of one's own and many of the others have gone by.
  void fill() {
    const Lease lease = leases_.front();
    leases_.erase(leases_.begin());
    store(lease.store, lease.token);
  }

  void invalidate() {
    Words words = {"INVALIDATE"};
    std::vector<std::string> what;
    choose(words, what);
    if (rng_.below(4) == 0) words.push_back("ASYNC");
    if (rng_.below(4) == 0) words.insert(words.end(), {"SOFT", "5000"});
    Span span{clock_.tick(), 0};
    run(words);
    span.end = clock_.tick();
    for (const std::string& one : what) history.kills.push_back({span, one});
  }

  void choose(Words& words, std::vector<std::string>& what) {
    const uint64_t name = rng_.below(kRows);
    switch (rng_.below(8)) {
      case 0: {
        const std::string first = tag(name % kTags), second = tag((name + 1) % kTags);
        words.insert(words.end(), {"TAG", first, second, "ALL"});
        what = {"all " + std::min(first, second) + " " + std::max(first, second)};
        break;
      }
      case 1:
        words.insert(words.end(), {"TAG", tag(name % kTags)});
        what = {"tag " + tag(name % kTags)};
        break;
      case 2:
        words.insert(words.end(), {"TAG", "mids", "CASCADE"});
        what = {"tag mids"};
        break;
      case 3: {
        const std::string glob =
            "item:" + std::to_string(name % kGroups) + ":*" + std::to_string(rng_.below(10));
        words.insert(words.end(), {"PATTERN", glob});
        what = {"pattern " + glob};
        break;
      }
      case 4:
        words.insert(words.end(), {"DEPS", row(name), "CASCADE"});
        what = {"dep " + row(name)};
        break;
      case 5:
        words.insert(words.end(), {"DEPS", "signal:" + std::to_string(name)});
        what = {"dep signal:" + std::to_string(name)};
        break;
      case 6: {
        const std::string mid = "mid:" + std::to_string(name % kCores);
        words.insert(words.end(), {"KEY", mid, "CASCADE"});
        what = {"key " + mid, "dep " + mid};
        break;
      }
      default: {
        const std::string key = some_item();
        words.insert(words.end(), {"KEY", key});
        what = {"key " + key};
      }
    }
  }

  Desk& desk_;
  HistoryClock& clock_;
  Rng rng_;
  const std::string mid_, leaf_;
  std::vector<Lease> leases_;
  std::string reply_;
};

}  // namespace

Stampede stampede(House& house, int commands) {
  HistoryClock clock;
  std::vector<std::unique_ptr<Worker>> workers(kCores);
  History all;
  {
    Desk desk(house.keyspace, house.options);
    Worker first(desk, clock, kCores);
    for (uint64_t i = 0; i < kRows; ++i) first.store_row(i);
    all.add(first.history);
  }
  std::atomic<int> working{kCores};
  house.run(kCores + 1, [&](Desk& desk, int core) {
    if (core == kCores) {
      while (working.load() > 0) {
        desk.housekeep();
        std::this_thread::yield();
      }
      return;
    }
    auto& worker = workers[static_cast<size_t>(core)];
    worker = std::make_unique<Worker>(desk, clock, core);
    for (int i = 0; i < commands; ++i) worker->step();
    working.fetch_sub(1);
  });

  Stampede sum;
  for (const auto& worker : workers) {
    all.add(worker->history);
    sum.hits += worker->tally.hits;
    sum.misses += worker->tally.misses;
    sum.filled += worker->tally.filled;
    sum.refused += worker->tally.refused;
    if (sum.error.empty()) sum.error = worker->tally.error;
  }
  sum.verdict = check(all);
  return sum;
}

}  // namespace freshet
