// What one core counts about its work. Written by its own core only; any core may read: every
// figure is a relaxed atomic that is loaded and stored, never added to by two.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <string_view>

namespace freshet {

// A count with one writer.
class Count {
 public:
  void add(uint64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  void set(uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// Durations in ticks, in buckets that grow by an eighth of a power of two: 6 % exact at worst.
class Histogram {
 public:
  static constexpr int kBuckets = 64 * 8;

  void record(uint64_t ticks) { buckets_[static_cast<size_t>(bucket_of(ticks))].add(); }
  static int bucket_of(uint64_t value) {
    if (value < 8) return static_cast<int>(value);
    const int exponent = 63 - std::countl_zero(value);
    return (exponent - 2) * 8 + static_cast<int>((value >> (exponent - 3)) & 7);
  }
  // The middle of a bucket.
  static uint64_t value_of(int bucket) {
    if (bucket < 8) return static_cast<uint64_t>(bucket);
    const int exponent = bucket / 8 + 2;
    const uint64_t step = uint64_t{1} << (exponent - 3);
    return (uint64_t{8} + static_cast<uint64_t>(bucket % 8)) * step + step / 2;
  }
  uint64_t count(int bucket) const { return buckets_[static_cast<size_t>(bucket)].get(); }

 private:
  std::array<Count, kBuckets> buckets_;
};

struct CommandStats {
  Count calls, ticks, rejected, failed;
  Count worst;  // ticks of the longest call; a reset sets it back from another thread
};

// The families that latencies are told apart by: the groups of command rows. The last stands for
// all others.
inline constexpr std::array<std::string_view, 14> kFamilies = {
    "string", "bitmap",       "generic",   "hash",   "list",       "set",    "sorted-set",
    "graph",  "transactions", "scripting", "pubsub", "connection", "server", "other"};

constexpr size_t family_index(std::string_view group) {
  size_t index = 0;
  while (index + 1 < kFamilies.size() && kFamilies[index] != group) ++index;
  return index;
}

// The codes that error replies start with, for INFO's Errorstats; the last stands for all others.
inline constexpr std::array<std::string_view, 8> kErrorCodes = {
    "ERR", "WRONGTYPE", "NOAUTH", "WRONGPASS", "NOPROTO", "OOM", "CYCLE", "OTHER"};

constexpr size_t error_code_index(std::string_view code) {
  size_t index = 0;
  while (index + 1 < kErrorCodes.size() && kErrorCodes[index] != code) ++index;
  return index;
}

struct CoreStats {
  explicit CoreStats(size_t rows) : by_command(new CommandStats[rows]) {}

  Count commands;  // processed, refused ones too
  Count errors;    // error replies
  std::array<Count, kErrorCodes.size()> errors_by_code;
  Count connections;  // accepted since start
  Count rejected_connections;
  Count evicted_clients;
  Count input_bytes, output_bytes;
  Count turns;  // of the event loop
  // Of one command in 16, handler only.
  std::array<Histogram, kFamilies.size()> latency;
  std::unique_ptr<CommandStats[]> by_command;  // by CommandTable::index_of
};

}  // namespace freshet
