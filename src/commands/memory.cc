// MEMORY: what keys and the process cost (Redis 7.0: object.c).
#include <string>
#include <vector>

#include "commands/key_rows.h"
#include "freshet/base/allocator.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/commands/context.h"
#include "freshet/commands/host.h"

namespace freshet {
namespace {

// Checks [SAMPLES count]. A string has nothing to sample, so the count changes nothing.
bool usage_args_fit(Context& c) {
  for (size_t arg = 3; arg < c.args.size(); arg += 2) {
    if (!is_word(c.args[arg], "samples") || arg + 1 >= c.args.size()) {
      c.reply.error("ERR syntax error");
      return false;
    }
    const auto count = parse_int(c.args[arg + 1]);
    if (!count || *count < 0) {
      c.reply.error(count ? "ERR syntax error" : "ERR value is not an integer or out of range");
      return false;
    }
  }
  return true;
}

void usage(Context& c) {
  if (!usage_args_fit(c)) return;
  const Key key = c.key(2);
  Space space = c.space(key);
  const Entry* entry = space.peek(key);
  if (entry == nullptr) return c.reply.nil();
  const Table<Entry>& table = space.db().keys;
  size_t bytes = entry->memory() + table.memory() / table.size();
  if (const Declarations* declarations = space.db().graph.of(entry))
    bytes += declarations->memory();
  c.reply.integer(static_cast<int64_t>(bytes));
}

struct DatabaseFigures {
  size_t keys = 0, table = 0, wheel = 0;
};

// Sums over all shards, a door at a time.
std::vector<DatabaseFigures> database_figures(Context& c) {
  std::vector<DatabaseFigures> sums(static_cast<size_t>(c.router.keyspace().databases()));
  c.router.each([&](Shard& shard) {
    for (size_t i = 0; i < sums.size(); ++i) {
      const Database& db = shard.db(static_cast<int>(i));
      sums[i].keys += db.size();
      sums[i].table += db.keys.memory();
      sums[i].wheel += db.wheel.records() * sizeof(uint32_t);
    }
  });
  return sums;
}

double ratio(size_t a, size_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

// a - b where both are sizes; negative if b is larger.
int64_t difference(size_t a, size_t b) { return static_cast<int64_t>(a) - static_cast<int64_t>(b); }

class Stats {
 public:
  explicit Stats(Reply& reply) : reply_(reply) {}
  void integer(std::string_view name, int64_t value) {
    reply_.bulk(name);
    reply_.integer(value);
  }
  void bytes(std::string_view name, size_t value) { integer(name, static_cast<int64_t>(value)); }
  void real(std::string_view name, double value) {
    reply_.bulk(name);
    reply_.real(value);
  }

 private:
  Reply& reply_;
};

void reply_databases(Reply& reply, const std::vector<DatabaseFigures>& databases) {
  Stats stats(reply);
  for (size_t i = 0; i < databases.size(); ++i) {
    if (databases[i].keys == 0) continue;
    reply.bulk("db." + std::to_string(i));
    reply.map(3);
    stats.bytes("overhead.hashtable.main", databases[i].table);
    stats.bytes("overhead.hashtable.expires", databases[i].wheel);
    stats.integer("overhead.hashtable.slot-to-keys", 0);
  }
}

void reply_allocator(Reply& reply, size_t used, size_t rss) {
  Stats stats(reply);
  const AllocatorFigures heap = allocator_figures();
  stats.bytes("allocator.allocated", heap.allocated);
  stats.bytes("allocator.active", heap.active);
  stats.bytes("allocator.resident", heap.resident);
  stats.real("allocator-fragmentation.ratio", ratio(heap.active, heap.allocated));
  stats.integer("allocator-fragmentation.bytes", difference(heap.active, heap.allocated));
  stats.real("allocator-rss.ratio", ratio(heap.resident, heap.active));
  stats.integer("allocator-rss.bytes", difference(heap.resident, heap.active));
  stats.real("rss-overhead.ratio", ratio(rss, heap.resident));
  stats.integer("rss-overhead.bytes", difference(rss, heap.resident));
  stats.real("fragmentation", ratio(rss, used));
  stats.integer("fragmentation.bytes", difference(rss, used));
}

// Redis 7.0's fields, in its order; what Freshet does not have (replication, AOF, Lua …) is 0.
void stats(Context& c) {
  constexpr size_t kFields = 27;
  const std::vector<DatabaseFigures> databases = database_figures(c);
  const ProcessFigures process = c.host.figures();
  const auto used = static_cast<size_t>(std::max<int64_t>(c.router.keyspace().budget.used(), 0));
  size_t key_count = 0, overhead = 0, shown = 0;
  for (const DatabaseFigures& db : databases) {
    key_count += db.keys;
    overhead += db.table + db.wheel;
    shown += db.keys != 0;
  }
  overhead = std::min(overhead, used);
  const size_t peak = std::max<size_t>(process.peak_memory, used);
  c.reply.map(kFields + shown);
  Stats out(c.reply);
  out.bytes("peak.allocated", peak);
  out.bytes("total.allocated", used);
  for (const char* none :
       {"startup.allocated", "replication.backlog", "clients.slaves", "clients.normal",
        "cluster.links", "aof.buffer", "lua.caches", "functions.caches"}) {
    out.integer(none, 0);
  }
  reply_databases(c.reply, databases);
  out.bytes("overhead.total", overhead);
  out.bytes("keys.count", key_count);
  out.bytes("keys.bytes-per-key", key_count == 0 ? 0 : used / key_count);
  out.bytes("dataset.bytes", used - overhead);
  out.real("dataset.percentage", 100 * ratio(used - overhead, used));
  out.real("peak.percentage", 100 * ratio(used, peak));
  reply_allocator(c.reply, used, process.rss);
}

void doctor(Context& c) {
  constexpr size_t kTooLittle = 5 << 20;
  constexpr double kFragmented = 1.4;
  const ProcessFigures process = c.host.figures();
  const auto used = static_cast<size_t>(std::max<int64_t>(c.router.keyspace().budget.used(), 0));
  if (used < kTooLittle) {
    return c.reply.verbatim("There is too little data here to say anything about its memory.\n");
  }
  std::string findings;
  if (ratio(process.rss, used) > kFragmented) {
    findings += "The process holds " + format_memory(process.rss) + " for " + format_memory(used) +
                " in use: memory is fragmented, or was freed a moment ago. Try MEMORY PURGE.\n";
  }
  if (ratio(process.peak_memory, used) > 1.5) {
    findings += "The peak was " + format_memory(process.peak_memory) +
                ", far above what is in use: the ratio of the two says little for now.\n";
  }
  c.reply.verbatim(findings.empty() ? "There is no memory issue.\n" : findings);
}

void malloc_stats(Context& c) {
  const std::string report = allocator_report();
  c.reply.verbatim(report.empty() ? "Stats not supported for the current allocator" : report);
}

void purge(Context& c) {
  purge_allocator();
  c.reply.ok();
}

void help(Context& c) {
  constexpr std::string_view kLines[] = {
      "MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "DOCTOR",
      "    Return memory problems reports.",
      "MALLOC-STATS",
      "    Return internal statistics report from the memory allocator.",
      "PURGE",
      "    Attempt to purge dirty pages for reclamation by the allocator.",
      "STATS",
      "    Return information about the memory usage of the server.",
      "USAGE <key> [SAMPLES <count>]",
      "    Return memory in bytes used by <key> and its value. Nested values are",
      "    sampled up to <count> times (default: 5, 0 means sample all).",
      "HELP",
      "    Prints this help.",
  };
  reply_help(c.reply, kLines);
}

constexpr Command kRows[] = {
    {"memory", -2, kContainer, no_keys(), Verb::kHere, nullptr, "server", "4.0.0", "",
     "Says what memory is used for."},
    {"memory|doctor", 2, 0, no_keys(), Verb::kHere, doctor, "server", "4.0.0", "",
     "Looks for memory problems."},
    {"memory|help", 2, kLoading | kStale, no_keys(), Verb::kHere, help, "server", "4.0.0", "",
     "Lists the subcommands."},
    {"memory|malloc-stats", 2, 0, no_keys(), Verb::kHere, malloc_stats, "server", "4.0.0", "",
     "Prints the allocator's own report."},
    {"memory|purge", 2, 0, no_keys(), Verb::kHere, purge, "server", "4.0.0", "",
     "Gives unused pages back to the system."},
    {"memory|stats", 2, 0, no_keys(), Verb::kHere, stats, "server", "4.0.0", "",
     "Lists figures of memory use."},
    {"memory|usage", -3, kReadOnly, keys(2, 2, 1), Verb::kAt, usage, "server", "4.0.0",
     "key [SAMPLES count]", "Says how many bytes a key and its value take."},
};

}  // namespace

std::span<const Command> memory_rows() { return kRows; }

}  // namespace freshet
