#include "memory.h"

#include <functional>

#include "load.h"
#include "progress.h"
#include "rows.h"
#include "throughput.h"

namespace freshet {

namespace {

constexpr char kTable[] = "memory";
constexpr size_t kValueBytes = 32;
constexpr double kMib = 1024.0 * 1024.0;

struct Growth {
  double bytes = 0;  // in all
  std::string error;
};

Growth growth_by_keys(const Server& server, const Operation& operation, uint64_t keys) {
  const Space space{"key:", keys, kValueBytes};
  // The first use of each command may load code and make tables: not part of what a key costs.
  for (const Args& args : operation.requests) {
    const std::string answer = answer_to(server, args, {"one:", 1, kValueBytes});
    if (answer.starts_with('-')) return {0, answer.substr(1, answer.find('\r') - 1)};
  }
  const uint64_t before = server.settled_rss_bytes();
  const std::string error = fill(server, operation, space);
  const uint64_t after = server.settled_rss_bytes();
  return {static_cast<double>(after) - static_cast<double>(before), error};
}

Growth growth_by_connections(const Server& server, int connections) {
  answer_to(server, {"PING"}, {});  // the first one may load code
  const uint64_t before = server.settled_rss_bytes();
  LoadSpec spec{.operation = {{{"PING"}}}, .connections = connections};
  Load idle(server.port(), spec);
  const LoadResult result = idle.run({.operations = static_cast<uint64_t>(connections)});
  const uint64_t after = server.settled_rss_bytes();
  return {static_cast<double>(after) - static_cast<double>(before), result.error};
}

using Measure = std::function<Growth(const Server&, const Seat&)>;

// Freshet and redis-server in turn; `things` is what the growth is divided by.
void run_row(const std::string& row, uint64_t things, const Measure& measure,
             const std::vector<const Seat*>& seats, Results& results) {
  progress(std::string("memory: ") + row);
  for (const Seat* seat : seats) {
    const Line line{row, seat->name};
    const Server::Started started = Server::start(*seat);
    if (started.server == nullptr) {
      results.absent(line, kTable, started.why);
      continue;
    }
    const Growth growth = measure(*started.server, *seat);
    if (!growth.error.empty()) {
      results.absent(line, kTable, growth.error);
      continue;
    }
    results.set(line, kTable, "bytes", growth.bytes / static_cast<double>(things));
    results.set(line, kTable, "total_mib", growth.bytes / kMib);
  }
  const auto redis = results.get(kTable, {row, "redis"}, "bytes");
  for (const Seat* seat : seats) {
    const auto bytes = results.get(kTable, {row, seat->name}, "bytes");
    if (!redis || !bytes || *redis <= 0) continue;
    results.set({row, seat->name}, kTable, "bytes_vs_redis", *bytes / *redis);
  }
}

const Operation& operation_of(const MemoryRow& row, const Seat& seat) {
  return seat.kind == Kind::kFreshet ? row.freshet : row.redis;
}

// What one of its names adds to a key.
void report_names(const MemoryRow& row, const std::vector<const Seat*>& seats, Results& results) {
  for (const Seat* seat : seats) {
    const auto plain = results.get(kTable, {kPlainKey, seat->name}, "bytes");
    const auto bytes = results.get(kTable, {row.name, seat->name}, "bytes");
    if (!plain || !bytes || row.names == 0) continue;
    results.set({row.name, seat->name}, kTable, "bytes_per_name", (*bytes - *plain) / row.names);
  }
}

}  // namespace

void measure_memory(const Options& options, const std::vector<Seat>& all, Results& results) {
  std::vector<const Seat*> seats;
  for (const Seat& seat : all) {
    const bool takes_part = seat.kind != Kind::kPing && seat.cores == 1;
    if (takes_part && options.selects_seat(seat.name)) seats.push_back(&seat);
  }
  const uint64_t keys = options.scale.memory_keys;
  for (const MemoryRow& row : memory_rows()) {
    if (!options.selects(kTable, row.name)) continue;
    std::vector<const Seat*> able = seats;
    std::erase_if(able,
                  [&row](const Seat* seat) { return operation_of(row, *seat).requests.empty(); });
    const Measure by_keys = [&row, keys](const Server& server, const Seat& seat) {
      return growth_by_keys(server, operation_of(row, seat), keys);
    };
    run_row(row.name, keys, by_keys, able, results);
    report_names(row, able, results);
  }
  const int connections = options.scale.idle_connections;
  if (!options.selects(kTable, kIdleConnection)) return;
  const Measure by_connections = [connections](const Server& server, const Seat&) {
    return growth_by_connections(server, connections);
  };
  run_row(kIdleConnection, connections, by_connections, seats, results);
}

}  // namespace freshet
