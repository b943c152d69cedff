// Walking over keys: KEYS, SCAN, RANDOMKEY. One door at a time, and never long behind one.
//
// A cursor is | shard: 12 bits | position in its table: 40 bits |. Tables are in the order of
// positions whatever their size, so a key that is there throughout is returned exactly once.
//
// Where a shard has its prefix index, a pattern's literal beginning leads to its matches without a
// look at other keys. A cursor remains a position: SCAN sorts what the index tells by it, so that
// the index may come or go between two calls.
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "commands/key_rows.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/commands/context.h"

namespace freshet {
namespace {

// Clients may keep a cursor as a double, which is exact up to 2^53.
static_assert(uint64_t{kMaxShards} << kPositionBits <= uint64_t{1} << 53);

constexpr size_t kSlice = 64;            // buckets behind one door
constexpr size_t kBucketsPerCount = 10;  // as Redis: no call looks at more than COUNT times this
constexpr size_t kRange = 1000;          // keys of an index that every call of SCAN may look at
constexpr int kDraws = 8;                // at random keys of one shard, while they have expired
constexpr int kRounds = 4;               // over all shards

// Keys on their way to a reply, copied out from behind their doors.
class Names {
 public:
  void add(std::string_view name) {
    bytes_ += name;
    ends_.push_back(bytes_.size());
  }
  size_t size() const { return ends_.size(); }
  void reply(Reply& reply) const {
    reply.array(ends_.size());
    size_t start = 0;
    for (const size_t end : ends_) {
      reply.bulk(std::string_view(bytes_).substr(start, end - start));
      start = end;
    }
  }

 private:
  std::string bytes_;
  std::vector<size_t> ends_;
};

class Walk {
 public:
  Walk(Context& c, uint64_t cursor)
      : c_(c), shard_(cursor >> kPositionBits), position_(cursor & (kPositions - 1)) {}

  bool done() const { return shard_ >= c_.router.keyspace().size(); }
  uint64_t cursor() const { return done() ? 0 : shard_ << kPositionBits | position_; }

  // Steps behind one door: up to kSlice buckets, as long as `more(buckets seen)` says so. Calls
  // visit(Entry*) for their keys; those for which it says true are removed as expired.
  // REQUIRES: !done().
  template <class Visit, class More>
  void slice(Visit&& visit, More&& more) {
    behind_door([&](Space& space) {
      size_t seen = 0;
      do {
        position_ =
            space.db().keys.scan(position_, [&](Entry* entry) { look(space, entry, visit); });
        ++seen;
      } while (position_ != 0 && seen < kSlice && more(seen));
      seen_ = space.db().keys.size() == 0 ? 0 : seen;
    });
    if (position_ == 0) ++shard_;
  }
  // Buckets that the last slice looked at; none in an empty table.
  size_t seen() const { return seen_; }

  // The same for up to `most` keys of the present shard that start with `prefix` and come behind
  // `after`, which then is the last of them; "" begins with the first. Does not move the walk.
  enum class Range { kNoIndex, kMore, kEnd };
  template <class Visit>
  Range range(std::string_view prefix, std::string& after, size_t most, Visit&& visit) {
    Range result = Range::kNoIndex;
    behind_door([&](Space& space) {
      looked_ = 0;
      if (!space.db().prefix_complete()) return;
      Entry* last = nullptr;
      const bool more = space.db().prefix->visit(prefix, after, most, [&](Entry* entry) {
        look(space, entry, visit);
        ++looked_;
        last = entry;
      });
      if (last != nullptr) after = last->key();
      result = more ? Range::kMore : Range::kEnd;
    });
    return result;
  }
  // True if the present shard's index knows of more than `most` such keys.
  bool range_exceeds(std::string_view prefix, size_t most) {
    bool exceeds = false;
    behind_door([&](Space& space) {
      exceeds =
          space.db().prefix_complete() && space.db().prefix->count(prefix, most + 1) == most + 1;
    });
    return exceeds;
  }

  // Keys that the last range() looked at, the dead ones too.
  size_t looked() const { return looked_; }

  uint64_t shard() const { return shard_; }
  uint64_t position() const { return position_; }
  // Goes on to a position of the present shard, or to the next shard.
  void move_to(uint64_t position) {
    position_ = position & (kPositions - 1);
    if (position_ == 0) ++shard_;
  }
  void next_shard() { move_to(kPositions); }

 private:
  static constexpr uint64_t kPositions = uint64_t{1} << kPositionBits;

  template <class F>
  void behind_door(F&& f) {
    c_.router.at(static_cast<uint32_t>(shard_), [&](Shard& shard) {
      Space space(shard, c_.db, c_.now, c_.no_touch);
      expired_.clear();
      f(space);
      for (Entry* entry : expired_) {
        space.remove(shard.hasher.key(entry->key()), entry, Cause::kExpired);
      }
    });
  }
  template <class Visit>
  void look(Space& space, Entry* entry, Visit& visit) {
    if (space.dead(entry)) return;
    ++space.shard().stats.keys_examined;
    if (visit(entry)) expired_.push_back(entry);
  }

  Context& c_;
  uint64_t shard_;
  uint64_t position_;
  size_t seen_ = 0;
  size_t looked_ = 0;
  std::vector<Entry*> expired_;
};

// Visits the keys of the walk's present shard, those that do not start with `prefix` perhaps not.
template <class Visit>
void walk_shard(Walk& walk, std::string_view prefix, Visit&& visit) {
  auto range = Walk::Range::kNoIndex;
  std::string after;
  if (!prefix.empty()) {
    do {
      range = walk.range(prefix, after, kSlice, visit);
    } while (range == Walk::Range::kMore);
  }
  if (range == Walk::Range::kEnd) return walk.next_shard();
  // The index may have been dropped half-way: what it told is not told again.
  const auto visit_rest = [&](const Entry* entry) {
    return (after.empty() || entry->key() > after) && visit(entry);
  };
  const uint64_t shard = walk.shard();
  while (walk.shard() == shard) walk.slice(visit_rest, [](size_t) { return true; });
}

void keys_command(Context& c) {
  const KeyPattern pattern(c.args[1]);
  Names names;
  const auto visit = [&](const Entry* entry) {
    if (!entry->expired(c.now) && pattern.matches(entry->key())) names.add(entry->key());
    return false;
  };
  for (Walk walk(c, 0); !walk.done();) walk_shard(walk, pattern.literal(), visit);
  names.reply(c.reply);
}

// As strtoul reads it, but for leading space: Redis takes "+5", "-1" and "" too.
std::optional<uint64_t> cursor_arg(std::string_view arg) {
  const std::string text(arg);
  if (std::isspace(static_cast<unsigned char>(text.c_str()[0]))) return std::nullopt;
  char* end = nullptr;
  errno = 0;
  const uint64_t cursor = std::strtoull(text.c_str(), &end, 10);
  if (*end != '\0' || errno == ERANGE) return std::nullopt;
  return cursor;
}

struct ScanOptions {
  size_t count = 10;
  KeyPattern pattern{"*"};
  std::optional<std::string> type;  // lower case
};

std::optional<ScanOptions> scan_options(Context& c) {
  ScanOptions options;
  for (size_t arg = 2; arg < c.args.size(); arg += 2) {
    const bool has_value = arg + 1 < c.args.size();
    if (is_word(c.args[arg], "count") && has_value) {
      const auto count = parse_int(c.args[arg + 1]);
      if (!count) {
        c.reply.error("ERR value is not an integer or out of range");
        return std::nullopt;
      }
      if (*count < 1) {
        c.reply.error("ERR syntax error");
        return std::nullopt;
      }
      options.count = static_cast<size_t>(*count);
    } else if (is_word(c.args[arg], "match") && has_value) {
      options.pattern = KeyPattern(c.args[arg + 1]);
    } else if (is_word(c.args[arg], "type") && has_value) {
      options.type = to_lower(c.args[arg + 1]);
    } else {
      c.reply.error("ERR syntax error");
      return std::nullopt;
    }
  }
  return options;
}

// One call of SCAN. It visits at most COUNT * 10 buckets, besides one look at each empty shard, and
// stops after the bucket that brings the keys up to COUNT. Of the shards' indexes it looks at as
// many keys instead, but at kRange at least: a shard whose range is longer is walked by its table.
class Scan {
 public:
  Scan(Context& c, uint64_t cursor, const ScanOptions& options)
      : c_(c), options_(options), walk_(c, cursor), prefix_(options.pattern.literal()) {
    if (__builtin_mul_overflow(options.count, kBucketsPerCount, &left_)) left_ = SIZE_MAX;
    range_ = range_left_ = std::max(left_, kRange);
  }

  void run() {
    while (!walk_.done() && left_ != 0 && !full()) {
      const Taken taken = prefix_.empty() ? Taken::kNoIndex : take_range();
      if (taken == Taken::kAll) continue;
      if (taken == Taken::kTooMany) {
        if (range_left_ != range_) return;  // for this call, after what it has seen
        prefix_ = {};
      }
      take_buckets();
    }
  }

  void reply() const {
    c_.reply.array(2);
    c_.reply.bulk(static_cast<int64_t>(walk_.cursor()));
    names_.reply(c_.reply);
  }

 private:
  enum class Taken { kNoIndex, kTooMany, kAll };
  struct Match {
    uint64_t position;
    std::string key;
  };

  bool full() const { return names_.size() >= options_.count; }

  // Calls add(key) if the options ask for it; true if it has expired.
  template <class Add>
  bool sift(const Entry* entry, Add&& add) const {
    if (!options_.pattern.matches(entry->key())) return false;
    if (options_.type && *options_.type != type_name(entry->type())) return false;
    if (entry->expired(c_.now)) return true;
    add(entry->key());
    return false;
  }

  void take_buckets() {
    const auto add = [&](std::string_view key) { names_.add(key); };
    walk_.slice([&](const Entry* entry) { return sift(entry, add); },
                [&](size_t seen) { return seen < left_ && !full(); });
    left_ -= std::min(left_, walk_.seen());
  }

  // What the present shard's index has at the walk's position and behind it.
  Taken take_range() {
    std::vector<Match> found;
    const auto add = [&](std::string_view key) {
      const uint64_t position = position_of(c_.router.hasher()(key));
      if (position >= walk_.position()) found.push_back({position, std::string(key)});
    };
    size_t looked = 0;
    const auto visit = [&](const Entry* entry) { return sift(entry, add); };
    std::string after;
    for (;;) {
      const auto range = walk_.range(prefix_, after, std::min(kSlice, range_left_ - looked), visit);
      looked += walk_.looked();
      if (range == Walk::Range::kNoIndex) return Taken::kNoIndex;
      if (range == Walk::Range::kEnd) break;
      if (looked == range_left_) return Taken::kTooMany;
      // To count up to kRange is cheap, and spares a long range the look at each of its keys.
      const bool countable = looked == kSlice && range_left_ <= kRange;
      if (countable && walk_.range_exceeds(prefix_, range_left_)) return Taken::kTooMany;
    }
    range_left_ -= looked;
    give(found);
    return Taken::kAll;
  }

  // Adds the first of `found` by position, and moves the walk behind them.
  void give(std::vector<Match>& found) {
    std::sort(found.begin(), found.end(),
              [](const Match& a, const Match& b) { return a.position < b.position; });
    for (size_t i = 0; i < found.size(); ++i) {
      // A cursor can't stand between keys of one position: they go together.
      if (full() && found[i].position != found[i - 1].position) {
        return walk_.move_to(found[i - 1].position + 1);
      }
      names_.add(found[i].key);
    }
    walk_.next_shard();
  }

  Context& c_;
  const ScanOptions& options_;
  Walk walk_;
  std::string_view prefix_;    // empty: no index can help
  size_t left_;                // buckets
  size_t range_, range_left_;  // keys of indexes, in all and still
  Names names_;
};

void scan_command(Context& c) {
  const auto cursor = cursor_arg(c.args[1]);
  if (!cursor) return c.reply.error("ERR invalid cursor");
  const auto options = scan_options(c);
  if (!options) return;
  Scan scan(c, *cursor, *options);
  scan.run();
  scan.reply();
}

// A live key of this shard by chance; those found expired are removed. nullopt: not found in a few
// draws.
std::optional<std::string> draw(Space& space) {
  for (int attempt = 0; attempt < kDraws; ++attempt) {
    Entry* entry = space.db().keys.random(space.shard().rng);
    if (entry == nullptr) return std::nullopt;
    if (space.alive(entry)) return std::string(entry->key());
    const Key key = space.shard().hasher.key(entry->key());
    if (!space.bury_if_dead(key, entry)) space.remove(key, entry, Cause::kExpired);
  }
  return std::nullopt;
}

// The first live key, for a database where chance finds only expired ones.
std::optional<std::string> first_live(Context& c) {
  std::optional<std::string> found;
  const auto visit = [&](const Entry* entry) {
    if (entry->expired(c.now)) return true;
    if (!found) found = entry->key();
    return false;
  };
  for (Walk walk(c, 0); !walk.done() && !found;) {
    walk.slice(visit, [&](size_t) { return !found; });
  }
  return found;
}

// One pass over the shards: each takes the choice over with the chance of its share in the keys so
// far, so in the end every shard has had the chance of its size.
void randomkey(Context& c) {
  std::optional<std::string> chosen;
  for (int round = 0; round < kRounds && !chosen; ++round) {
    size_t total = 0;
    c.each([&](Space& space) {
      const size_t size = space.db().size();
      total += size;
      if (size == 0 || space.shard().rng.below(total) >= size) return;
      if (auto drawn = draw(space)) chosen = std::move(drawn);
    });
    if (total == 0) return c.reply.nil();
  }
  if (!chosen) chosen = first_live(c);
  if (chosen) {
    c.reply.bulk(*chosen);
  } else {
    c.reply.nil();
  }
}

constexpr Command kRows[] = {
    {"keys", 2, kReadOnly | kDangerous, no_keys(), Verb::kHere, keys_command, "generic", "1.0.0",
     "pattern", "Lists all keys that match a glob."},
    {"scan", -2, kReadOnly, no_keys(), Verb::kHere, scan_command, "generic", "2.8.0",
     "cursor [MATCH pattern] [COUNT count] [TYPE type]", "Lists the keys a few at a time."},
    {"randomkey", 1, kReadOnly, no_keys(), Verb::kHere, randomkey, "generic", "1.0.0", "",
     "Replies some key, each with the same chance."},
};

}  // namespace

std::span<const Command> scan_rows() { return kRows; }

}  // namespace freshet
