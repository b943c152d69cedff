// GET /metrics, for Prometheus. Names by its conventions: freshet_…, counters end in _total, units
// are seconds and bytes. Series are bounded: by the command table, the families, and
// invalidation-origins.
#include <algorithm>

#include "commands/figures.h"
#include "freshet/commands/options.h"
#include "http/api.h"
#include "http/clock.h"
#include "http/exposition.h"
#include "http/text.h"

namespace freshet {
namespace {

// Seconds; of the latency histogram.
constexpr double kBounds[] = {1e-6,   2.5e-6, 5e-6, 1e-5,   2.5e-5, 5e-5, 1e-4,
                              2.5e-4, 5e-4,   1e-3, 2.5e-3, 1e-2,   1e-1, 1};

double real(uint64_t value) { return static_cast<double>(value); }

struct Facts {
  Host& host;
  Keyspace& keyspace;
  ProcessFigures process;
  CacheFigures cache;
};

void process_metrics(Exposition& page, const Facts& facts) {
  const ProcessFigures& process = facts.process;
  page.info("freshet_build", "Version of the server.");
  page.sample(1, {{"version", FRESHET_VERSION}});
  page.gauge("freshet_start_time_seconds", "When the server came up, in Unix time.");
  page.sample(static_cast<double>(process.started) / 1000);
  page.gauge("freshet_connected_clients", "RESP clients.");
  page.sample(real(process.clients));
  page.gauge("freshet_max_clients", "The option maxclients.");
  page.sample(real(process.max_clients));
  page.gauge("freshet_blocked_clients", "RESP clients that wait for a reply worked on in slices.");
  page.sample(real(process.blocked));
  page.counter("freshet_connections", "RESP connections accepted.");
  page.sample(real(process.connections));
  page.counter("freshet_rejected_connections", "RESP connections turned away.");
  page.sample(real(process.rejected_connections));
  page.counter("freshet_network_input_bytes", "Bytes received from RESP clients.");
  page.sample(real(process.input_bytes));
  page.counter("freshet_network_output_bytes", "Bytes sent to RESP clients.");
  page.sample(real(process.output_bytes));
  page.counter("freshet_cpu_seconds", "CPU time of the process.");
  page.sample(process.cpu_user, {{"mode", "user"}});
  page.sample(process.cpu_system, {{"mode", "system"}});
  page.gauge("freshet_resident_memory_bytes", "Memory that the process has from the system.");
  page.sample(real(process.rss));
}

void command_metrics(Exposition& page, const Facts& facts) {
  const CommandTable& table = CommandTable::all();
  std::vector<Host::CommandFigures> figures;
  for (size_t row = 0; row < table.count(); ++row)
    figures.push_back(facts.host.command_figures(row));
  const auto each = [&](auto value) {
    for (size_t row = 0; row < table.count(); ++row) {
      const Host::CommandFigures& one = figures[row];
      if (one.calls + one.rejected != 0)
        page.sample(value(one), {{"command", std::string(table.row(row).name)}});
    }
  };
  page.counter("freshet_commands", "Commands run, by name.");
  each([](const auto& one) { return real(one.calls); });
  page.counter("freshet_commands_duration_seconds", "Time in their handlers.");
  each([](const auto& one) { return real(one.micros) / 1e6; });
  page.counter("freshet_commands_failed", "Commands that replied with an error.");
  each([](const auto& one) { return real(one.failed); });
  page.counter("freshet_commands_rejected", "Commands refused before they ran.");
  each([](const auto& one) { return real(one.rejected); });
  page.counter("freshet_error_replies", "Error replies, by what they start with.");
  const std::vector<uint64_t> errors = facts.host.errors_by_code();
  for (size_t i = 0; i < errors.size(); ++i)
    page.sample(real(errors[i]), {{"code", std::string(kErrorCodes[i])}});
}

void latency_metrics(Exposition& page, const Facts& facts) {
  const std::vector<FamilyFigures> all = families(facts.host);
  const double per_second = facts.process.ticks_per_micro * 1e6;
  page.histogram("freshet_command_latency_seconds",
                 "Time in the handler, by family of commands, of one command in 16.");
  for (const FamilyFigures& family : all) {
    std::vector<std::pair<double, uint64_t>> up_to;
    uint64_t count = 0;
    double sum = 0;
    size_t bound = 0;
    for (size_t i = 0; i < family.buckets.size(); ++i) {
      const double seconds = real(Histogram::value_of(static_cast<int>(i))) / per_second;
      for (; bound < std::size(kBounds) && seconds > kBounds[bound]; ++bound)
        up_to.emplace_back(kBounds[bound], count);
      count += family.buckets[i];
      sum += seconds * real(family.buckets[i]);
    }
    for (; bound < std::size(kBounds); ++bound) up_to.emplace_back(kBounds[bound], count);
    page.distribution(up_to, count, sum, {{"family", std::string(family.name)}});
  }
  page.gauge("freshet_command_latency_max_seconds", "The longest command of a family.");
  for (const FamilyFigures& family : all)
    page.sample(family.worst / 1e6, {{"family", std::string(family.name)}});
}

void cache_metrics(Exposition& page, const Facts& facts) {
  const ShardStats& stats = facts.cache.stats;
  page.counter("freshet_hits", "Look-ups that found a value.");
  page.sample(real(stats.hits));
  page.counter("freshet_misses", "Look-ups that found none, by why it was not there.");
  for (int i = 0; i < kCauses; ++i) {
    page.sample(real(stats.misses_by_cause[i]),
                {{"cause", std::string(cause_name(static_cast<Cause>(i)))}});
  }
  page.counter("freshet_fills", "Values stored where there was none.");
  page.sample(real(stats.fills));
  page.counter("freshet_fenced_fills", "Fills that a fence refused, by why.");
  constexpr const char* kFences[kFenceCauses] = {"lease", "key", "dependency", "tag"};
  for (int i = 0; i < kFenceCauses; ++i)
    page.sample(real(stats.fenced[i]), {{"cause", kFences[i]}});
  page.counter("freshet_leases", "Leases given by FETCH.");
  page.sample(real(stats.leases));
  page.counter("freshet_evictions", "Keys dropped because memory was short.");
  page.sample(real(stats.evicted));
  page.counter("freshet_expirations", "Keys dropped because their deadline came.");
  page.sample(real(stats.expired));
  page.counter("freshet_stale_reads", "Stale values served by FETCH.");
  page.sample(real(stats.stale_reads));
  page.gauge("freshet_keys", "Keys, by database.");
  for (size_t db = 0; db < facts.cache.databases.size(); ++db) {
    if (facts.cache.databases[db].keys != 0 || db == 0)
      page.sample(real(facts.cache.databases[db].keys), {{"db", std::to_string(db)}});
  }
  page.gauge("freshet_memory_used_bytes", "Memory that counts against maxmemory.");
  page.sample(real(facts.cache.memory));
  page.gauge("freshet_memory_max_bytes", "The option maxmemory; 0: no limit.");
  page.sample(
      static_cast<double>(facts.keyspace.settings.maxmemory.load(std::memory_order_relaxed)));
}

void distribution(Exposition& page,
                  const std::array<std::atomic<uint64_t>, CascadeFigures::kSizes>& sizes,
                  uint64_t sum) {
  std::vector<std::pair<double, uint64_t>> up_to;
  uint64_t count = 0;
  for (size_t i = 0; i + 1 < sizes.size(); ++i) {
    count += sizes[i].load(std::memory_order_relaxed);
    up_to.emplace_back(real(uint64_t{1} << i), count);
  }
  count += sizes.back().load(std::memory_order_relaxed);
  page.distribution(up_to, count, real(sum));
}

void graph_metrics(Exposition& page, const Facts& facts) {
  const CascadeFigures& cascades = facts.keyspace.cascades;
  const auto kinds = facts.keyspace.invalidations.by_kind();
  page.counter("freshet_invalidations", "INVALIDATEs by selector, and changes that killed.");
  for (size_t i = 0; i < kinds.size(); ++i) {
    page.sample(real(kinds[i].calls),
                {{"kind", std::string(kill_kind_name(static_cast<KillKind>(i)))}});
  }
  page.counter("freshet_invalidated_keys", "Keys that they killed, cascades included.");
  for (size_t i = 0; i < kinds.size(); ++i) {
    page.sample(real(kinds[i].keys),
                {{"kind", std::string(kill_kind_name(static_cast<KillKind>(i)))}});
  }
  page.counter("freshet_invalidated_keys_by_origin", "The same, by client name and user.");
  for (const auto& origin : facts.keyspace.invalidations.by_origin()) {
    page.sample(real(origin.counts.keys),
                {{"client", shown(origin.name)}, {"user", shown(std::string(origin.user))}});
  }
  page.histogram("freshet_cascade_depth_levels", "Levels of cascades.");
  distribution(page, cascades.depths, cascades.levels.load(std::memory_order_relaxed));
  page.histogram("freshet_cascade_width_keys", "Keys that cascades killed.");
  distribution(page, cascades.widths, cascades.keys.load(std::memory_order_relaxed));
  page.counter("freshet_early_cutoffs", "Dependencies stored again with the same bytes.");
  page.sample(real(facts.cache.stats.early_cutoffs));
  page.gauge("freshet_graph_edges", "Declared tags and dependencies.");
  page.sample(real(facts.cache.edges));
  page.gauge("freshet_graph_bytes", "What the graph takes.");
  page.sample(real(facts.cache.graph_bytes));
  page.gauge("freshet_kills_pending", "Kills whose victims are not all removed.");
  page.sample(real(facts.cache.kills));
  page.gauge("freshet_keys_to_bury", "Keys known to be dead whose memory has not come back.");
  page.sample(real(facts.cache.unburied));
}

HttpResponse metrics(Call& call) {
  const bool open = call.request.accept.find("application/openmetrics-text") != std::string::npos;
  Host& host = call.desk.host();
  const Facts facts{host, call.desk.router().keyspace(), host.figures(),
                    gather(call.desk.router(), wall_clock_millis())};
  Exposition page(open);
  process_metrics(page, facts);
  command_metrics(page, facts);
  latency_metrics(page, facts);
  cache_metrics(page, facts);
  graph_metrics(page, facts);
  std::string type(page.content_type());
  return {200, std::move(type), std::move(page).text(), {}};
}

}  // namespace

std::vector<Route> metrics_routes() {
  return {{"GET", "/metrics", metrics, {"info", "cachestats"}}};
}

}  // namespace freshet
