// GET /api/events: all that the dashboard shows, once a second, the same for everybody who listens.
#include "freshet/commands/options.h"
#include "http/api.h"
#include "http/clock.h"
#include "http/stats_api.h"
#include "http/top_api.h"
#include "http/warm_api.h"

namespace freshet {
namespace {

constexpr size_t kMostNames = 8;  // prefixes and tags

Json few_names(const ReplyValue& map) { return top_of(map, kMostNames); }

// What an event has from a command's reply. A part stands for the command whose name it needs:
// without that it is null, and the page says why.
struct Part {
  const char* name;
  std::string_view needs;
  std::vector<std::string_view> args;
  Json (*shown)(const ReplyValue& reply);
};

const std::vector<Part>& parts() {
  static const std::vector<Part> all = {
      {"stats", "cachestats", {"CACHESTATS"}, stats_of},
      // Changes come by the hundred: they would leave no room for invalidations.
      {"log", "cachestats", {"CACHESTATS", "LOG", "20", "INVALIDATE"}, kills_of},
      {"changes", "cachestats", {"CACHESTATS", "LOG", "10", "CHANGE"}, kills_of},
      {"top", "cachestats", {"CACHESTATS", "TOP"}, few_names},
      {"mrc", "cachestats", {"CACHESTATS", "MRC"}, curve_of},
      {"slow", "slowlog get", {"SLOWLOG", "GET", "10"}, slow_of},
      {"jobs", "warm status", {"WARM", "STATUS"}, jobs_of}};
  return all;
}

void add_part(Json& event, Desk& desk, Session& session, const Part& part) {
  event[part.name] = nullptr;
  std::string error = desk.refusal(part.needs);  // not asked for in vain every second
  if (error.empty()) {
    const Answer answer = desk.call(session, part.args);
    if (!answer.is_error()) {
      event[part.name] = part.shown(answer.value());
      return;
    }
    error = answer.error();
  }
  event["refused"][part.name] = error;
}

// The process's own figures, which are INFO's.
void add_speed(Json& event, Desk& desk) {
  const std::string error = desk.refusal("info");
  for (const auto& [name, seconds] : {std::pair{"speed", 1}, std::pair{"minute", 60}}) {
    event[name] = nullptr;
    if (error.empty()) {
      event[name] = lately(desk.host(), seconds);
    } else {
      event["refused"][name] = error;
    }
  }
}

// The connection stays; the lobby sends.
HttpResponse listen(Call&) { return {.type = "text/event-stream", .stream = true}; }

}  // namespace

std::string next_event(Desk& desk, const Health& health) {
  Session session(uint64_t{1} << 61, desk.host());
  Json event{{"time", wall_clock_millis()}, {"refused", Json::object()}};
  event["maxMemory"] = desk.host().options().settings.maxmemory.load(std::memory_order_relaxed);
  add_speed(event, desk);
  for (const Part& part : parts()) add_part(event, desk, session, part);
  event["reasons"] = health.sick;
  for (const std::string& reason : health.unready) event["reasons"].push_back(reason);
  return "data: " + to_text(event) + "\n\n";
}

std::vector<Route> event_routes() { return {{"GET", "/api/events", listen, {}}}; }

}  // namespace freshet
