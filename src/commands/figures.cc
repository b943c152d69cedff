#include "commands/figures.h"

#include <algorithm>

#include "freshet/commands/command_table.h"

namespace freshet {
namespace {

constexpr int kTtlSamples = 8;  // keys looked at, in each database of each shard

struct Ttl {
  Millis sum = 0;
  int count = 0;
};

void sample_ttl(Shard& shard, Database& db, Millis now, Ttl& ttl) {
  if (db.with_deadline == 0) return;
  for (int i = 0; i < kTtlSamples; ++i) {
    const Entry* entry = db.keys.random(shard.rng);
    if (entry == nullptr || entry->deadline() == kNever || entry->expired(now)) continue;
    ttl.sum += entry->deadline() - now;
    ++ttl.count;
  }
}

// The value below which `share` of all counts lie, in ticks.
double quantile(const std::vector<uint64_t>& buckets, uint64_t total, double share) {
  const double wanted = share * static_cast<double>(total);
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets.size(); ++i) {
    seen += buckets[i];
    if (static_cast<double>(seen) >= wanted) {
      return static_cast<double>(Histogram::value_of(static_cast<int>(i)));
    }
  }
  return 0;
}

}  // namespace

double ratio(double a, double b) { return b == 0 ? 0 : a / b; }

CacheFigures gather(Router& router, Millis now) {
  CacheFigures sum;
  const auto databases = static_cast<size_t>(router.keyspace().databases());
  sum.databases.resize(databases);
  std::vector<Ttl> ttls(databases);
  int64_t used = router.keyspace().budget.used();
  router.each([&](Shard& shard) {
    used += shard.meter.unpublished();
    sum.stats.add(shard.stats);
    sum.leases += shard.leases.size();
    for (size_t i = 0; i < databases; ++i) {
      Database& db = shard.db(static_cast<int>(i));
      sum.databases[i].keys += db.size();
      sum.databases[i].expires += db.with_deadline;
      sample_ttl(shard, db, now, ttls[i]);
      sum.keys += db.size();
      sum.tags += db.graph.tags();
      sum.dependencies += db.graph.dependencies();
      sum.names += db.graph.names();
      sum.edges += db.graph.edges();
      sum.graph_bytes += db.graph.memory();
      if (db.prefix != nullptr) sum.prefix_bytes += db.prefix->memory();
      sum.stale += db.shelf.size();
      sum.kills += db.kills.size();
      sum.unburied += db.kills.dead();
    }
  });
  for (size_t i = 0; i < databases; ++i) {
    if (ttls[i].count != 0) sum.databases[i].ttl = ttls[i].sum / ttls[i].count;
  }
  sum.memory = used > 0 ? static_cast<uint64_t>(used) : 0;
  return sum;
}

LatencyFigures latency_of(const std::vector<uint64_t>& buckets, double ticks_per_micro) {
  uint64_t total = 0;
  double ticks = 0;
  for (size_t i = 0; i < buckets.size(); ++i) {
    total += buckets[i];
    ticks += static_cast<double>(buckets[i]) *
             static_cast<double>(Histogram::value_of(static_cast<int>(i)));
  }
  LatencyFigures found;
  if (total == 0 || ticks_per_micro <= 0) return found;
  found.average = ticks / static_cast<double>(total) / ticks_per_micro;
  found.p50 = quantile(buckets, total, 0.5) / ticks_per_micro;
  found.p95 = quantile(buckets, total, 0.95) / ticks_per_micro;
  found.p99 = quantile(buckets, total, 0.99) / ticks_per_micro;
  found.p999 = quantile(buckets, total, 0.999) / ticks_per_micro;
  return found;
}

std::vector<FamilyFigures> families(Host& host) {
  std::vector<FamilyFigures> all(kFamilies.size());
  const CommandTable& table = CommandTable::all();
  for (size_t row = 0; row < table.count(); ++row) {
    const Host::CommandFigures figures = host.command_figures(row);
    FamilyFigures& family = all[table.family_of(row)];
    family.calls += figures.calls;
    family.micros += figures.micros;
    family.worst = std::max(family.worst, figures.worst);
  }
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].name = kFamilies[i];
    if (all[i].calls != 0) all[i].buckets = host.latency_buckets(i);
  }
  std::erase_if(all, [](const FamilyFigures& family) { return family.calls == 0; });
  return all;
}

std::string_view kill_kind_name(KillKind kind) {
  constexpr std::string_view kNames[kKillKinds] = {"key",  "pattern", "tag",
                                                   "deps", "union",   "change"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view cause_name(Cause cause) {
  switch (cause) {
    case Cause::kNeverSet:
      return "never_set";
    case Cause::kExpired:
      return "expired";
    case Cause::kEvicted:
      return "evicted";
    case Cause::kDeleted:
      return "deleted";
    case Cause::kInvalidated:
      return "invalidated";
  }
  return "";
}

void reset_figures(Router& router, Host& host) {
  router.each([](Shard& shard) {
    shard.stats = ShardStats{};
    shard.mrc.restart();
    shard.prefixes.clear();
    shard.tags.clear();
  });
  router.keyspace().miniatures.restart();
  router.keyspace().cascades.reset();
  router.keyspace().invalidations.reset();
  host.reset_stats();
}

}  // namespace freshet
