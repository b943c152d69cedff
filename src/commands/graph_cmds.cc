// Our own commands on the dependency graph: DEPSET, DEPADD, DEPREM, DEPINFO, DEPSCAN; INVALIDATE's
// row. Their exact meaning stands in docs/commands.md.
#include <algorithm>

#include "clauses.h"
#include "commands/arguments.h"
#include "freshet/base/glob.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/commands/command_table.h"
#include "freshet/commands/context.h"
#include "freshet/commands/set_options.h"
#include "invalidate.h"
#include "loops.h"

namespace freshet {
namespace {

// The key, and the names of the DEPS clause: what DEPSET, DEPADD and DEPREM touch.
void find_graph_keys(Args args, size_t from, std::vector<int>& indexes) {
  indexes.push_back(1);
  Clauses clauses;
  if (!parse_clauses(args, from, clauses).empty()) return;
  for (const size_t dep : clauses.deps) indexes.push_back(static_cast<int>(dep));
}
void find_depset_keys(Args args, std::vector<int>& indexes) { find_graph_keys(args, 3, indexes); }
void find_depadd_keys(Args args, std::vector<int>& indexes) { find_graph_keys(args, 2, indexes); }

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

// Replies with the error, or asks for all shards; true if the edges may be drawn.
bool edges_allowed(Context& c, const Key& key, std::span<const Key> deps) {
  std::string error;
  const EdgeCheck check = check_edges(c, key, deps, error);
  if (check == EdgeCheck::kNeedAll) c.need_all();
  if (check == EdgeCheck::kRefused) c.reply.error(error);
  return check == EdgeCheck::kFine;
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

// SET with declarations, once all is known to be well formed.
void store(Context& c, const Key& key, const Clauses& clauses, const SetOptions& options,
           Millis deadline) {
  Space space = c.space(key);
  Entry* existing = options.get ? space.read(key) : space.write(key);
  if (options.get && existing != nullptr) c.reply_value(existing);
  if (options.get && existing == nullptr) c.reply.nil();
  const auto refused =
      existing == nullptr ? SetOptions::Only::kIfPresent : SetOptions::Only::kIfAbsent;
  if (options.only == refused) {
    if (!options.get) c.reply.nil();
    return;
  }
  if (options.expiry == SetOptions::Expiry::kKeepTtl && existing != nullptr) {
    deadline = existing->deadline();
  }
  Declarations* declarations = nullptr;
  if (!clauses.none()) {
    const std::vector<Key> deps = clauses.dep_keys(c);
    const Millis bound = attach(c, key, deps);
    declarations = space.db().graph.declare(deps, clauses.tag_keys(c),
                                            clauses.priority.value_or(kDefaultPriority), c.now);
    declarations->bound = bound;
  }
  space.assign(key, c.value(2), deadline, existing, declarations);
  if (!options.get) c.reply.ok();
}

void depset(Context& c) {
  const Key key = c.key(1);
  Clauses clauses;
  SetOptions options;
  std::string error = parse_clauses(c.args, 3, clauses);
  if (error.empty()) error = parse_set(clauses.rest, options);
  if (error.empty()) error = check_counts(c, clauses.deps.size(), clauses.tags.size());
  if (!error.empty()) {
    c.reply.error(error);
    return;
  }
  Millis deadline = kNever;
  if (options.timed()) {
    const auto given = options.deadline(c.now, "depset", c.reply);
    if (!given) return;
    deadline = *given;
  }
  if (edges_allowed(c, key, clauses.dep_keys(c))) store(c, key, clauses, options, deadline);
}

void depadd(Context& c) {
  const Key key = c.key(1);
  Clauses clauses;
  std::string error = parse_clauses(c.args, 2, clauses);
  if (error.empty() && !clauses.rest.empty()) error = kSyntaxError;
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
  Declarations* old = entry->declarations();
  const std::vector<Key> deps = clauses.dep_keys(c);
  const std::vector<Key> tags = clauses.tag_keys(c);
  error = check_counts(c, deps.size() + (old ? old->deps : 0), tags.size() + (old ? old->tags : 0));
  if (!error.empty()) {
    c.reply.error(error);
    return;
  }
  if (!edges_allowed(c, key, deps)) return;

  const Millis bound = attach(c, key, deps);
  Graph& graph = space.db().graph;
  if (old == nullptr) old = graph.declare({}, {}, kDefaultPriority, c.now);
  const Graph::Changed changed = graph.add(old, deps, tags);
  if (clauses.priority) changed.declarations->priority = *clauses.priority;
  changed.declarations->bound = std::min(changed.declarations->bound, bound);
  space.set_declarations(key, entry, changed.declarations);
  c.reply.integer(static_cast<int64_t>(changed.count));
}

void deprem(Context& c) {
  const Key key = c.key(1);
  Clauses clauses;
  std::string error = parse_clauses(c.args, 2, clauses);
  if (error.empty() && (!clauses.rest.empty() || clauses.priority)) error = kSyntaxError;
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
  Declarations* old = entry->declarations();
  if (old == nullptr) {
    c.reply.integer(0);
    return;
  }
  std::vector<std::string> orphans;
  const Graph::Changed changed =
      space.db().graph.remove(old, clauses.dep_keys(c), clauses.tag_keys(c), orphans);
  space.set_declarations(key, entry, changed.declarations);
  space.release(orphans);
  c.reply.integer(static_cast<int64_t>(changed.count));
}

void reply_names(Reply& reply, std::span<Link> links) {
  reply.array(links.size());
  for (const Link& link : links) reply.bulk(link.node->key());
}

void reply_known(Reply& reply, const Declarations* declarations, int64_t value) {
  if (declarations == nullptr) {
    reply.nil();
  } else {
    reply.integer(value);
  }
}

void reply_info(Context& c, Space& space, const Entry* entry, size_t dependents) {
  Declarations* declarations = entry->declarations();
  Reply& reply = c.reply;
  reply.map(10);
  reply.bulk("type");
  reply.bulk("string");
  reply.bulk("bytes");
  reply.integer(
      static_cast<int64_t>(entry->memory() + (declarations ? declarations->memory() : 0)));
  reply.bulk("ttl_ms");
  reply.integer(entry->has_deadline() ? entry->deadline() - c.now : -1);
  reply.bulk("created_ms");
  reply_known(reply, declarations, declarations ? declarations->created : 0);
  reply.bulk("idle_ms");
  reply.integer(space.idle(entry));
  reply.bulk("hits");
  reply_known(reply, declarations, declarations ? declarations->hits : 0);
  reply.bulk("priority");
  reply.integer(declarations ? declarations->priority : kDefaultPriority);
  reply.bulk("deps");
  reply_names(reply, declarations ? declarations->dep_links() : std::span<Link>{});
  reply.bulk("tags");
  reply_names(reply, declarations ? declarations->tag_links() : std::span<Link>{});
  reply.bulk("dependents");
  reply.integer(static_cast<int64_t>(dependents));
}

// Dependents may stand in other shards: they are counted first, one door after another.
void depinfo(Context& c) {
  const Key key = c.key(1);
  size_t dependents = 0;
  c.each([&](Space& space) {
    const Node* node = space.db().graph.dependency(key);
    if (node != nullptr) dependents += node->count;
  });
  c.router.at(c.router.keyspace().id_of(key.hash), [&](Shard& shard) {
    Space space(shard, c.db, c.now, true);
    const Entry* entry = space.peek(key);
    if (entry == nullptr) {
      c.reply.nil();
    } else {
      reply_info(c, space, entry, dependents);
    }
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
      const Graph& graph = at.db(c.db).graph;
      const Node* node = request.tag ? graph.tag(name) : graph.dependency(name);
      const uint64_t members = node == nullptr ? 0 : node->count;
      left = fresh ? members : std::min(left, members);
      for (; left > 0 && looked_at < request.count; ++looked_at) {
        const Entry* entry = node->members[--left]->entry;
        if (entry->expired(c.now)) continue;
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
    {"depset", -3, kWrite | kDenyOom | kMovableKeys, KeySpec{1, 1, 1, find_depset_keys},
     Verb::kTogether, depset, "graph", "0.1.0",
     "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT "
     "unix-time-milliseconds | KEEPTTL] [DEPS n dep [dep ...]] [TAGS n tag [tag ...]] [PRIORITY p]",
     "Sets a value and says what it was made from."},
    {"depadd", -3, kWrite | kDenyOom | kMovableKeys, KeySpec{1, 1, 1, find_depadd_keys},
     Verb::kTogether, depadd, "graph", "0.1.0",
     "key [DEPS n dep [dep ...]] [TAGS n tag [tag ...]] [PRIORITY p]",
     "Declares more dependencies and tags of a value; how many were new."},
    {"deprem", -3, kWrite | kMovableKeys, KeySpec{1, 1, 1, find_depadd_keys}, Verb::kTogether,
     deprem, "graph", "0.1.0", "key [DEPS n dep [dep ...]] [TAGS n tag [tag ...]]",
     "Takes declarations of a value back; how many there were."},
    {"depinfo", 2, kReadOnly, keys(1, 1, 1), Verb::kHere, depinfo, "graph", "0.1.0", "key",
     "What a value was made from, and its age, use, size and deadline."},
    {"depscan", -4, kReadOnly, no_keys(), Verb::kHere, depscan, "graph", "0.1.0",
     "cursor <DEPS | TAG> name [MATCH pattern] [COUNT count]",
     "Iterates over the keys that declare a dependency or a tag."},
    {"invalidate", -3, kWrite, no_keys(), Verb::kHere, invalidate, "graph", "0.1.0",
     "<KEY | PATTERN | TAG | DEPS> name [name ...] [--] [ALL] [CASCADE] [DRYRUN]",
     "Kills keys by name, pattern, tag or dependency; how many."},
};

}  // namespace

std::span<const Command> graph_commands() { return kRows; }

}  // namespace freshet
