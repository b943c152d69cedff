// Sums over all shards and cores, for INFO and CACHESTATS.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "freshet/commands/host.h"
#include "freshet/commands/router.h"

namespace freshet {

struct DatabaseFigures {
  uint64_t keys = 0;
  uint64_t expires = 0;
  Millis ttl = 0;  // average of a few keys; 0 if none has a deadline
};

struct CacheFigures {
  ShardStats stats;
  std::vector<DatabaseFigures> databases;
  uint64_t keys = 0;
  // A tag or a dependency counts once in each shard that holds keys declaring it; a name once.
  uint64_t tags = 0, dependencies = 0, names = 0, edges = 0, graph_bytes = 0;
  uint64_t prefix_bytes = 0;
  uint64_t stale = 0;     // values on the shelves
  uint64_t leases = 0;    // out now
  uint64_t kills = 0;     // whose victims are not all buried
  uint64_t unburied = 0;  // victims that are counted, and still take memory
  uint64_t memory = 0;    // of all shards and connections
};

// Enters one door after another. REQUIRES: no door held, or all.
CacheFigures gather(Router& router, Millis now);

// Microseconds.
struct LatencyFigures {
  double average = 0, p50 = 0, p95 = 0, p99 = 0, p999 = 0;
};

// One family of commands (kFamilies).
struct FamilyFigures {
  std::string_view name;
  uint64_t calls = 0;
  uint64_t micros = 0;  // in handlers
  double worst = 0;     // microseconds of the longest call
  std::vector<uint64_t> buckets;
};

// Those that were called.
std::vector<FamilyFigures> families(Host& host);

// `buckets` as Host::latency_buckets gives them.
LatencyFigures latency_of(const std::vector<uint64_t>& buckets, double ticks_per_micro);

// a / b, 0 if b is 0.
double ratio(double a, double b);

// "never_set", "expired" …
std::string_view cause_name(Cause cause);

// "key", "pattern", "tag", "deps", "change".
std::string_view kill_kind_name(KillKind kind);

// CONFIG RESETSTAT and CACHESTATS RESET.
void reset_figures(Router& router, Host& host);

}  // namespace freshet
