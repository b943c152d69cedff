#include "server/figures.h"

#include <algorithm>

#include "server/core.h"

namespace freshet {

template <class F>
void Figures::each(F&& f) const {
  for (const auto& core : cores_) f(core->stats());
  for (CoreStats* stats : others_) f(*stats);
}

Figures::Totals Figures::totals() const {
  Totals sum;
  each([&](const CoreStats& stats) {
    sum.commands += stats.commands.get();
    sum.errors += stats.errors.get();
    sum.input += stats.input_bytes.get();
    sum.output += stats.output_bytes.get();
    sum.connections += stats.connections.get();
    sum.rejected += stats.rejected_connections.get();
    sum.turns += stats.turns.get();
    sum.evicted_clients += stats.evicted_clients.get();
  });
  return sum;
}

void Figures::fill(ProcessFigures& f) const {
  const Totals sum = totals();
  for (const auto& core : cores_) {
    f.clients += static_cast<uint64_t>(std::max(0, core->load().load(std::memory_order_relaxed)));
    f.blocked += core->held_count();
  }
  f.cores = static_cast<int>(cores_.size());
  f.ops_per_second = ops_per_second_.load(std::memory_order_relaxed);
  f.input_kbps = input_kbps_.load(std::memory_order_relaxed);
  f.output_kbps = output_kbps_.load(std::memory_order_relaxed);
  f.turns = sum.turns;
  const std::lock_guard lock(mutex_);
  f.connections = sum.connections - zero_.connections;
  f.rejected_connections = sum.rejected - zero_.rejected;
  f.commands = sum.commands - zero_.commands;
  f.evicted_clients = sum.evicted_clients - zero_.evicted_clients;
  f.errors = sum.errors - zero_.errors;
  f.input_bytes = sum.input - zero_.input;
  f.output_bytes = sum.output - zero_.output;
}

Figures::Row Figures::row(size_t index) const {
  Row sum;
  each([&](const CoreStats& core) {
    const CommandStats& stats = core.by_command[index];
    sum.calls += stats.calls.get();
    sum.ticks += stats.ticks.get();
    sum.rejected += stats.rejected.get();
    sum.failed += stats.failed.get();
    sum.worst = std::max(sum.worst, stats.worst.get());
  });
  return sum;
}

Host::CommandFigures Figures::command(size_t index, double ticks_per_micro) const {
  const Row sum = row(index);
  Row zero;
  {
    const std::lock_guard lock(mutex_);
    if (!zero_rows_.empty()) zero = zero_rows_[index];
  }
  const auto micros = static_cast<double>(sum.ticks - zero.ticks) / ticks_per_micro;
  return {sum.calls - zero.calls, static_cast<uint64_t>(micros), sum.rejected - zero.rejected,
          sum.failed - zero.failed, static_cast<double>(sum.worst) / ticks_per_micro};
}

Figures::Buckets Figures::all_latency(size_t family) const {
  Buckets sum(Histogram::kBuckets);
  each([&](const CoreStats& stats) {
    for (size_t i = 0; i < sum.size(); ++i)
      sum[i] += stats.latency[family].count(static_cast<int>(i));
  });
  return sum;
}

std::vector<uint64_t> Figures::all_errors() const {
  std::vector<uint64_t> sum(kErrorCodes.size());
  each([&](const CoreStats& stats) {
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += stats.errors_by_code[i].get();
  });
  return sum;
}

std::vector<uint64_t> Figures::errors_by_code() const {
  std::vector<uint64_t> sum = all_errors();
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < zero_errors_.size(); ++i) sum[i] -= zero_errors_[i];
  return sum;
}

std::vector<uint64_t> Figures::latency(size_t family) const {
  Buckets sum = all_latency(family);
  const std::lock_guard lock(mutex_);
  if (zero_latency_.empty()) return sum;
  for (size_t i = 0; i < sum.size(); ++i) sum[i] -= zero_latency_[family][i];
  return sum;
}

std::vector<uint64_t> Figures::latency() const {
  Buckets sum(Histogram::kBuckets);
  for (size_t family = 0; family < kFamilies.size(); ++family) {
    const Buckets one = latency(family);
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += one[i];
  }
  return sum;
}

Host::Window Figures::window(int seconds) const {
  const std::lock_guard lock(mutex_);
  Host::Window window;
  if (samples_.size() < 2) return window;
  const Sample& last = samples_.back();
  const size_t back = std::min(static_cast<size_t>(seconds), samples_.size() - 1);
  const Sample& first = samples_[samples_.size() - 1 - back];
  window.seconds = static_cast<double>(std::max<Millis>(1, last.time - first.time)) / 1000;
  window.commands = last.commands - first.commands;
  window.errors = last.errors - first.errors;
  window.ticks = last.ticks - first.ticks;
  for (size_t i = 0; i < last.buckets.size(); ++i)
    window.buckets.push_back(last.buckets[i] - first.buckets[i]);
  return window;
}

Figures::Sample Figures::present(Millis now, const Totals& sum) const {
  Sample sample{now, sum.commands, sum.errors, 0, std::vector<uint32_t>(Histogram::kBuckets)};
  each([&](const CoreStats& stats) {
    for (size_t i = 0; i < CommandTable::all().count(); ++i)
      sample.ticks += stats.by_command[i].ticks.get();
    for (const Histogram& family : stats.latency) {
      for (size_t i = 0; i < sample.buckets.size(); ++i)
        sample.buckets[i] += static_cast<uint32_t>(family.count(static_cast<int>(i)));
    }
  });
  return sample;
}

void Figures::reset() {
  const Totals zero = totals();
  std::vector<Row> rows;
  for (size_t i = 0; i < CommandTable::all().count(); ++i) rows.push_back(row(i));
  std::vector<Buckets> latency;
  for (size_t i = 0; i < kFamilies.size(); ++i) latency.push_back(all_latency(i));
  std::vector<uint64_t> errors = all_errors();
  each([](CoreStats& stats) {
    for (size_t i = 0; i < CommandTable::all().count(); ++i) stats.by_command[i].worst.set(0);
  });
  const std::lock_guard lock(mutex_);
  zero_ = zero;
  zero_rows_ = std::move(rows);
  zero_latency_ = std::move(latency);
  zero_errors_ = std::move(errors);
}

void Figures::sample(Millis now) {
  const Totals sum = totals();
  const double elapsed = static_cast<double>(std::max<Millis>(1, now - sampled_)) / 1000;
  const auto rate = [&](uint64_t before, uint64_t after) {
    return static_cast<double>(after - before) / elapsed;
  };
  if (sampled_ != 0) {
    ops_per_second_.store(rate(last_.commands, sum.commands), std::memory_order_relaxed);
    input_kbps_.store(rate(last_.input, sum.input) / 1024, std::memory_order_relaxed);
    output_kbps_.store(rate(last_.output, sum.output) / 1024, std::memory_order_relaxed);
  }
  sampled_ = now;
  last_ = sum;
  Sample sample = present(now, sum);
  const std::lock_guard lock(mutex_);
  samples_.push_back(std::move(sample));
  if (samples_.size() > kSamples) samples_.pop_front();
}

}  // namespace freshet
