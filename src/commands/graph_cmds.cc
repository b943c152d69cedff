// Our own commands on the dependency graph: DEPSET, DEPADD, DEPREM, DEPINFO, DEPSCAN; INVALIDATE's
// row. Their exact meaning stands in docs/commands.md.
#include <algorithm>

#include "clauses.h"
#include "commands/arguments.h"
#include "fetch.h"
#include "freshet/base/glob.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/commands/command_table.h"
#include "freshet/commands/context.h"
#include "freshet/commands/set_options.h"
#include "freshet/engine/reckoning.h"
#include "invalidate.h"
#include "living.h"
#include "loops.h"

namespace freshet {
namespace {

// The key, and the names of the DEPS clause: what DEPSET, DEPADD and DEPREM touch. What is
// malformed the handler refuses, so here it is only passed over.
void find_graph_keys(Args args, size_t from, std::vector<KeyArg>& keys) {
  keys.push_back({1});
  for (size_t at = from; at + 1 < args.size();) {
    const bool deps = is_word(args[at], "deps");
    if (!deps && !is_word(args[at], "tags")) {
      ++at;
      continue;
    }
    const int64_t count = parse_int(args[at + 1]).value_or(0);
    at += 2;
    if (count < 1 || static_cast<uint64_t>(count) > args.size() - at) return;
    const size_t end = at + static_cast<size_t>(count);
    for (; deps && at < end; ++at) keys.push_back({at});
    at = end;
  }
}
void find_depset_keys(Args args, std::vector<KeyArg>& keys) { find_graph_keys(args, 3, keys); }
void find_depadd_keys(Args args, std::vector<KeyArg>& keys) { find_graph_keys(args, 2, keys); }

// "" or what is too much.
std::string check_counts(const Context& c, size_t deps, size_t tags) {
  const Settings& settings = c.router.keyspace().settings;
  const uint32_t max_deps = settings.max_deps_per_key.load(std::memory_order_relaxed);
  const uint32_t max_tags = settings.max_tags_per_key.load(std::memory_order_relaxed);
  if (deps > max_deps)
    return "ERR more than max-deps-per-key (" + std::to_string(max_deps) + ") dependencies";
  if (tags > max_tags)
    return "ERR more than max-tags-per-key (" + std::to_string(max_tags) + ") tags";
  return "";
}

uint32_t most_levels(const Context& c) {
  return c.router.keyspace().settings.max_dependency_depth.load(std::memory_order_relaxed);
}

// Enters the dependent at every dependency's home; the earliest deadline among them.
Millis attach(const Context& c, const Key& key, std::span<const Key> deps) {
  const Shard& shard = c.space(key).shard();
  Millis bound = kNever;
  for (const Key& dep : deps) bound = std::min(bound, c.space(dep).attach(dep, shard));
  return bound;
}

// SET's options among `words`; "" or the error's text. A time is looked at later.
std::string parse_set(Args words, SetOptions& options) {
  for (size_t at = 0; at < words.size();) {
    if (!options.take_set(words, at)) return std::string(kSyntaxError);
  }
  return "";
}

// What DEPSET was given, once all is known to be well formed.
struct Fill {
  SetOptions options;
  Millis deadline = kNever;
  std::optional<uint8_t> priority;
  uint8_t cost = 0;  // a step (reckoning.h)
  std::optional<std::string_view> fence;
  std::vector<Key> deps, tags;

  bool declares() const { return !deps.empty() || !tags.empty() || priority; }
};

// NX, XX or the fence say no: nothing is touched. `existing`: what the key holds.
bool refused(const Context& c, const Key& key, const Fill& fill, const Entry* existing) {
  const auto unwanted =
      existing == nullptr ? SetOptions::Only::kIfPresent : SetOptions::Only::kIfAbsent;
  if (fill.options.only == unwanted) return true;
  if (!fill.fence) return false;
  const auto cause = fence_refuses(c, *fill.fence, key, fill.deps, fill.tags);
  if (cause) ++c.space(key).shard().stats.fenced[static_cast<int>(*cause)];
  return cause.has_value();
}

// SET with declarations. An accepted fill behind a fence is no change for other fills: what was
// made of the same data may still be stored.
void store(Context& c, const Key& key, const Fill& fill) {
  Space space = c.space(key);
  const bool get = fill.options.get;
  space.db().graph.prefetch(fill.deps, fill.tags);
  Entry* existing = get ? space.read(key) : space.write(key);
  if (get && existing != nullptr) c.reply_value(existing);
  if (get && existing == nullptr) c.reply.nil();
  if (refused(c, key, fill, existing)) {
    if (!get) c.reply.nil();
    return;
  }
  if (!fill.fence) space.written(key);
  Millis deadline = fill.deadline;
  if (fill.options.expiry == SetOptions::Expiry::kKeepTtl && existing != nullptr) {
    deadline = existing->deadline();
  }
  Declared declared{.cost = fill.cost};
  if (fill.declares()) {
    const Millis bound = attach(c, key, fill.deps);
    declared.declarations = space.db().graph.declare(fill.deps, fill.tags, {c.now, bound});
    declared.priority = fill.priority.value_or(kDefaultPriority);
  }
  space.assign(key, c.value(2), deadline, existing, declared);
  if (!get) c.reply.ok();
}

void depset(Context& c) {
  const Key key = c.key(1);
  Clauses clauses;
  Fill fill;
  std::string error = parse_clauses(c.args, 3, clauses);
  if (error.empty()) error = parse_set(clauses.rest, fill.options);
  if (error.empty()) error = check_counts(c, clauses.deps.size(), clauses.tags.size());
  if (!error.empty()) {
    c.reply.error(error);
    return;
  }
  if (fill.options.timed()) {
    const auto given = fill.options.deadline(c.now, "depset", c.reply);
    if (!given) return;
    fill.deadline = *given;
  }
  fill.priority = clauses.priority;
  fill.cost = clauses.cost.value_or(0);
  fill.fence = clauses.fence;
  fill.deps = clauses.dep_keys(c);
  fill.tags = clauses.tag_keys(c);
  if (edges_allowed(c, {key, c.db, fill.deps, most_levels(c)})) store(c, key, fill);
}

void depadd(Context& c) {
  const Key key = c.key(1);
  Clauses clauses;
  std::string error = parse_clauses(c.args, 2, clauses);
  if (error.empty() && (!clauses.rest.empty() || clauses.fence)) error = kSyntaxError;
  if (!error.empty()) {
    c.reply.error(error);
    return;
  }
  Space space = c.space(key);
  Entry* entry = space.peek(key);
  if (entry == nullptr) {
    c.reply.nil();
    return;
  }
  Graph& graph = space.db().graph;
  const Declarations* old = graph.of(entry);
  const std::vector<Key> deps = clauses.dep_keys(c);
  const std::vector<Key> tags = clauses.tag_keys(c);
  error =
      check_counts(c, deps.size() + (old ? old->deps() : 0), tags.size() + (old ? old->tags() : 0));
  if (!error.empty()) {
    c.reply.error(error);
    return;
  }
  // An expiry that is found out now kills only what was made before it; this declaration is later.
  const bool late = std::any_of(deps.begin(), deps.end(), [&](const Key& dep) {
    const Entry* found = c.space(dep).db().keys.find(dep);
    return found != nullptr && found->expired(c.now);
  });
  if (!edges_allowed(c, {key, c.db, deps, most_levels(c)})) return;

  const Millis bound = attach(c, key, deps);
  const Pool::Ref present =
      old != nullptr ? entry->declarations() : graph.declare({}, {}, {.created = c.now});
  Graph::Changed changed = graph.add(present, deps, tags);
  changed.declarations = graph.lower_bound(changed.declarations, bound);
  if (late) graph.at(changed.declarations)->set_created(c.now);
  entry = space.set_declarations(key, entry, changed.declarations);
  if (clauses.priority) space.set_priority(entry, *clauses.priority);
  if (clauses.cost) entry->set_cost(*clauses.cost);
  c.reply.integer(static_cast<int64_t>(changed.count));
}

void deprem(Context& c) {
  const Key key = c.key(1);
  Clauses clauses;
  std::string error = parse_clauses(c.args, 2, clauses);
  if (error.empty() &&
      (!clauses.rest.empty() || clauses.priority || clauses.cost || clauses.fence)) {
    error = kSyntaxError;
  }
  if (!error.empty()) {
    c.reply.error(error);
    return;
  }
  Space space = c.space(key);
  Entry* entry = space.peek(key);
  if (entry == nullptr) {
    c.reply.nil();
    return;
  }
  if (entry->declarations() == 0) {
    c.reply.integer(0);
    return;
  }
  std::vector<std::string> orphans;
  const Graph::Changed changed = space.db().graph.remove(entry->declarations(), clauses.dep_keys(c),
                                                         clauses.tag_keys(c), orphans);
  space.set_declarations(key, entry, changed.declarations);
  space.release(orphans);
  c.reply.integer(static_cast<int64_t>(changed.count));
}

void reply_names(Reply& reply, const Graph& graph, std::span<const Link> links) {
  reply.array(links.size());
  for (const Link& link : links) reply.bulk(graph.node(link)->key());
}

void reply_known(Reply& reply, const Declarations* declarations, int64_t value) {
  if (declarations == nullptr) {
    reply.nil();
  } else {
    reply.integer(value);
  }
}

void reply_info(const Space& space, const Entry* entry, size_t dependents, Reply& reply) {
  const Graph& graph = space.db().graph;
  const Declarations* declarations = graph.of(entry);
  reply.map(11);
  reply.bulk("type");
  reply.bulk("string");
  reply.bulk("bytes");
  reply.integer(
      static_cast<int64_t>(entry->memory() + (declarations ? declarations->memory() : 0)));
  reply.bulk("ttl_ms");
  reply.integer(entry->has_deadline() ? entry->deadline() - space.now() : -1);
  reply.bulk("created_ms");
  reply_known(reply, declarations, declarations ? declarations->created() : 0);
  reply.bulk("idle_ms");
  reply.integer(space.idle(entry));
  reply.bulk("hits");
  reply_known(reply, declarations, entry->hits());
  reply.bulk("priority");
  reply.integer(stamp::priority(entry->stamp));
  reply.bulk("deps");
  reply_names(reply, graph, declarations ? declarations->dep_links() : std::span<const Link>{});
  reply.bulk("tags");
  reply_names(reply, graph, declarations ? declarations->tag_links() : std::span<const Link>{});
  reply.bulk("dependents");
  reply.integer(static_cast<int64_t>(dependents));
  reply.bulk("cost_ms");
  reply.integer(static_cast<int64_t>(reckoning::cost_millis(entry->cost())));
}

// Dependents may stand in other shards: they are counted first, one door after another.
void depinfo(Context& c) {
  const std::string name(c.args[1]);
  reply_living(c, {name, false}, [name](const CountedMembers& dependents, Reply& reply) {
    Router& router = dependents.router;
    const Key key = router.hasher().key(name);
    router.at(router.keyspace().id_of(key.hash), [&](Shard& shard) {
      Space space(shard, shard.index_of(dependents.db), dependents.now, true);
      const Entry* entry = space.peek(key);
      if (entry == nullptr) {
        reply.nil();
      } else {
        reply_info(space, entry, dependents.keys, reply);
      }
    });
  });
}

struct ScanRequest {
  uint64_t cursor = 0;
  bool tag = false;
  std::optional<std::string_view> match;
  size_t count = 10;
};

std::string parse_scan(const Context& c, ScanRequest& request) {
  const auto cursor = parse_int(c.args[1]);
  if (!cursor || *cursor < 0) return "ERR invalid cursor";
  request.cursor = static_cast<uint64_t>(*cursor);
  if (is_word(c.args[2], "tag"))
    request.tag = true;
  else if (!is_word(c.args[2], "deps"))
    return "ERR syntax error";
  for (size_t i = 4; i < c.args.size(); i += 2) {
    if (i + 1 == c.args.size()) return "ERR syntax error";
    if (is_word(c.args[i], "match")) {
      request.match = c.args[i + 1];
    } else if (is_word(c.args[i], "count")) {
      const auto count = parse_int(c.args[i + 1]);
      if (!count) return "ERR value is not an integer or out of range";
      if (*count < 1) return "ERR syntax error";
      request.count = static_cast<size_t>(*count);
    } else {
      return "ERR syntax error";
    }
  }
  return "";
}

// The cursor is (shard + 1) << 40 | members left. Members are read from the last to the first: when
// one goes, the last takes its place, which has been read already; so none is missed.
constexpr int kCursorShift = 40;

void depscan(Context& c) {
  ScanRequest request;
  if (const std::string error = parse_scan(c, request); !error.empty()) {
    c.reply.error(error);
    return;
  }
  const Key name = c.key(3);
  const uint32_t shards = c.router.keyspace().size();
  uint64_t shard = request.cursor == 0 ? 0 : (request.cursor >> kCursorShift) - 1;
  uint64_t left = request.cursor & ((uint64_t{1} << kCursorShift) - 1);
  bool fresh = left == 0;  // a shard that was begun has members left
  std::vector<std::string> found;
  size_t looked_at = 0;
  while (shard < shards && looked_at < request.count) {
    c.router.at(static_cast<uint32_t>(shard), [&](Shard& at) {
      const Space space(at, c.db, c.now, true);
      const Graph& graph = space.db().graph;
      const Node* node = request.tag ? graph.tag(name) : graph.dependency(name);
      const uint64_t members = node == nullptr ? 0 : node->count;
      left = fresh ? members : std::min(left, members);
      for (; left > 0 && looked_at < request.count; ++looked_at) {
        const Entry* entry = graph.at(node->members[--left])->entry();
        if (!space.alive(entry)) continue;
        if (!request.match || glob_match(*request.match, entry->key()))
          found.emplace_back(entry->key());
      }
    });
    fresh = left == 0;
    if (left == 0) ++shard;
  }
  c.reply.array(2);
  c.reply.bulk(static_cast<int64_t>(shard == shards ? 0 : (shard + 1) << kCursorShift | left));
  c.reply.array(found.size());
  for (const std::string& key : found) c.reply.bulk(key);
}

constexpr Command kRows[] = {
    {"depset", -3, kWrite | kDenyOom | kMovableKeys | kOwnWrites,
     KeySpec{1, 1, 1, find_depset_keys}, Verb::kTogether, depset, "graph", "0.1.0",
     "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT "
     "unix-time-milliseconds | KEEPTTL] [DEPS n dep [dep ...]] [TAGS n tag [tag ...]] [PRIORITY p] "
     "[COST milliseconds] [FENCE token]",
     "Sets a value and says what it was made from."},
    {"depadd", -3, kWrite | kDenyOom | kMovableKeys | kOwnWrites,
     KeySpec{1, 1, 1, find_depadd_keys}, Verb::kTogether, depadd, "graph", "0.1.0",
     "key [DEPS n dep [dep ...]] [TAGS n tag [tag ...]] [PRIORITY p] [COST milliseconds]",
     "Declares more dependencies and tags of a value; how many were new."},
    {"deprem", -3, kWrite | kMovableKeys | kOwnWrites, KeySpec{1, 1, 1, find_depadd_keys},
     Verb::kTogether, deprem, "graph", "0.1.0", "key [DEPS n dep [dep ...]] [TAGS n tag [tag ...]]",
     "Takes declarations of a value back; how many there were."},
    {"depinfo", 2, kReadOnly, keys(1, 1, 1), Verb::kHere, depinfo, "graph", "0.1.0", "key",
     "What a value was made from, and its age, use, size and deadline."},
    {"depscan", -4, kReadOnly, no_keys(), Verb::kHere, depscan, "graph", "0.1.0",
     "cursor <DEPS | TAG> name [MATCH pattern] [COUNT count]",
     "Iterates over the keys that declare a dependency or a tag."},
    {"fetch", -2, kReadOnly | kFast, keys(1, 1, 1), Verb::kAt, fetch, "graph", "0.1.0",
     "key [LEASE ms] [STALE]",
     "Reads a value; of a missing one, says who is to compute it and gives a token for the fill."},
    {"invalidate", -3, kWrite, no_keys(), Verb::kHere, invalidate, "graph", "0.1.0",
     "<KEY | PATTERN | TAG | DEPS> name [name ...] [--] [ALL] [CASCADE] [SOFT ms] [DRYRUN] [ASYNC]",
     "Kills keys by name, pattern, tag or dependency; how many."},
};

}  // namespace

std::span<const Command> graph_commands() { return kRows; }

}  // namespace freshet
