// Walking over keys: KEYS, SCAN, RANDOMKEY. One door at a time, and never long behind one.
//
// A cursor is | shard: 12 bits | position in its table: 40 bits |. Tables are in the order of
// positions whatever their size, so a key that is there throughout is returned exactly once.
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "commands/key_rows.h"
#include "freshet/base/glob.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/commands/context.h"

namespace freshet {
namespace {

// Clients may keep a cursor as a double, which is exact up to 2^53.
static_assert(uint64_t{kMaxShards} << kPositionBits <= uint64_t{1} << 53);

constexpr size_t kSlice = 64;            // buckets behind one door
constexpr size_t kBucketsPerCount = 10;  // as Redis: no call looks at more than COUNT times this
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
    c_.router.at(static_cast<uint32_t>(shard_), [&](Shard& shard) {
      Space space(shard, c_.db, c_.now, c_.no_touch);
      expired_.clear();
      size_t seen = 0;
      do {
        position_ = space.db().keys.scan(position_, [&](Entry* entry) {
          if (!space.dead(entry) && visit(entry)) expired_.push_back(entry);
        });
        ++seen;
      } while (position_ != 0 && seen < kSlice && more(seen));
      for (Entry* entry : expired_) {
        space.remove(shard.hasher.key(entry->key()), entry, Cause::kExpired);
      }
      seen_ = space.db().keys.size() == 0 && expired_.empty() ? 0 : seen;
    });
    if (position_ == 0) ++shard_;
  }
  // Buckets that the last slice looked at; none in an empty table.
  size_t seen() const { return seen_; }

 private:
  static constexpr uint64_t kPositions = uint64_t{1} << kPositionBits;

  Context& c_;
  uint64_t shard_;
  uint64_t position_;
  size_t seen_ = 0;
  std::vector<Entry*> expired_;
};

// Redis lists even the empty key for "*", which the glob alone would not match.
bool matches(std::string_view pattern, std::string_view key) {
  return pattern == "*" || glob_match(pattern, key);
}

void keys_command(Context& c) {
  const std::string_view pattern = c.args[1];
  Names names;
  const auto visit = [&](const Entry* entry) {
    if (!entry->expired(c.now) && matches(pattern, entry->key())) names.add(entry->key());
    return false;
  };
  for (Walk walk(c, 0); !walk.done();) walk.slice(visit, [](size_t) { return true; });
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
  std::string_view pattern = "*";
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
      options.pattern = c.args[arg + 1];
    } else if (is_word(c.args[arg], "type") && has_value) {
      options.type = to_lower(c.args[arg + 1]);
    } else {
      c.reply.error("ERR syntax error");
      return std::nullopt;
    }
  }
  return options;
}

// Visits at most COUNT * 10 buckets, besides one look at each empty shard, and stops after the
// bucket that brings the keys up to COUNT.
void scan(Context& c) {
  const auto cursor = cursor_arg(c.args[1]);
  if (!cursor) return c.reply.error("ERR invalid cursor");
  const auto options = scan_options(c);
  if (!options) return;
  size_t left;
  if (__builtin_mul_overflow(options->count, kBucketsPerCount, &left)) left = SIZE_MAX;
  Names names;
  const auto visit = [&](const Entry* entry) {
    if (!matches(options->pattern, entry->key())) return false;
    if (options->type && *options->type != type_name(entry->type())) return false;
    if (entry->expired(c.now)) return true;
    names.add(entry->key());
    return false;
  };
  Walk walk(c, *cursor);
  while (!walk.done() && left != 0 && names.size() < options->count) {
    walk.slice(visit, [&](size_t seen) { return seen < left && names.size() < options->count; });
    left -= std::min(left, walk.seen());
  }
  c.reply.array(2);
  c.reply.bulk(static_cast<int64_t>(walk.cursor()));
  names.reply(c.reply);
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
    {"scan", -2, kReadOnly, no_keys(), Verb::kHere, scan, "generic", "2.8.0",
     "cursor [MATCH pattern] [COUNT count] [TYPE type]", "Lists the keys a few at a time."},
    {"randomkey", 1, kReadOnly, no_keys(), Verb::kHere, randomkey, "generic", "1.0.0", "",
     "Replies some key, each with the same chance."},
};

}  // namespace

std::span<const Command> scan_rows() { return kRows; }

}  // namespace freshet
