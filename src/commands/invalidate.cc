// INVALIDATE's arguments.
#include "invalidate.h"

#include <algorithm>
#include <unordered_set>

#include "commands/figures.h"
#include "dry_run.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/base/ticks.h"
#include "invalidation.h"

namespace freshet {
namespace {

constexpr std::string_view kWantsName =
    "ERR INVALIDATE wants a name; a name that is an option's word needs a -- behind it";

std::string parse_selector(std::string_view word, InvalidateRequest& request) {
  using Selector = InvalidateRequest::Selector;
  if (is_word(word, "key")) {
    request.selector = Selector::kKey;
  } else if (is_word(word, "pattern")) {
    request.selector = Selector::kPattern;
  } else if (is_word(word, "tag")) {
    request.selector = Selector::kTag;
  } else if (is_word(word, "deps")) {
    request.selector = Selector::kDeps;
  } else {
    return "ERR INVALIDATE wants one of KEY, PATTERN, TAG, DEPS before the names";
  }
  return "";
}

// True if args[end - 1], or with its value args[end - 2], is an option; moves `end` before it.
bool take_option(Args args, size_t& end, InvalidateRequest& request, std::string& error) {
  const std::string_view option = args[end - 1];
  if (is_word(option, "all")) {
    request.all_tags = true;
  } else if (is_word(option, "cascade")) {
    request.cascade = true;
  } else if (is_word(option, "dryrun")) {
    request.dry_run = true;
  } else if (is_word(option, "async")) {
    request.async = true;
  } else if (end > 3 && is_word(args[end - 2], "soft")) {
    const auto millis = parse_int(option);
    if (!millis || *millis < 1 || *millis > kMostSoft) {
      error = "ERR SOFT wants milliseconds, 1 to " + std::to_string(kMostSoft) + ": SOFT ms";
      return false;
    }
    request.soft = *millis;
    --end;
  } else {
    return false;
  }
  --end;
  return true;
}

}  // namespace

// Options are read from the end, up to a "--" or the first word that is none. "" or the error's
// text.
std::string parse_invalidate(Args args, const Hasher& hasher, InvalidateRequest& request) {
  std::string error = parse_selector(args[1], request);
  if (!error.empty()) return error;
  size_t end = args.size();
  while (end > 2 && take_option(args, end, request, error)) {
  }
  if (!error.empty()) return error;
  if (end > 2 && args[end - 1] == "--") --end;
  if (end == 2) return std::string(kWantsName);
  const bool tags = request.selector == InvalidateRequest::Selector::kTag;
  if (request.all_tags && !tags) return "ERR ALL goes with TAG only";
  if (request.dry_run && request.async) return "ERR DRYRUN and ASYNC exclude each other";
  std::unordered_set<std::string_view> seen;
  for (size_t i = 2; i < end; ++i) {
    if (!seen.insert(args[i]).second) continue;
    request.names.push_back({std::string(args[i]), hasher(args[i])});
    if (request.selector == InvalidateRequest::Selector::kPattern)
      request.patterns.emplace_back(args[i]);
  }
  return "";
}

bool InvalidateRequest::matches(std::string_view key) const {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const KeyPattern& pattern) { return pattern.matches(key); });
}

Node* InvalidateRequest::node(const Graph& graph, const InvalidateName& name) const {
  return selector == Selector::kTag ? graph.tag(name.key()) : graph.dependency(name.key());
}

const InvalidateName* InvalidateRequest::rarest(const Graph& graph) const {
  const InvalidateName* found = nullptr;
  uint32_t fewest = UINT32_MAX;
  for (const InvalidateName& name : names) {
    const Node* tag = graph.tag(name.key());
    if (tag == nullptr) return nullptr;
    if (tag->count >= fewest) continue;
    fewest = tag->count;
    found = &name;
  }
  return found;
}

bool InvalidateRequest::condemns(const Graph& graph, const Entry* entry) const {
  if (!all_tags) return true;
  const auto links = graph.of(entry)->tag_links();
  return std::all_of(names.begin(), names.end(), [&](const InvalidateName& name) {
    return std::any_of(links.begin(), links.end(),
                       [&](const Link& link) { return graph.node(link)->key() == name.text; });
  });
}

namespace {

static_assert(static_cast<int>(InvalidateRequest::Selector::kDeps) ==
              static_cast<int>(KillKind::kDeps));  // the same words in the same order

KillKind kind_of(const InvalidateRequest& part) { return static_cast<KillKind>(part.selector); }

// The names, parted by spaces, as far as they fit; of several parts each behind its kind.
std::string log_text(const std::vector<InvalidateRequest>& parts) {
  std::string text;
  const auto add = [&text](std::string_view word) {
    if (text.size() > InvalidationLog::kMostWhat) return;
    if (!text.empty()) text += ' ';
    text += word;
  };
  for (const InvalidateRequest& part : parts) {
    if (parts.size() > 1) add(kill_kind_name(kind_of(part)));
    for (const InvalidateName& name : part.names) add(name.text);
  }
  return text;
}

LoggedKill logged(const Context& c, const std::vector<InvalidateRequest>& parts) {
  LoggedKill kill;
  kill.number = c.router.keyspace().invalidations.next();
  kill.time = c.now;
  if (c.origin != nullptr) kill.origin = *c.origin;
  kill.kind = parts.size() > 1 ? KillKind::kUnion : kind_of(parts.front());
  kill.ticks = ticks();
  kill.what = log_text(parts);
  return kill;
}

}  // namespace

void invalidate(Context& c) {
  InvalidateRequest request;
  if (const std::string error = parse_invalidate(c.args, c.router.hasher(), request);
      !error.empty())
    return c.reply.error(error);
  std::vector<InvalidateRequest> parts;
  parts.push_back(std::move(request));
  begin_invalidation(c, std::move(parts));
}

void begin_invalidation(Context& c, std::vector<InvalidateRequest> parts) {
  uint8_t db = 0;
  c.router.at(0, [&](Shard& shard) { db = shard.db(c.db).id; });
  if (parts.front().dry_run) {
    c.task = std::make_unique<DryUnion>(std::move(parts), db);
  } else {
    LoggedKill kill = logged(c, parts);
    c.task = std::make_unique<Invalidation>(std::move(parts), db, c.now, std::move(kill));
  }
}

}  // namespace freshet
