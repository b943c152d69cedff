// OBJECT: how a value is kept (Redis 7.0: object.c).
#include "commands/key_rows.h"
#include "freshet/commands/context.h"

namespace freshet {
namespace {

constexpr size_t kEmbeddedLimit = 44;  // OBJ_ENCODING_EMBSTR_SIZE_LIMIT
constexpr int64_t kSharedIntegers = 10000;

// The key's entry, not stamped: to look at a value is not to use it. nil is replied if it is
// missing.
Entry* look_up(Context& c, Space& space, const Key& key) {
  Entry* entry = space.read(key);
  if (entry == nullptr) c.reply.nil();
  return entry;
}

template <class F>
void with_entry(Context& c, F&& f) {
  const Key key = c.key(2);
  Space space(c.router.keyspace().home(key), c.db, c.now, true);
  if (Entry* entry = look_up(c, space, key)) f(space, entry);
}

void encoding(Context& c) {
  with_entry(c, [&](Space&, const Entry* entry) { c.reply.bulk(encoding_name(entry)); });
}

void refcount(Context& c) {
  with_entry(c, [&](Space&, const Entry* entry) { c.reply.integer(refcount_of(c, entry)); });
}

EvictionPolicy policy_of(const Context& c) {
  return c.router.keyspace().settings.policy.load(std::memory_order_relaxed);
}
bool limited(const Context& c) {
  return c.router.keyspace().settings.maxmemory.load(std::memory_order_relaxed) != 0;
}

// MAXMEMORY_FLAG_NO_SHARED_INTEGERS, and ours.
bool stamped_each(EvictionPolicy policy) {
  return policy != EvictionPolicy::kNoEviction && !is_random(policy) &&
         policy != EvictionPolicy::kVolatileTtl;
}

constexpr std::string_view kAdjusts =
    " Please note that when switching between policies at runtime LRU and LFU data will take some "
    "time to adjust.";

void idletime(Context& c) {
  with_entry(c, [&](Space& space, const Entry* entry) {
    std::string_view selected;
    if (is_lfu(policy_of(c))) selected = "LFU";
    if (is_learned(policy_of(c)) && limited(c)) selected = "adaptive";
    if (selected.empty()) return c.reply.integer(space.idle(entry) / 1000);
    c.reply.error("ERR An " + std::string(selected) +
                  " maxmemory policy is selected, idle time not tracked." + std::string(kAdjusts));
  });
}

void freq(Context& c) {
  with_entry(c, [&](Space& space, const Entry* entry) {
    if (is_lfu(policy_of(c))) {
      return c.reply.integer(space.shard().evictor.frequency(entry, c.now));
    }
    c.reply.error("ERR An LFU maxmemory policy is not selected, access frequency not tracked." +
                  std::string(kAdjusts));
  });
}

void help(Context& c) {
  constexpr std::string_view kLines[] = {
      "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "ENCODING <key>",
      "    Return the kind of internal representation used in order to store the value",
      "    associated with a <key>.",
      "FREQ <key>",
      "    Return the access frequency index of the <key>. The returned integer is",
      "    proportional to the logarithm of the recent access frequency of the key.",
      "IDLETIME <key>",
      "    Return the idle time of the <key>, that is the approximated number of",
      "    seconds elapsed since the last access to the key.",
      "REFCOUNT <key>",
      "    Return the number of references of the value associated with the specified",
      "    <key>.",
      "HELP",
      "    Prints this help.",
  };
  reply_help(c.reply, kLines);
}

constexpr Command kRows[] = {
    {"object", -2, kContainer, no_keys(), Verb::kHere, nullptr, "generic", "2.2.3", "",
     "Says how a value is kept."},
    {"object|encoding", 3, kReadOnly, keys(2, 2, 1), Verb::kAt, encoding, "generic", "2.2.3", "key",
     "Says how a value is encoded."},
    {"object|freq", 3, kReadOnly, keys(2, 2, 1), Verb::kAt, freq, "generic", "4.0.0", "key",
     "Says how often a value is used, under an LFU policy."},
    {"object|help", 2, kLoading | kStale, no_keys(), Verb::kHere, help, "generic", "6.2.0", "",
     "Lists the subcommands."},
    {"object|idletime", 3, kReadOnly, keys(2, 2, 1), Verb::kAt, idletime, "generic", "2.2.3", "key",
     "Says how many seconds ago a key was last used."},
    {"object|refcount", 3, kReadOnly, keys(2, 2, 1), Verb::kAt, refcount, "generic", "2.2.3", "key",
     "Says how many refer to a value."},
};

}  // namespace

std::string_view encoding_name(const Entry* entry) {
  if (entry->encoding() == Encoding::kInt) return "int";
  return entry->is_raw() || entry->length() > kEmbeddedLimit ? "raw" : "embstr";
}

// Redis keeps small integers once for all keys, unless an LRU or LFU policy needs a stamp for each.
int64_t refcount_of(const Context& c, const Entry* entry) {
  if (entry->encoding() != Encoding::kInt) return 1;
  if (entry->number() < 0 || entry->number() >= kSharedIntegers) return 1;
  return limited(c) && stamped_each(policy_of(c)) ? 1 : INT32_MAX;
}

std::span<const Command> object_rows() { return kRows; }

}  // namespace freshet
