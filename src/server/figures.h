// Sums of what the cores count, since the start or the last CONFIG RESETSTAT. The cores' counters
// have one writer each and are never set back: a reset remembers where they stood. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "freshet/base/time.h"
#include "freshet/commands/host.h"

namespace freshet {

class Core;

class Figures {
 public:
  explicit Figures(const std::vector<std::unique_ptr<Core>>& cores) : cores_(cores) {}
  // Start-up: others than cores run commands, too (the HTTP threads). They outlive this.
  void also(CoreStats* stats) { others_.push_back(stats); }

  // Fills in what is summed over the cores, and the rates.
  void fill(ProcessFigures& figures) const;
  Host::CommandFigures command(size_t row, double ticks_per_micro) const;
  std::vector<uint64_t> latency() const;
  std::vector<uint64_t> latency(size_t family) const;
  Host::Window window(int seconds) const;
  std::vector<uint64_t> errors_by_code() const;
  void reset();
  // Once a second, from one thread: the rates since the last call.
  void sample(Millis now);

 private:
  using Buckets = std::vector<uint64_t>;  // of a Histogram
  struct Totals {
    uint64_t commands = 0, errors = 0, input = 0, output = 0, connections = 0, rejected = 0,
             turns = 0, evicted_clients = 0;
  };
  struct Row {
    uint64_t calls = 0, ticks = 0, rejected = 0, failed = 0, worst = 0;
  };
  // How things stood at one second.
  struct Sample {
    Millis time = 0;
    uint64_t commands = 0, errors = 0, ticks = 0;
    std::vector<uint32_t> buckets;  // their lower halves: differences are what counts
  };
  static constexpr size_t kSamples = 61;  // a minute

  // Calls f(CoreStats&) for all that count.
  template <class F>
  void each(F&& f) const;
  Totals totals() const;
  Row row(size_t index) const;
  Buckets all_latency(size_t family) const;
  Sample present(Millis now, const Totals& sum) const;
  std::vector<uint64_t> all_errors() const;

  const std::vector<std::unique_ptr<Core>>& cores_;
  std::vector<CoreStats*> others_;
  mutable std::mutex mutex_;    // guards the five below
  std::deque<Sample> samples_;  // the newest last
  Totals zero_;
  std::vector<Row> zero_rows_;
  std::vector<Buckets> zero_latency_;  // by family
  std::vector<uint64_t> zero_errors_;

  Millis sampled_ = 0;
  Totals last_;
  std::atomic<double> ops_per_second_{0}, input_kbps_{0}, output_kbps_{0};
};

}  // namespace freshet
