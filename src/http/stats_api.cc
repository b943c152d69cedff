// How the cache does, as JSON: stats, metrics, health, the invalidation log, the slow log.
#include "http/stats_api.h"

#include "commands/figures.h"
#include "freshet/base/numbers.h"
#include "http/api.h"
#include "http/clock.h"
#include "http/figure.h"
#include "http/text.h"

namespace freshet {
namespace {

constexpr int64_t kMostEntries = 1000;  // of a log, in one answer

// A logged kill: texts stay texts, whatever they look like.
Json kill_of(const ReplyValue& map) {
  Json json = Json::object();
  for (size_t i = 0; i + 1 < map.items.size(); i += 2) {
    const ReplyValue& value = map.items[i + 1];
    Json& field = json[camel_case(map.items[i].text)];
    if (value.kind == ReplyValue::Kind::kInteger) {
      field = value.integer;
    } else {
      field = shown(value.text);
    }
  }
  return json;
}

HttpResponse stats(Call& call) {
  const Answer answer = call.desk.call(call.session, {"CACHESTATS"});
  if (answer.is_error()) return failed(answer);
  return json_response(200, stats_of(answer.value()));
}

// Milliseconds, from a span's commands, errors and latencies.
Json speed(double seconds, uint64_t commands, uint64_t errors, double micros,
           const std::vector<uint64_t>& buckets, double ticks_per_micro) {
  const LatencyFigures latency = latency_of(buckets, ticks_per_micro);
  const auto count = static_cast<double>(commands);
  return {{"operationsPerSecond", ratio(count, seconds)},
          {"averageLatency", ratio(micros, count) / 1000},
          {"p50Latency", latency.p50 / 1000},
          {"p95Latency", latency.p95 / 1000},
          {"p99Latency", latency.p99 / 1000},
          {"p999Latency", latency.p999 / 1000},
          {"errorRate", ratio(static_cast<double>(errors), count)},
          {"operations", commands},
          {"errors", errors},
          {"seconds", seconds}};
}

Json since_start(Host& host) {
  const ProcessFigures process = host.figures();
  uint64_t micros = 0;
  for (const FamilyFigures& family : families(host)) micros += family.micros;
  const auto seconds = static_cast<double>(wall_clock_millis() - process.counted_since) / 1000;
  return speed(seconds, process.commands, process.errors, static_cast<double>(micros),
               host.latency_buckets(), process.ticks_per_micro);
}

// The last second stands at the top, too.
HttpResponse metrics(Call& call) {
  Host& host = call.desk.host();
  Json json = lately(host, 1);
  Json families_json = Json::object();
  const double micro = host.ticks_per_micro();
  for (const FamilyFigures& family : families(host)) {
    const LatencyFigures latency = latency_of(family.buckets, micro);
    families_json[std::string(family.name)] = {
        {"calls", family.calls},
        {"averageLatency",
         ratio(static_cast<double>(family.micros), static_cast<double>(family.calls)) / 1000},
        {"p95Latency", latency.p95 / 1000},
        {"p99Latency", latency.p99 / 1000},
        {"maxLatency", family.worst / 1000}};
  }
  json["lastSecond"] = lately(host, 1);
  json["lastMinute"] = lately(host, 60);
  json["sinceStart"] = since_start(host);
  json["families"] = std::move(families_json);
  return json_response(200, json);
}

HttpResponse healthy_or(const std::vector<std::string>& reasons) {
  Json json{{"status", reasons.empty() ? "ok" : "unhealthy"}};
  json["reasons"] = Json::array();
  for (const std::string& reason : reasons) json["reasons"].push_back(reason);
  return json_response(reasons.empty() ? 200 : 503, json);
}

HttpResponse health(Call& call) {
  std::vector<std::string> reasons = call.health.sick;
  reasons.insert(reasons.end(), call.health.unready.begin(), call.health.unready.end());
  return healthy_or(reasons);
}
HttpResponse healthz(Call& call) { return healthy_or(call.health.sick); }

// How many entries ?count= asks for; 0 if it asks for what there can't be.
int64_t count_of(const Call& call) {
  const auto count = parse_int(call.request.parameter("count").value_or("50"));
  return count && *count >= 1 && *count <= kMostEntries ? *count : 0;
}

// As many entries of a log as are wanted.
HttpResponse entries(Call& call, std::string_view command, std::string_view sub,
                     Json (*shown)(const ReplyValue&)) {
  const int64_t count = count_of(call);
  if (count == 0) return json_error(400, "count wants 1 to " + std::to_string(kMostEntries));
  const Answer answer = call.desk.call(call.session, {command, sub, std::to_string(count)});
  if (answer.is_error()) return failed(answer);
  return json_response(200, Json{{"entries", shown(answer.value())}});
}

HttpResponse log(Call& call) { return entries(call, "CACHESTATS", "LOG", kills_of); }

HttpResponse slow_log(Call& call) { return entries(call, "SLOWLOG", "GET", slow_of); }

// Why a key is missing, and who took it.
HttpResponse why(Call& call) {
  const auto key = call.request.parameter("key");
  if (!key) return json_error(400, "why wants ?key=");
  const Answer answer = call.desk.call(call.session, {"CACHESTATS", "KEY", *key});
  if (answer.is_error()) return failed(answer);
  const ReplyValue *alive = answer.field("alive"), *cause = answer.field("cause"),
                   *kill = answer.field("kill");
  Json json{
      {"key", shown(*key)}, {"alive", alive->integer != 0}, {"cause", nullptr}, {"kill", nullptr}};
  if (cause->kind != ReplyValue::Kind::kNil) json["cause"] = std::string(cause->text);
  if (kill->kind != ReplyValue::Kind::kNil) json["kill"] = kill_of(*kill);
  return json_response(200, json);
}

}  // namespace

Json stats_of(const ReplyValue& map) {
  Json json = Json::object();
  const auto& figures = map.items;
  for (size_t i = 0; i + 1 < figures.size(); i += 2)
    json[camel_case(figures[i].text)] = figure_of(figures[i + 1]);
  json["memoryUsage"] = human_bytes(json["memoryBytes"].get<uint64_t>());
  return json;
}

Json lately(Host& host, int seconds) {
  const Host::Window window = host.window(seconds);
  const double micro = host.ticks_per_micro();
  return speed(window.seconds, window.commands, window.errors,
               static_cast<double>(window.ticks) / micro, window.buckets, micro);
}

Json kills_of(const ReplyValue& list) {
  Json entries = Json::array();
  for (const ReplyValue& entry : list.items) entries.push_back(kill_of(entry));
  return entries;
}

Json slow_of(const ReplyValue& list) {
  Json entries = Json::array();
  for (const ReplyValue& entry : list.items) {
    Json args = Json::array();
    for (const ReplyValue& arg : entry.items[3].items) args.push_back(shown(arg.text));
    entries.push_back({{"id", entry.items[0].integer},
                       {"time", entry.items[1].integer},
                       {"micros", entry.items[2].integer},
                       {"args", std::move(args)},
                       {"address", shown(entry.items[4].text)},
                       {"name", shown(entry.items[5].text)}});
  }
  return entries;
}

std::vector<Route> stats_routes() {
  return {{"GET", "/api/cache/stats", stats, {"cachestats"}},
          {"GET", "/api/cache/metrics", metrics, {"info"}},
          {"GET", "/api/cache/health", health, {}},
          {"GET", "/healthz", healthz, {}},
          {"GET", "/readyz", health, {}},
          {"GET", "/api/cache/log", log, {"cachestats"}},
          {"GET", "/api/cache/why", why, {"cachestats"}},
          {"GET", "/api/cache/slowlog", slow_log, {"slowlog get"}}};
}

}  // namespace freshet
