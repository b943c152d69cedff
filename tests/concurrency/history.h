// What several threads did to one cache, and whether it may have been so. The rule: no read that
// began after an invalidation was answered returns a value stored before that invalidation began,
// if the invalidation concerned the value.
//
// Time is one counter, raised before and after every command; so of two commands that overlap
// nothing is known, and the checker lets both orders pass. A value is the number at which its store
// began, and so a read tells which store it saw. It knows nothing of the cache.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace freshet {

class HistoryClock {
 public:
  uint64_t tick() { return now_.fetch_add(1, kOrder) + 1; }

 private:
  // What a thread has seen in one client's reply, another client may act upon: sequentially
  // consistent. Under TSan relaxed, lest the clock order what the doors have to order.
#if defined(__SANITIZE_THREAD__)
  static constexpr auto kOrder = std::memory_order_relaxed;
#else
  static constexpr auto kOrder = std::memory_order_seq_cst;
#endif
  std::atomic<uint64_t> now_{0};
};

struct Span {
  uint64_t start = 0, end = 0;
};

struct Stored {
  Span span;  // span.start is the value
  // Changes that began after this must be known to the value: the end of the store, or, if it came
  // with a fence, of the FETCH that handed out the token.
  uint64_t born = 0;
  bool accepted = true;
  std::string key;
  std::vector<std::string> tags, deps;
  // The value of the dependency whose own dependencies count too (0: none). What kills that one
  // always goes on to its dependents.
  uint64_t under = 0;
};

struct Read {
  Span span;
  std::string key;
  uint64_t value;
};

// `what`: "key k", "tag t", "all t u" (tags in order), "dep d", "pattern glob", "over k" (a store).
struct Killing {
  Span span;
  std::string what;
};

struct History {
  std::vector<Stored> stores;
  std::vector<Read> reads;
  std::vector<Killing> kills;

  void add(const History& other);
};

struct Verdict {
  uint64_t stale = 0;          // reads of what was dead
  uint64_t false_accepts = 0;  // fills that their fence had to refuse
  uint64_t unknown = 0;        // reads of what nobody stored under that key, or of a refused fill
  std::string first;           // the first of them, spelled out

  bool clean() const { return stale + false_accepts + unknown == 0; }
};

Verdict check(const History& history);

}  // namespace freshet
