// INFO: Redis's sections and field names, and a section of our own, Freshet.
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "commands/figures.h"
#include "commands/rows.h"
#include "commands/version.h"
#include "freshet/base/text.h"
#include "freshet/commands/command_table.h"
#include "freshet/commands/options.h"

namespace freshet {
namespace {

// What the sections are written from, fetched once.
struct Facts {
  Context& context;
  Options& options;
  ProcessFigures process;
  CacheFigures cache;
};

class Text {
 public:
  void heading(std::string_view name) {
    if (!text_.empty()) text_ += "\r\n";
    text_ += "# ";
    text_ += name;
    text_ += "\r\n";
  }
  void field(std::string_view name, std::string_view value) {
    text_ += name;
    text_ += ':';
    text_ += value;
    text_ += "\r\n";
  }
  void field(std::string_view name, uint64_t value) { field(name, std::to_string(value)); }
  void field(std::string_view name, double value, int digits) {
    char buffer[64];
    const int size = std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
    field(name, std::string_view(buffer, static_cast<size_t>(size)));
  }
  // name, and name_human
  void bytes(std::string_view name, uint64_t value) {
    field(name, value);
    field(std::string(name) + "_human", format_memory(value));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

uint64_t seconds_up(const Facts& facts) {
  return static_cast<uint64_t>(std::max<Millis>(0, facts.context.now - facts.process.started) /
                               1000);
}

void server(Text& text, const Facts& facts) {
  utsname system{};
  uname(&system);
  text.field("redis_version", kRedisVersion);
  text.field("freshet_version", FRESHET_VERSION);
  text.field("redis_git_sha1", "00000000");
  text.field("redis_git_dirty", "0");
  text.field("redis_mode", "standalone");
  text.field("os", std::string(system.sysname) + " " + system.release + " " + system.machine);
  text.field("arch_bits", uint64_t{sizeof(void*) * 8});
  text.field("multiplexing_api", "libuv");
#if defined(__GNUC__) && !defined(__clang__)
  text.field("gcc_version", std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) + "." +
                                std::to_string(__GNUC_PATCHLEVEL__));
#endif
  text.field("process_id", static_cast<uint64_t>(facts.process.pid));
  text.field("process_supervised", "no");
  text.field("run_id", facts.process.run_id);
  text.field("tcp_port", static_cast<uint64_t>(facts.process.port));
  text.field("server_time_usec", static_cast<uint64_t>(facts.context.now) * 1000);
  text.field("uptime_in_seconds", seconds_up(facts));
  text.field("uptime_in_days", seconds_up(facts) / 86400);
  text.field("lru_clock", static_cast<uint64_t>(facts.context.now / 1000) & 0xffffff);
  text.field("executable", facts.process.executable);
  text.field("config_file", facts.process.config_file);
  text.field("io_threads_active", "0");
}

void clients(Text& text, const Facts& facts) {
  text.field("connected_clients", facts.process.clients);
  text.field("cluster_connections", "0");
  text.field("maxclients", facts.process.max_clients);
  text.field("blocked_clients", facts.process.blocked);
  text.field("tracking_clients", "0");
  text.field("clients_in_timeout_table", "0");
}

void memory(Text& text, const Facts& facts) {
  const uint64_t used = facts.cache.memory;
  const uint64_t peak = std::max(facts.process.peak_memory, used);
  const auto pages = static_cast<uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
  const auto limit = facts.options.settings.maxmemory.load(std::memory_order_relaxed);
  text.bytes("used_memory", used);
  text.bytes("used_memory_rss", facts.process.rss);
  text.bytes("used_memory_peak", peak);
  char share[32];
  std::snprintf(share, sizeof share, "%.2f%%",
                100 * ratio(static_cast<double>(used), static_cast<double>(peak)));
  text.field("used_memory_peak_perc", share);
  text.bytes("total_system_memory",
             pages * static_cast<uint64_t>(std::max(0L, sysconf(_SC_PAGESIZE))));
  text.bytes("maxmemory", static_cast<uint64_t>(limit));
  text.field("maxmemory_policy", facts.options.text("maxmemory-policy"));
  text.field("mem_fragmentation_ratio",
             ratio(static_cast<double>(facts.process.rss), static_cast<double>(used)), 2);
  text.field("mem_allocator", FRESHET_ALLOCATOR_NAME);
  const Keyspace& keyspace = facts.context.router.keyspace();
  const bool moves = keyspace.sparse.load(std::memory_order_relaxed) != Sparse::kNot;
  text.field("active_defrag_running", moves ? "1" : "0");
  text.field("lazyfree_pending_objects", "0");
}

// Nothing is ever saved: a cache is filled anew.
void persistence(Text& text, const Facts&) {
  for (const std::string_view name :
       {"loading", "async_loading", "rdb_changes_since_last_save", "rdb_bgsave_in_progress",
        "aof_enabled", "aof_rewrite_in_progress", "aof_rewrite_scheduled"}) {
    text.field(name, "0");
  }
  text.field("rdb_last_bgsave_status", "ok");
  text.field("aof_last_bgrewrite_status", "ok");
  text.field("aof_last_write_status", "ok");
}

void stats(Text& text, const Facts& facts) {
  const ProcessFigures& process = facts.process;
  text.field("total_connections_received", process.connections);
  text.field("total_commands_processed", process.commands);
  text.field("instantaneous_ops_per_sec", process.ops_per_second, 0);
  text.field("total_net_input_bytes", process.input_bytes);
  text.field("total_net_output_bytes", process.output_bytes);
  text.field("instantaneous_input_kbps", process.input_kbps, 2);
  text.field("instantaneous_output_kbps", process.output_kbps, 2);
  text.field("rejected_connections", process.rejected_connections);
  text.field("sync_full", "0");
  text.field("sync_partial_ok", "0");
  text.field("sync_partial_err", "0");
  text.field("expired_keys", facts.cache.stats.expired);
  text.field("evicted_keys", facts.cache.stats.evicted);
  text.field("evicted_clients", process.evicted_clients);
  text.field("keyspace_hits", facts.cache.stats.hits);
  text.field("keyspace_misses", facts.cache.stats.misses);
  text.field("pubsub_channels", "0");
  text.field("pubsub_patterns", "0");
  text.field("latest_fork_usec", "0");
  text.field("total_forks", "0");
  text.field("active_defrag_hits", facts.cache.stats.moved);
  text.field("active_defrag_misses", facts.cache.stats.left_in_place);
  text.field("total_error_replies", process.errors);
}

void replication(Text& text, const Facts& facts) {
  text.field("role", "master");
  text.field("connected_slaves", "0");
  text.field("master_failover_state", "no-failover");
  text.field("master_replid", facts.process.run_id);
  text.field("master_replid2", std::string(40, '0'));
  text.field("master_repl_offset", "0");
  text.field("second_repl_offset", "-1");
  text.field("repl_backlog_active", "0");
  text.field("repl_backlog_size", "0");
  text.field("repl_backlog_first_byte_offset", "0");
  text.field("repl_backlog_histlen", "0");
}

void cpu(Text& text, const Facts& facts) {
  text.field("used_cpu_sys", facts.process.cpu_system, 6);
  text.field("used_cpu_user", facts.process.cpu_user, 6);
  text.field("used_cpu_sys_children", 0.0, 6);
  text.field("used_cpu_user_children", 0.0, 6);
}

void modules(Text&, const Facts&) {}

void command_stats(Text& text, const Facts& facts) {
  const CommandTable& table = CommandTable::all();
  for (size_t i = 0; i < table.count(); ++i) {
    const Host::CommandFigures row = facts.context.host.command_figures(i);
    if (row.calls == 0 && row.rejected == 0) continue;
    char line[160];
    std::snprintf(
        line, sizeof line,
        "calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu",
        static_cast<unsigned long long>(row.calls), static_cast<unsigned long long>(row.micros),
        ratio(static_cast<double>(row.micros), static_cast<double>(row.calls)),
        static_cast<unsigned long long>(row.rejected), static_cast<unsigned long long>(row.failed));
    text.field("cmdstat_" + std::string(table.row(i).name), line);
  }
}

void error_stats(Text& text, const Facts& facts) {
  const std::vector<uint64_t> counts = facts.context.host.errors_by_code();
  std::map<std::string_view, uint64_t> sorted;
  for (size_t i = 0; i < counts.size() && i < kErrorCodes.size(); ++i) {
    if (counts[i] != 0) sorted.emplace(kErrorCodes[i], counts[i]);
  }
  for (const auto& [code, count] : sorted) {
    text.field("errorstat_" + std::string(code), "count=" + std::to_string(count));
  }
}

// Durations are sampled for all commands together (see the section Freshet), not for each: no
// lines.
void latency_stats(Text&, const Facts&) {}

void cluster(Text& text, const Facts&) { text.field("cluster_enabled", "0"); }

void keyspace(Text& text, const Facts& facts) {
  for (size_t i = 0; i < facts.cache.databases.size(); ++i) {
    const DatabaseFigures& db = facts.cache.databases[i];
    if (db.keys == 0) continue;
    text.field("db" + std::to_string(i), "keys=" + std::to_string(db.keys) +
                                             ",expires=" + std::to_string(db.expires) +
                                             ",avg_ttl=" + std::to_string(db.ttl));
  }
}

void freshet(Text& text, const Facts& facts) {
  const ShardStats& stats = facts.cache.stats;
  text.field("cores", static_cast<uint64_t>(facts.process.cores));
  text.field("shards", uint64_t{facts.context.router.keyspace().size()});
  text.field("graph_tags", facts.cache.tags);
  text.field("graph_dependencies", facts.cache.dependencies);
  text.field("graph_names", facts.cache.names);
  text.field("graph_edges", facts.cache.edges);
  text.field("graph_bytes", facts.cache.graph_bytes);
  text.field("fills", stats.fills);
  text.field("invalidated_keys", stats.invalidated);
  text.field("killed_by_change", stats.killed_by_change);
  text.field("early_cutoffs", stats.early_cutoffs);
  text.field("keys_examined", stats.keys_examined);
  for (int i = 0; i < kCauses; ++i) {
    text.field("misses_" + std::string(cause_name(static_cast<Cause>(i))),
               stats.misses_by_cause[i]);
  }
  const LatencyFigures latency =
      latency_of(facts.context.host.latency_buckets(), facts.process.ticks_per_micro);
  text.field("latency_avg_usec", latency.average, 3);
  text.field("latency_p50_usec", latency.p50, 3);
  text.field("latency_p99_usec", latency.p99, 3);
  text.field("latency_p999_usec", latency.p999, 3);
  text.field("event_loop_turns", facts.process.turns);
}

struct Section {
  std::string_view name;  // as asked for
  std::string_view heading;
  bool by_default;
  void (*write)(Text&, const Facts&);
};

constexpr Section kSections[] = {
    {"server", "Server", true, server},
    {"clients", "Clients", true, clients},
    {"memory", "Memory", true, memory},
    {"persistence", "Persistence", true, persistence},
    {"stats", "Stats", true, stats},
    {"replication", "Replication", true, replication},
    {"cpu", "CPU", true, cpu},
    {"modules", "Modules", true, modules},
    {"commandstats", "Commandstats", false, command_stats},
    {"errorstats", "Errorstats", true, error_stats},
    {"latencystats", "Latencystats", false, latency_stats},
    {"cluster", "Cluster", true, cluster},
    {"keyspace", "Keyspace", true, keyspace},
    {"freshet", "Freshet", true, freshet},
};

bool wanted(const Section& section, Args names) {
  if (names.empty()) return section.by_default;
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    if (is_word(name, "all") || is_word(name, "everything")) return true;
    return is_word(name, "default") ? section.by_default : is_word(name, section.name);
  });
}

void info(Context& c) {
  const Facts facts{c, c.host.options(), c.host.figures(), gather(c.router, c.now)};
  Text text;
  for (const Section& section : kSections) {
    if (!wanted(section, c.args.subspan(1))) continue;
    text.heading(section.heading);
    section.write(text, facts);
  }
  c.reply.verbatim(text.text());
}

constexpr Command kRows[] = {
    {"info", -1, kLoading | kStale, no_keys(), Verb::kHere, info, "server", "1.0.0",
     "[section [section ...]]", "Returns figures about the server."},
};

}  // namespace

Rows info_rows() { return kRows; }

}  // namespace freshet
