// Freshet in a process, without sockets: commands go straight to a dispatcher, time is set by the
// test.
#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/commands/dispatcher.h"
#include "freshet/commands/options.h"

namespace freshet {

// A host without a process: it remembers what it was asked, and answers what the test says.
class TestHost : public Host {
 public:
  explicit TestHost(Options& options) : options_(options) {}
  Options& options() override { return options_; }
  std::string client_list(const ClientFilter& filter) override {
    filters.push_back(filter);
    return clients;
  }
  size_t client_kill(const ClientFilter& filter, Session&) override {
    filters.push_back(filter);
    return killed;
  }
  void session_changed(const Session&) override { ++changes; }
  void pause(Millis until, Pause mode) override {
    paused_until = until;
    pause_mode = mode;
  }
  void unpause() override { paused_until = 0; }
  void shutdown() override { stopped = true; }
  ProcessFigures figures() override { return process; }
  CommandFigures command_figures(size_t row) override {
    if (stats == nullptr) return {};
    const CommandStats& counts = stats->by_command[row];
    return {counts.calls.get(), 0, counts.rejected.get(), counts.failed.get()};
  }
  std::vector<uint64_t> latency_buckets() override { return buckets; }
  std::vector<uint64_t> errors_by_code() override {
    std::vector<uint64_t> counts;
    for (const Count& count : stats->errors_by_code) counts.push_back(count.get());
    return counts;
  }
  void reset_stats() override { ++resets; }
  void watch_turns() override { ++turn_watches; }
  LongestTurns end_turn_watch() override { return {1500000, 2700999}; }
  void slow(SlowEntry entry) override { slow_entries.push_back(std::move(entry)); }
  std::vector<SlowEntry> slow_log(size_t most) override {
    if (slow_entries.size() <= most) return slow_entries;
    return {slow_entries.begin(), slow_entries.begin() + static_cast<ptrdiff_t>(most)};
  }
  size_t slow_count() override { return slow_entries.size(); }
  void slow_reset() override { slow_entries.clear(); }
  void latency_event(std::string_view event, int64_t) override {
    latency_noted.emplace_back(event);
  }
  std::vector<std::pair<std::string, std::vector<LatencySample>>> latency_events() override {
    return events;
  }
  size_t latency_reset(const std::vector<std::string>& names) override {
    return names.empty() ? events.size() : names.size();
  }
  std::string warm(const WarmRequest& request, Session&, uint64_t& job) override {
    warm_requests.push_back(request);
    job = warm_requests.size();
    return request.source == "known" ? "" : "ERR no such source '" + request.source + "'";
  }
  std::vector<WarmStatus> warm_jobs() override { return warm_statuses; }
  bool warm_cancel(uint64_t job) override { return job == 1; }
  std::vector<WarmSource> warm_sources() override { return {{"known", "127.0.0.1:6380/0"}}; }
  void log(std::string_view, std::string_view) override {}

  CoreStats* stats = nullptr;
  std::vector<ClientFilter> filters;  // of CLIENT LIST, INFO and KILL
  std::string clients;
  size_t killed = 0;
  int changes = 0;  // calls of session_changed
  int resets = 0;
  int turn_watches = 0;
  Millis paused_until = 0;
  Pause pause_mode = Pause::kAll;
  ProcessFigures process;
  std::vector<uint64_t> buckets;
  std::vector<std::pair<std::string, std::vector<LatencySample>>> events;
  std::vector<WarmRequest> warm_requests;
  std::vector<WarmStatus> warm_statuses;
  std::vector<SlowEntry> slow_entries;
  std::vector<std::string> latency_noted;
  bool stopped = false;

 private:
  Options& options_;
};

// A whole cache: shards, one router, one dispatcher, one session. The clock stands still until
// told.
class Cache {
 public:
  explicit Cache(uint32_t shards = 4, bool locking = false, uint64_t seed = 1)
      : keyspace(shards, 16, seed, options.settings),
        router(keyspace, locking),
        host(options),
        stats(CommandTable::all().count()),
        dispatcher(router, host, stats),
        session(1, host) {
    session.now = 1'700'000'000'000;
    host.stats = &stats;
  }

  // The reply's bytes.
  std::string run(std::vector<std::string_view> args) { return run(session, args); }
  std::string run(Session& as, std::vector<std::string_view> args) {
    Output out;
    dispatcher.run(as, args, out);
    while (as.suspended && dispatcher.has_tasks()) work(as, out, 0);
    return out.text();
  }
  // Works on what commands have left to be done: a step, or until `end` (in ticks).
  void work(Session& as, Output& out, uint64_t end) {
    dispatcher.work(session.now, end, [&](uint64_t client, const Task& task) {
      if (client != as.id) return;
      Reply reply(out, as.resp);
      if (as.resume()) task.reply(reply);
    });
  }
  // The same for a line of words parted by single spaces: cache("SET a 1").
  std::string operator()(std::string_view line) {
    std::vector<std::string_view> args;
    while (!line.empty()) {
      const size_t end = line.find(' ');
      args.push_back(line.substr(0, end));
      line = end == std::string_view::npos ? std::string_view{} : line.substr(end + 1);
    }
    return run(args);
  }

  void pass(Millis time) { session.now += time; }
  // What a core's timer does in one shard, and what comes of it elsewhere.
  template <class F>
  void chore(uint32_t shard, F&& work) {
    Cascade cascade;
    {
      const Router::Collecting collecting(router, cascade);
      router.at(shard, work);
    }
    while (!cascade.empty()) cascade.deliver(router, session.now, 1000);
  }
  // All the background work there is.
  void background() {
    Output none;
    work(session, none, UINT64_MAX);
    for (bool left = true; left;) {
      left = false;
      for (uint32_t id = 0; id < keyspace.size(); ++id) {
        chore(id, [&](Shard& shard) {
          shard.expire_slice(session.now, 1'000'000);
          left |= shard.reclaim_slice(session.now, 1000);
          shard.leases.sweep(session.now, 1'000'000);
        });
      }
    }
  }

  Options options;
  Keyspace keyspace;
  Router router;
  TestHost host;
  CoreStats stats;
  Dispatcher dispatcher;
  Session session;
};

}  // namespace freshet
