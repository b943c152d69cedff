// What the tables of the report look like.
#include "results.h"

namespace freshet {

namespace {

// What report_waits() sets, behind some columns.
std::vector<Column> wait_columns(std::vector<Column> columns) {
  columns.insert(columns.end(), {{"pause_ms", "longest GET ms", 2},
                                 {"quiet_ms", "steady ms", 2},
                                 {"unqueued_ms", "not queued ms", 2},
                                 {"turns_ms", "two turns ms", 2},
                                 {"quiet_turns_ms", "two turns, steady, ms", 2},
                                 {"own_ms", "the server's own, at most, ms", 2},
                                 {"beyond_ms", "beyond steady ms", 2}});
  return columns;
}

}  // namespace

const std::vector<Table>& tables() {
  static const std::vector<Table> all = {
      {"throughput",
       "Commands",
       "Servers take turns; each figure is the median of its rounds. Server CPU per operation is "
       "what holds on a noisy machine. An MGET of 10 is one operation.",
       "cpu_vs_redis",
       {{"ops", "operations/s", 0},
        {"cpu_us", "server CPU µs/op", 3},
        {"p50_us", "p50 µs", 1},
        {"p99_us", "p99 µs", 1},
        {"p999_us", "p99.9 µs", 1},
        {"cpu_vs_redis", "CPU / redis", 2},
        {"cpu_vs_ping", "CPU / ping", 2}}},
      {"cores",
       "Two cores against one",
       "CPU per operation of --cores 2 divided by that of --cores 1: what sharing costs. The load "
       "generator keeps the last cpu, so on a machine of two operations/s cannot double.",
       "cpu_vs_one",
       {{"ops", "operations/s", 0},
        {"cpu_us", "server CPU µs/op", 3},
        {"cpu_vs_one", "CPU / --cores 1", 2}}},
      {"memory",
       "Memory",
       "Growth of the resident set, divided by the keys or connections that caused it. Per tag or "
       "dependency: what one adds to a plain key of the same size.",
       "bytes",
       {{"bytes", "bytes each", 1},
        {"total_mib", "growth MiB", 1},
        {"bytes_per_name", "per tag or dependency", 1},
        {"bytes_vs_redis", "/ redis", 2}}},
      {"invalidation",
       "Invalidation",
       "Time until the reply (or, where it takes many commands, until the last), and the longest "
       "GET of another client meanwhile and after, while memory comes back: half a microsecond a "
       "key, at least 200 ms, at most 2 s. Before: its longest GET in as long a time just before, "
       "when nothing happens, so the machine's own doing. Not queued: the longest GET of all "
       "rounds "
       "without the time that server and client stood ready while another process had their cpu. "
       "Two turns: cpu time of the longest two turns of the server's loop in a row, in the worst "
       "round, by its own clock; no request waits longer for that thread alone. The server's own, "
       "at most: the lower of the two in a round, with what its other threads took. Medians but "
       "for those two. A row without redis has no counterpart there.",
       "ms",
       {{"keys", "keys", 0},
        {"ms", "ms until done", 3},
        {"sooner", "times sooner than redis", 1},
        {"pause_ms", "longest GET ms", 2},
        {"quiet_ms", "before ms", 2},
        {"unqueued_ms", "not queued ms", 2},
        {"turns_ms", "two turns ms", 2},
        {"own_ms", "the server's own, at most, ms", 2},
        {"shorter", "times shorter than redis", 1}}},
      {"growth", "Growth",
       "SETs of new keys from 8 connections, pipeline 8, into an empty server, while another "
       "client reads one key after the other. Steady: as many SETs on keys that are there, so "
       "nothing grows. Freshet: the lowest of up to three rounds, for a table's pause comes in "
       "each, the machine's by chance. The other columns are those of the invalidation; beyond "
       "steady: how much the server's own share is above that of the steady load.",
       "pause_ms", wait_columns({{"keys", "keys", 0}, {"ops", "SETs/s", 0}})},
      {"prefix",
       "Prefix index",
       "Patterns with a literal prefix that a hundred keys match, among so many, without "
       "prefix-index and with it; the index's memory is the growth of the resident set while it "
       "is built.",
       "with_ms",
       {{"keys", "keys", 0},
        {"without_ms", "ms without", 3},
        {"with_ms", "ms with", 3},
        {"times", "times sooner", 0},
        {"bytes", "bytes a key", 1}}},
      {"churn",
       "Memory under a limit",
       "SETs (a fifth with a deadline of up to 5 s), DELs and GETs of three times as many keys as "
       "have room. Sizes are log-uniform: from 64 B to 64 KB, then to 1 KB only, from 16 KB only, "
       "to 1 KB only, and all again, each until some multiple of maxmemory is written. The highest "
       "figures of looks 100 ms apart; fragmentation is "
       "the allocator's own figure at the end. Freshet evicts by allkeys-adaptive, Redis by "
       "allkeys-lru.",
       "rss_ratio",
       {{"limit_mib", "maxmemory MiB", 0},
        {"commands", "commands", 0},
        {"written_mib", "MiB written", 0},
        {"evicted", "evicted", 0},
        {"used_ratio", "used_memory / maxmemory", 3},
        {"rss_ratio", "RSS / maxmemory", 3},
        {"rss_end", "RSS / used_memory at the end", 3},
        {"fragmentation", "fragmentation", 3}}},
      {"halving", "A lower limit",
       "SETs of new keys from 8 connections, pipeline 8, at the limit of memory, while another "
       "client reads one key after the other; then CONFIG SET maxmemory to half of what the keys "
       "take, and on until use is within a hundredth of it. The lowest of up to three rounds "
       "counts, and the other columns are those of the growth. Freshet evicts by "
       "allkeys-adaptive, Redis by allkeys-lru.",
       "pause_ms",
       wait_columns(
           {{"from_mib", "from MiB", 0}, {"to_mib", "to MiB", 0}, {"seconds", "seconds", 2}})},
      {"eviction",
       "Evictions",
       "SETs of new keys, values of 64 bytes, pipeline 32, at the limit of memory, and the same "
       "into a server without one, in turn. An eviction: the difference for each key that went. "
       "The server without a limit also makes its table grow, which the other does not.",
       "eviction_us",
       {{"cpu_us", "server CPU µs/SET", 3},
        {"free_us", "without a limit", 3},
        {"evictions", "evictions/SET", 2},
        {"eviction_us", "µs/eviction", 3}}},
  };
  return all;
}

}  // namespace freshet
