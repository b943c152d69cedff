// CACHESTATS: how well the cache does, why it missed, and what the graph holds.
#include <algorithm>
#include <cstdio>
#include <numeric>
#include <span>

#include "commands/figures.h"
#include "commands/hit_curve.h"
#include "commands/living.h"
#include "commands/name_figures.h"
#include "commands/rows.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/commands/options.h"

namespace freshet {
namespace {

// One field. Rates and times are texts of a fixed number of digits; the RESP3 double is the same
// text.
struct Field {
  std::string name;
  enum Kind { kInteger, kReal, kText } kind;
  uint64_t integer;
  std::string text;
};

class Report {
 public:
  void integer(std::string name, uint64_t value) {
    fields_.push_back({std::move(name), Field::kInteger, value, {}});
  }
  void real(std::string name, double value) {
    char digits[64];
    std::snprintf(digits, sizeof digits, "%.4f", value);
    fields_.push_back({std::move(name), Field::kReal, 0, digits});
  }
  void text(std::string name, std::string value) {
    fields_.push_back({std::move(name), Field::kText, 0, std::move(value)});
  }

  void write(Reply& reply) const {
    reply.map(fields_.size());
    for (const Field& field : fields_) {
      reply.bulk(field.name);
      if (field.kind == Field::kInteger) {
        reply.integer(static_cast<int64_t>(field.integer));
      } else if (field.kind == Field::kReal && reply.version() == 3) {
        reply.output().append("," + field.text + "\r\n");
      } else {
        reply.bulk(field.text);
      }
    }
  }

 private:
  std::vector<Field> fields_;
};

struct Facts {
  Host& host;
  ProcessFigures process;
  CacheFigures cache;
  const CascadeFigures& cascades;
  uint64_t last_async;
  std::array<InvalidationLog::Counts, kKillKinds> kinds;
};

void summary(Report& report, const Facts& facts) {
  const ShardStats& stats = facts.cache.stats;
  const auto looked = static_cast<double>(stats.hits + stats.misses);
  report.real("hit_rate", ratio(static_cast<double>(stats.hits), looked));
  report.real("miss_rate", ratio(static_cast<double>(stats.misses), looked));
  report.integer("hits", stats.hits);
  report.integer("misses", stats.misses);
  report.integer("total_keys", facts.cache.keys);
  report.text("memory_usage", format_memory(facts.cache.memory));
  report.integer("memory_bytes", facts.cache.memory);
  report.integer("evictions", stats.evicted);
  report.integer("expirations", stats.expired);
  report.integer("invalidations", stats.invalidated);
  report.integer("fills", stats.fills);
  const auto fenced = std::span(stats.fenced);
  report.integer("fenced_fills", std::accumulate(fenced.begin(), fenced.end(), uint64_t{0}));
  report.integer("leases", stats.leases);
  report.real("ops_per_sec", facts.process.ops_per_second);
  report.real("error_rate", ratio(static_cast<double>(facts.process.errors),
                                  static_cast<double>(facts.process.commands)));
}

// Their sum is `misses`.
void misses(Report& report, const Facts& facts) {
  for (int i = 0; i < kCauses; ++i) {
    report.integer("misses_" + std::string(cause_name(static_cast<Cause>(i))),
                   facts.cache.stats.misses_by_cause[i]);
  }
}

// Fills by FETCH and FENCE, and why fences refused some.
void fences(Report& report, const Facts& facts) {
  const ShardStats& stats = facts.cache.stats;
  report.integer("leases_given", stats.leases);
  report.integer("leases_out", facts.cache.leases);
  constexpr std::string_view kCauses[] = {"lease", "key", "dependency", "tag"};
  for (int i = 0; i < kFenceCauses; ++i) {
    report.integer("fenced_by_" + std::string(kCauses[i]), stats.fenced[i]);
  }
  report.integer("stale_values", facts.cache.stale);
  report.integer("stale_reads", stats.stale_reads);
}

void graph(Report& report, const Facts& facts) {
  report.integer("tags", facts.cache.tags);
  report.integer("dependencies", facts.cache.dependencies);
  report.integer("names", facts.cache.names);
  report.integer("edges", facts.cache.edges);
  report.integer("graph_bytes", facts.cache.graph_bytes);
  report.integer("killed_by_change", facts.cache.stats.killed_by_change);
  report.integer("early_cutoffs", facts.cache.stats.early_cutoffs);
  report.integer("keys_examined", facts.cache.stats.keys_examined);
  report.integer("ancestors_examined", facts.cache.stats.ancestors_examined);
  const CascadeFigures& cascades = facts.cascades;
  report.integer("cascades", cascades.count);
  report.integer("deepest_cascade", cascades.deepest);
  report.integer("widest_cascade", cascades.widest);
  report.integer("prefix_index_bytes", facts.cache.prefix_bytes);
}

// Who made room, and how long it had not been used.
void eviction(Report& report, const Facts& facts) {
  const ShardStats& stats = facts.cache.stats;
  report.text("policy", facts.host.options().text("maxmemory-policy"));
  report.integer("evicted_keys", stats.evicted);
  uint64_t chosen = 0;
  for (size_t i = 0; i < kPolicies; ++i) {
    chosen += stats.evicted_by[i];
    if (i == static_cast<size_t>(EvictionPolicy::kNoEviction)) continue;
    report.integer("evicted_by_" + std::string(kPolicyNames[i]), stats.evicted_by[i]);
  }
  report.real("avg_idle_ms",
              ratio(static_cast<double>(stats.evicted_idle), static_cast<double>(chosen)));
  constexpr std::string_view kIdle[] = {"under_1s", "under_10s", "under_1m", "under_10m",
                                        "under_1h", "under_6h",  "under_1d", "longer"};
  static_assert(std::size(kIdle) == kIdleSteps + 1);
  for (size_t i = 0; i <= kIdleSteps; ++i)
    report.integer("idle_" + std::string(kIdle[i]), stats.evicted_after[i]);
  report.integer("ghost_hits", stats.ghost_hits);
  report.integer("names_given_up", stats.names_given_up);
}

// What was killed and is not gone yet.
void reclaim(Report& report, const Facts& facts) {
  report.integer("kills_pending", facts.cache.kills);
  report.integer("keys_to_bury", facts.cache.unburied);
  report.integer("softly_killed", facts.cache.stats.softly);
  report.integer("last_async_killed", facts.last_async);
}

void latency(Report& report, const Facts& facts) {
  const LatencyFigures found =
      latency_of(facts.host.latency_buckets(), facts.process.ticks_per_micro);
  report.real("avg_latency_us", found.average);
  report.real("p50_latency_us", found.p50);
  report.real("p95_latency_us", found.p95);
  report.real("p99_latency_us", found.p99);
  report.real("p999_latency_us", found.p999);
  double worst = 0;
  for (const FamilyFigures& family : families(facts.host)) worst = std::max(worst, family.worst);
  report.real("max_latency_us", worst);
}

// By family of commands, those that were called.
void family_figures(Report& report, const Facts& facts) {
  for (const FamilyFigures& family : families(facts.host)) {
    const LatencyFigures found = latency_of(family.buckets, facts.process.ticks_per_micro);
    std::string name(family.name);
    std::replace(name.begin(), name.end(), '-', '_');
    report.integer(name + "_calls", family.calls);
    report.real(name + "_avg_us",
                ratio(static_cast<double>(family.micros), static_cast<double>(family.calls)));
    report.real(name + "_p50_us", found.p50);
    report.real(name + "_p95_us", found.p95);
    report.real(name + "_p99_us", found.p99);
    report.real(name + "_p999_us", found.p999);
    report.real(name + "_max_us", family.worst);
  }
}

// What killed keys, by kind.
void invalidations(Report& report, const Facts& facts) {
  for (int i = 0; i < kKillKinds; ++i) {
    const auto kind = static_cast<KillKind>(i);
    const InvalidationLog::Counts& counts = facts.kinds[static_cast<size_t>(i)];
    const std::string name =
        (kind == KillKind::kChange ? "" : "invalidate_") + std::string(kill_kind_name(kind));
    report.integer(name + "_calls", counts.calls);
    report.integer(name + "_keys", counts.keys);
  }
}

struct Section {
  std::string_view name;
  void (*write)(Report&, const Facts&);
};
constexpr Section kSections[] = {
    {"summary", summary}, {"misses", misses},   {"eviction", eviction},
    {"fences", fences},   {"graph", graph},     {"invalidations", invalidations},
    {"reclaim", reclaim}, {"latency", latency}, {"families", family_figures}};

bool is_section(std::string_view name) {
  return std::any_of(std::begin(kSections), std::end(kSections),
                     [&](const Section& section) { return is_word(name, section.name); });
}

void sections(Context& c) {
  const Args names = c.args.subspan(1);
  if (!std::all_of(names.begin(), names.end(), is_section)) {
    c.reply.error("ERR syntax error");
    return;
  }
  const Keyspace& keyspace = c.router.keyspace();
  const Facts facts{c.host,
                    c.host.figures(),
                    gather(c.router, c.now),
                    keyspace.cascades,
                    keyspace.last_async,
                    keyspace.invalidations.by_kind()};
  Report report;
  for (const Section& section : kSections) {
    const bool named = std::any_of(names.begin(), names.end(), [&](std::string_view name) {
      return is_word(name, section.name);
    });
    if (names.empty() || named) section.write(report, facts);
  }
  report.write(c.reply);
}

// A key past its deadline, but not yet collected, may be counted: to look at each would take as
// long as the tag is large.
void of_tag(Context& c) {
  const std::string tag(c.args[2]);
  const NameFigures figures = figures_of_tag(c.router, tag);
  reply_living(c, {tag, true}, [tag, figures](const CountedMembers& counted, Reply& reply) {
    Report report;
    report.text("tag", tag);
    report.integer("keys", counted.keys);
    report.integer("hits", figures.of[TopNames::kHit]);
    report.integer("misses", figures.of[TopNames::kMiss]);
    report.integer("evictions", figures.of[TopNames::kEviction]);
    report.integer("error", figures.error);
    report.write(reply);
  });
}

void reply_field(Reply& reply, std::string_view name, int64_t value) {
  reply.bulk(name);
  reply.integer(value);
}

void reply_field(Reply& reply, std::string_view name, std::string_view value) {
  reply.bulk(name);
  reply.bulk(value);
}

void reply_kill(Reply& reply, const LoggedKill& kill, double ticks_per_micro) {
  reply.map(10);
  reply_field(reply, "number", kill.number);
  reply_field(reply, "time_ms", kill.time);
  reply_field(reply, "client", static_cast<int64_t>(kill.origin.id));
  reply_field(reply, "name", kill.origin.name);
  reply_field(reply, "user", kUser);
  reply_field(reply, "kind", kill_kind_name(kill.kind));
  reply_field(reply, "what", kill.what);
  reply_field(reply, "keys", static_cast<int64_t>(kill.keys));
  reply_field(reply, "depth", kill.depth);
  reply_field(reply, "micros",
              static_cast<int64_t>(static_cast<double>(kill.ticks) / ticks_per_micro));
}

void log(Context& c) {
  constexpr int64_t kShown = 10;
  const bool named = c.args.size() == 4;
  const bool changes = named && is_word(c.args[3], "change");
  if (named && !changes && !is_word(c.args[3], "invalidate"))
    return c.reply.error("ERR syntax error");
  const auto most = c.args.size() >= 3 ? parse_int(c.args[2]) : kShown;
  if (!most || *most < 1) return c.reply.error("ERR value is not an integer or out of range");
  const double ticks_per_micro = c.host.figures().ticks_per_micro;
  auto kills =
      c.router.keyspace().invalidations.newest(named ? SIZE_MAX : static_cast<size_t>(*most));
  if (named) {
    std::erase_if(
        kills, [&](const LoggedKill& kill) { return (kill.kind == KillKind::kChange) != changes; });
    if (kills.size() > static_cast<size_t>(*most)) kills.resize(static_cast<size_t>(*most));
  }
  c.reply.array(kills.size());
  for (const LoggedKill& kill : kills) reply_kill(c.reply, kill, ticks_per_micro);
}

void origins(Context& c) {
  const auto found = c.router.keyspace().invalidations.by_origin();
  c.reply.array(found.size());
  for (const InvalidationLog::OriginCounts& origin : found) {
    c.reply.map(4);
    reply_field(c.reply, "name", origin.name);
    reply_field(c.reply, "user", origin.user);
    reply_field(c.reply, "calls", static_cast<int64_t>(origin.counts.calls));
    reply_field(c.reply, "keys", static_cast<int64_t>(origin.counts.keys));
  }
}

void of_key(Context& c) {
  const Key key = c.key(2);
  bool alive = false;
  Cause cause = Cause::kNeverSet;
  uint32_t number = 0;
  c.router.at(c.router.keyspace().id_of(key.hash), [&](Shard& shard) {
    alive = Space(shard, c.db, c.now, true).peek(key) != nullptr;
    cause = shard.obituary.cause_of(key.hash);
    number = shard.obituary.kill_of(key.hash);
  });
  const auto kill =
      alive || number == 0 ? std::nullopt : c.router.keyspace().invalidations.find(number);
  c.reply.map(4);
  c.reply.bulk("key");
  c.reply.bulk(key.view);
  c.reply.bulk("alive");
  c.reply.boolean(alive);
  c.reply.bulk("cause");
  if (alive) {
    c.reply.nil();
  } else {
    c.reply.bulk(cause_name(cause));
  }
  c.reply.bulk("kill");
  if (kill) {
    reply_kill(c.reply, *kill, c.host.figures().ticks_per_micro);
  } else {
    c.reply.nil();
  }
}

void cachestats(Context& c) {
  if (c.args.size() == 2 && is_word(c.args[1], "reset")) {
    reset_figures(c.router, c.host);
    c.reply.ok();
  } else if (c.args.size() == 2 && is_word(c.args[1], "mrc")) {
    report_hit_curve(c);
  } else if (c.args.size() == 2 && is_word(c.args[1], "top")) {
    report_top_names(c);
  } else if (c.args.size() == 3 && is_word(c.args[1], "prefix")) {
    report_prefix(c);
  } else if (c.args.size() == 3 && is_word(c.args[1], "tag")) {
    of_tag(c);
  } else if (c.args.size() == 3 && is_word(c.args[1], "key")) {
    of_key(c);
  } else if (c.args.size() <= 4 && c.args.size() > 1 && is_word(c.args[1], "log")) {
    log(c);
  } else if (c.args.size() == 2 && is_word(c.args[1], "origins")) {
    origins(c);
  } else {
    sections(c);
  }
}

constexpr Command kRows[] = {
    {"cachestats", -1, kLoading | kStale | kDangerous, no_keys(), Verb::kHere, cachestats, "server",
     "7.0.0",
     "[RESET | MRC | TOP | TAG tag | PREFIX prefix | KEY name | "
     "LOG [count [INVALIDATE | CHANGE]] | ORIGINS | "
     "<SUMMARY | MISSES | EVICTION | FENCES | GRAPH | INVALIDATIONS | RECLAIM | LATENCY | "
     "FAMILIES> ...]",
     "Tells how well the cache does and why it missed."},
};

}  // namespace

Rows cachestats_rows() { return kRows; }

}  // namespace freshet
