// Sums of what the cores count, since the start or the last CONFIG RESETSTAT. The cores' counters
// have one writer each and are never set back: a reset remembers where they stood. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
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

  // Fills in what is summed over the cores, and the rates.
  void fill(ProcessFigures& figures) const;
  Host::CommandFigures command(size_t row, double ticks_per_micro) const;
  std::vector<uint64_t> latency() const;
  std::vector<uint64_t> errors_by_code() const;
  void reset();
  // Once a second, from one thread: the rates since the last call.
  void sample(Millis now);

 private:
  struct Totals {
    uint64_t commands = 0, errors = 0, input = 0, output = 0, connections = 0, rejected = 0,
             turns = 0;
  };
  struct Row {
    uint64_t calls = 0, ticks = 0, rejected = 0, failed = 0;
  };

  Totals totals() const;
  Row row(size_t index) const;
  std::vector<uint64_t> all_latency() const;
  std::vector<uint64_t> all_errors() const;

  const std::vector<std::unique_ptr<Core>>& cores_;
  mutable std::mutex mutex_;  // guards the four below
  Totals zero_;
  std::vector<Row> zero_rows_;
  std::vector<uint64_t> zero_latency_, zero_errors_;

  Millis sampled_ = 0;
  Totals last_;
  std::atomic<double> ops_per_second_{0}, input_kbps_{0}, output_kbps_{0};
};

}  // namespace freshet
