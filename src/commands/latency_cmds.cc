// LATENCY: the events that took longer than latency-monitor-threshold, which the host remembers.
// GRAPH and HISTOGRAM are not offered: durations are sampled for all commands together (INFO,
// section Freshet).
#include <algorithm>

#include "commands/rows.h"
#include "freshet/commands/host.h"
#include "freshet/commands/options.h"
#include "freshet/commands/session.h"

namespace freshet {
namespace {

using Samples = std::vector<Host::LatencySample>;

int64_t longest(const Samples& samples) {
  int64_t most = 0;
  for (const auto& sample : samples) most = std::max(most, sample.millis);
  return most;
}

void latest(Session& session, Args, Reply& reply) {
  auto events = session.host.latency_events();
  std::erase_if(events, [](const auto& event) { return event.second.empty(); });
  reply.array(events.size());
  for (const auto& [name, samples] : events) {
    reply.array(4);
    reply.bulk(name);
    reply.integer(samples.back().unix_seconds);
    reply.integer(samples.back().millis);
    reply.integer(longest(samples));
  }
}

void history(Session& session, Args args, Reply& reply) {
  for (const auto& [name, samples] : session.host.latency_events()) {
    if (name != args[2]) continue;
    reply.array(samples.size());
    for (const auto& sample : samples) {
      reply.array(2);
      reply.integer(sample.unix_seconds);
      reply.integer(sample.millis);
    }
    return;
  }
  reply.array(0);
}

void reset(Session& session, Args args, Reply& reply) {
  reply.integer(static_cast<int64_t>(session.host.latency_reset({args.begin() + 2, args.end()})));
}

void doctor(Session& session, Args, Reply& reply) {
  const Options& options = session.host.options();
  const int64_t threshold = options.latency_threshold.load(std::memory_order_relaxed);
  if (threshold == 0) {
    reply.verbatim(
        "Latency is not being watched. \"CONFIG SET latency-monitor-threshold <milliseconds>\" "
        "starts it.\n");
    return;
  }
  std::string report;
  for (const auto& [name, samples] : session.host.latency_events()) {
    if (samples.empty()) continue;
    int64_t sum = 0;
    for (const auto& sample : samples) sum += sample.millis;
    report += name + ": " + std::to_string(samples.size()) + " spikes, " +
              std::to_string(sum / static_cast<int64_t>(samples.size())) + " ms on average, " +
              std::to_string(longest(samples)) + " ms at most.\n";
  }
  if (report.empty()) {
    report = "Nothing took longer than " + std::to_string(threshold) + " ms so far.\n";
  }
  reply.verbatim(report);
}

void help(Session&, Args, Reply& reply) {
  static constexpr std::string_view kLines[] = {
      "DOCTOR",
      "    Return a human readable latency analysis report.",
      "HISTORY <event>",
      "    Return time-latency samples for the <event> class.",
      "LATEST",
      "    Return the latest latency samples for all events.",
      "RESET [<event> ...]",
      "    Reset latency data of one or more <event> classes.",
      "    (default: reset all data for all event classes)",
  };
  reply_help(reply, "LATENCY", kLines);
}

constexpr uint32_t kFlags = kAdmin | kNoScript | kLoading | kStale;

constexpr Command kRows[] = {
    {"latency", -2, kContainer, static_cast<SessionHandler>(nullptr), "server", "2.8.13", "",
     "Shows what held the server up."},
    {"latency|doctor", 2, kFlags, doctor, "server", "2.8.13", "", "Reports on latency in words."},
    {"latency|help", 2, kLoading | kStale, help, "server", "2.8.13", "", "Lists the subcommands."},
    {"latency|history", 3, kFlags, history, "server", "2.8.13", "event",
     "Returns the samples of an event."},
    {"latency|latest", 2, kFlags, latest, "server", "2.8.13", "",
     "Returns the latest sample of each event."},
    {"latency|reset", -2, kFlags, reset, "server", "2.8.13", "[event [event ...]]",
     "Forgets the samples of events."},
};

}  // namespace

Rows latency_rows() { return kRows; }

}  // namespace freshet
