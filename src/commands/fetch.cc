#include "fetch.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "freshet/base/mutant.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"

namespace freshet {
namespace {

constexpr size_t kTokenDigits = 32;

// The process's incarnation and the lease's sequence, 16 hexadecimal digits each.
std::string token_of(const Fences& fences, const Lease& lease) {
  char text[kTokenDigits + 1];
  std::snprintf(text, sizeof text, "%016llx%016llx",
                static_cast<unsigned long long>(fences.incarnation),
                static_cast<unsigned long long>(lease.fence.sequence));
  return text;
}

// 0 if the token is none of this process's.
uint64_t sequence_of(const Fences& fences, std::string_view token) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (token.size() != kTokenDigits || !std::all_of(token.begin(), token.end(), is_digit)) return 0;
  const std::string first(token.substr(0, kTokenDigits / 2));
  const std::string second(token.substr(kTokenDigits / 2));
  if (std::strtoull(first.c_str(), nullptr, 16) != fences.incarnation) return 0;
  return std::strtoull(second.c_str(), nullptr, 16);
}

struct FetchOptions {
  Millis lease = 0;
  bool stale = false;
};

std::string parse(const Context& c, FetchOptions& options) {
  options.lease = c.router.keyspace().settings.lease_millis.load(std::memory_order_relaxed);
  for (size_t at = 2; at < c.args.size(); ++at) {
    if (is_word(c.args[at], "stale")) {
      options.stale = true;
    } else if (is_word(c.args[at], "lease")) {
      const auto millis = at + 1 < c.args.size() ? parse_int(c.args[++at]) : std::nullopt;
      if (!millis || *millis < 1 || *millis > kLongestLease) {
        return "ERR LEASE wants milliseconds, 1 to " + std::to_string(kLongestLease) + ": LEASE ms";
      }
      options.lease = *millis;
    } else {
      return "ERR syntax error";
    }
  }
  return "";
}

void reply_state(Context& c, std::string_view state, const Entry* value) {
  c.reply.array(4);
  c.reply.bulk(state);
  if (value == nullptr) {
    c.reply.nil();
  } else {
    c.reply_value(value);
  }
}

// The lease that somebody holds on a missing key, if nothing has ended it.
Lease* present_lease(Space& space, const Key& key) {
  Shard& shard = space.shard();
  const uint8_t db = space.db().id;
  Lease* lease = shard.leases.find(ChangeTable::key_of(db, key), space.now());
  if (lease == nullptr || shard.changes.admits_key(db, key, lease->fence)) return lease;
  shard.leases.end(lease);
  return nullptr;
}

void reply_missing(Context& c, Space& space, const Key& key, const FetchOptions& options) {
  Shard& shard = space.shard();
  const Entry* stale = options.stale ? space.db().shelf.find(key, c.now) : nullptr;
  if (stale != nullptr) ++shard.stats.stale_reads;
  if (const Lease* held = present_lease(space, key)) {
    const Millis poll = shard.settings.fetch_wait_millis.load(std::memory_order_relaxed);
    reply_state(c, stale == nullptr ? "WAIT" : "STALE", stale);
    c.reply.nil();
    c.reply.integer(std::min(held->deadline - c.now, poll));
    return;
  }
  const uint64_t name = ChangeTable::key_of(space.db().id, key);
  const Lease& lease = shard.leases.give(name, c.now, options.lease);
  ++shard.stats.leases;
  reply_state(c, stale == nullptr ? "LEASE" : "STALE", stale);
  c.reply.bulk(token_of(shard.fences, lease));
  c.reply.nil();
}

}  // namespace

void fetch(Context& c) {
  FetchOptions options;
  if (const std::string error = parse(c, options); !error.empty()) return c.reply.error(error);
  const Key key = c.key(1);
  Space space = c.space(key);
  if (const Entry* entry = space.read(key)) {
    reply_state(c, "HIT", entry);
    c.reply.nil();
    c.reply.nil();
  } else {
    reply_missing(c, space, key, options);
  }
}

std::optional<FenceCause> fence_refuses(const Context& c, std::string_view token, const Key& key,
                                        std::span<const Key> deps, std::span<const Key> tags) {
  Space space = c.space(key);
  Shard& shard = space.shard();
  const uint8_t db = space.db().id;
  const uint64_t sequence = sequence_of(shard.fences, token);
  Lease* lease = shard.leases.find(ChangeTable::key_of(db, key), c.now);
  if (sequence == 0 || lease == nullptr || lease->fence.sequence != sequence) {
    return FenceCause::kLease;
  }
  const Fence fence = lease->fence;
  shard.leases.end(lease);
  if (mutant(kFenceIgnored)) return std::nullopt;
  // What is dead but not yet gone leaves its mark when it is looked at.
  const auto admitted = [&](const Key& name) {
    Space home = c.space(name);
    home.peek(name);
    return home.shard().changes.admits_key(db, name, fence);
  };
  if (!admitted(key)) return FenceCause::kKey;
  const auto sound = [&](const Key& dep) {
    const ChangeTable& changes = c.space(dep).shard().changes;
    return admitted(dep) && changes.admits(ChangeTable::dependents_of(db, dep), fence);
  };
  if (!mutant(kFenceIgnoresDeps) && !std::all_of(deps.begin(), deps.end(), sound)) {
    return FenceCause::kDependency;
  }
  const auto fresh = [&](const Key& tag) {
    return shard.changes.admits(ChangeTable::tag_of(db, tag), fence);
  };
  if (!std::all_of(tags.begin(), tags.end(), fresh)) return FenceCause::kTag;
  return std::nullopt;
}

}  // namespace freshet
