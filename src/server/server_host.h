// The process as its commands see it: all cores' clients and figures in one place. Every call may
// come from any core; what it reads of another core is published there, what it asks of one goes by
// mail.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "freshet/commands/host.h"
#include "freshet/engine/keyspace.h"
#include "freshet/engine/waste.h"
#include "server/figures.h"
#include "server/journal.h"
#include "server/log.h"
#include "server/roster.h"
#include "server/warmer.h"

namespace freshet {

class Core;

class ServerHost : public Host {
 public:
  ServerHost(Options& options, Keyspace& keyspace, Log& log);
  ~ServerHost() override;

  // Start-up: makes the cores. They exist until the host ends. `shared`: several threads use the
  // shards.
  void make_cores(int count, bool shared);
  Core& core(size_t index) { return *cores_[index]; }
  size_t cores() const { return cores_.size(); }
  // What shutdown() starts; set before the cores run. Called once, from any thread.
  std::function<void()> on_shutdown;

  Options& options() override { return options_; }
  std::string client_list(const ClientFilter& filter) override;
  size_t client_kill(const ClientFilter& filter, Session& self) override;
  void session_changed(const Session& session) override;
  void pause(Millis until, Pause mode) override;
  void unpause() override;
  bool paused(Millis now, bool writes) override;
  void shutdown() override;
  bool ending() override { return ending_.load(std::memory_order_relaxed); }
  double ticks_per_micro() override { return ticks_per_micro_.load(std::memory_order_relaxed); }
  std::vector<uint64_t> turns_by_core() override;
  void watch_turns() override;
  LongestTurns end_turn_watch() override;
  // Start-up: threads that run commands beside the cores.
  void also_counts(CoreStats* stats) { figures_.also(stats); }
  ProcessFigures figures() override;
  CommandFigures command_figures(size_t row) override;
  std::vector<uint64_t> latency_buckets() override;
  std::vector<uint64_t> latency_buckets(size_t family) override { return figures_.latency(family); }
  Window window(int seconds) override { return figures_.window(seconds); }
  std::vector<uint64_t> errors_by_code() override;
  void reset_stats() override;
  void slow(SlowEntry entry) override;
  std::vector<SlowEntry> slow_log(size_t most) override { return journal_.slow_log(most); }
  size_t slow_count() override { return journal_.slow_count(); }
  void slow_reset() override { journal_.slow_reset(); }
  void latency_event(std::string_view event, int64_t millis) override;
  std::vector<std::pair<std::string, std::vector<LatencySample>>> latency_events() override {
    return journal_.events();
  }
  size_t latency_reset(const std::vector<std::string>& events) override {
    return journal_.reset(events);
  }
  std::string warm(const WarmRequest& request, Session& session, uint64_t& job) override;
  std::vector<WarmStatus> warm_jobs() override { return warmer_.jobs(); }
  bool warm_cancel(uint64_t job) override { return warmer_.cancel(job); }
  std::vector<WarmSource> warm_sources() override { return warmer_.sources(); }
  void log(std::string_view level, std::string_view line) override { log_.write(level, line); }

  // For the cores.
  Log& logger() { return log_; }
  Warmer& warmer() { return warmer_; }
  // What the buffers of all clients take.
  Budget& client_memory() { return client_memory_; }
  bool clients_over_limit() const;
  // A core other than `self` with a client that may be evicted and takes more than `bytes`.
  Core* core_of_larger(const Core& self, uint64_t bytes);
  const std::string& unix_path() const { return unix_path_; }
  // The number of the watch that DEBUG TURNS began; 0: none is on.
  uint32_t turn_watch() const { return turn_watch_.load(std::memory_order_relaxed); }
  bool pausing() const { return pause_.load(std::memory_order_relaxed) != 0; }
  // From core 0's timer: how far the resident set is from what is used, and from maxmemory.
  void weigh(Millis now);
  // Keys make room for pages: it should be weighed more often.
  bool wastes() const { return waste_.bytes() != 0; }
  // Once a second, from core 0: rates, peaks, the speed of the tick counter.
  void sample(Millis now);

 private:
  Core* core_of(uint64_t client);
  void calibrate();
  void note_peak();

  Options& options_;
  Keyspace& keyspace_;
  Log& log_;
  const std::string unix_path_;
  const std::string run_id_;
  const std::string executable_;
  const Millis started_;
  std::atomic<Millis> counted_since_{started_};
  Journal journal_;
  Budget client_memory_;
  std::vector<std::unique_ptr<Core>> cores_;
  Figures figures_;
  Warmer warmer_;
  std::atomic<bool> ending_{false};
  Waste waste_;  // core 0's, as is the next
  Millis weighed_ = 0;
  std::atomic<int64_t> peak_memory_{0};
  std::atomic<uint32_t> turn_watch_{0};
  std::atomic<uint32_t> turn_watches_{0};

  // The tick counter against the clock, since the start.
  const uint64_t first_ticks_;
  const uint64_t first_nanos_;
  std::atomic<double> ticks_per_micro_{1000};

  // Read by every command, written by CLIENT PAUSE only: it has a cache line to itself. 0: none;
  // else the end in Unix milliseconds, times 2, plus 1 if reads wait too.
  alignas(64) std::atomic<int64_t> pause_{0};
  char pad_[64 - sizeof(std::atomic<int64_t>)];
};

}  // namespace freshet
