#include "throughput.h"

#include <algorithm>

#include "client.h"
#include "machine.h"
#include "progress.h"

namespace freshet {

namespace {

constexpr char kTable[] = "throughput";
constexpr size_t kFillBatchBytes = 64 * 1024;
constexpr uint64_t kBytesPerSmallKey =
    120;  // beside its value; a generous guess, only to refuse what cannot fit
constexpr char kTwoCores[] = "freshet-2";

const Operation& operation_of(const CommandRow& row, const Seat& seat) {
  const bool differs = seat.kind == Kind::kRedis && !row.redis.requests.empty();
  return differs ? row.redis : row.spec.operation;
}

Operation filling_of(const CommandRow& row, const Seat& seat) {
  if (row.filling == Filling::kOperation) return operation_of(row, seat);
  if (row.spec.space.value_bytes == 0) return {{{"INCR", "%k"}}};
  return {{{"SET", "%k", "%v"}}};
}

double micros(uint64_t ns) { return static_cast<double>(ns) / 1000; }

}  // namespace

std::string fill(const Server& server, const Operation& operation, const Space& space,
                 int connections) {
  LoadSpec spec{.operation = operation, .space = space, .pick = Pick::kSequence};
  spec.pipeline = static_cast<int>(
      std::clamp<size_t>(kFillBatchBytes / std::max<size_t>(space.value_bytes, 1), 1, 64));
  spec.connections = connections;
  Load load(server.port(), spec);
  return load.run({.operations = space.keys}).error;
}

std::string answer_to(const Server& server, const Args& args, const Space& space) {
  const auto client = Client::connect(server.port());
  if (client == nullptr) return "-the server is gone";
  Args filled = args;
  for (std::string& arg : filled) {
    if (arg == "%k" || arg == "%r") arg = name_of(space, 0);
    if (arg == "%n") arg = name_of(space, 1);
    if (arg == "%t") arg = "tag";
    if (arg == "%v") arg = std::string(space.value_bytes, 'v');
  }
  return client->call_raw(filled).value_or("-the server closed the connection\r\n");
}

void Throughput::start_servers() {
  for (const Seat& seat : seats_) {
    if (!options_.selects_seat(seat.name)) continue;
    Server::Started started = Server::start(seat);
    if (started.server == nullptr) progress(seat.name + ": " + started.why);
    servers_[&seat] = std::move(started.server);
  }
}

std::vector<Throughput::Contender> Throughput::contenders_for(const CommandRow& row) {
  std::vector<Contender> contenders;
  for (const Seat& seat : seats_) {
    if (seat.cores == 2 && !row.on_two_cores) continue;
    const auto found = servers_.find(&seat);
    if (found == servers_.end()) continue;
    if (found->second == nullptr) {
      results_.absent({row.name, seat.name}, kTable, "it did not start");
      continue;
    }
    contenders.push_back({&seat, found->second.get(), nullptr, {}});
  }
  return contenders;
}

// Fills the row's keys unless they are there, tries the row's commands once, and connects. Empty if
// all went well. The constant server is taught what a real one answered.
std::string Throughput::prepare(Contender& contender, const CommandRow& row,
                                const std::string& constant) {
  const Space& space = row.spec.space;
  const Operation& operation = operation_of(row, *contender.seat);
  if (contender.seat->kind == Kind::kPing) {
    answer_to(*contender.server, {"CONSTANT", constant}, space);
  } else {
    const bool fills = row.filling != Filling::kNone;
    if (fills && filled_.insert({contender.server, space.prefix}).second) {
      std::string why = fill(*contender.server, filling_of(row, *contender.seat), space);
      if (!why.empty()) return why;
    }
    for (const Args& args : operation.requests) {
      const std::string answer = answer_to(*contender.server, args, space);
      if (answer.starts_with('-')) return answer.substr(1, answer.find('\r') - 1);
    }
  }
  LoadSpec spec = row.spec;
  spec.operation = operation;
  contender.load = std::make_unique<Load>(contender.server->port(), spec);
  return contender.load->why_broken();
}

bool Throughput::take_sample(Contender& contender, const CommandRow& row, double per_second) {
  const Scale& scale = options_.scale;
  Limits limits{scale.operations, scale.seconds, per_second};
  const uint64_t bytes = std::max<uint64_t>(row.spec.space.value_bytes, 1);
  if (scale.operations != UINT64_MAX) {
    limits.operations = std::clamp<uint64_t>(scale.large_bytes * 8 / bytes, 1, scale.operations);
  }
  Limits warm_up = limits;
  warm_up.operations = limits.operations / 10 + 1;
  warm_up.seconds = limits.seconds / 10;
  contender.load->run(warm_up);
  const double before = contender.server->cpu_seconds();
  const LoadResult result = contender.load->run(limits);
  const double cpu = contender.server->cpu_seconds() - before;
  if (!result.error.empty()) {
    results_.absent({row.name, contender.seat->name}, kTable, result.error);
    return false;
  }
  const auto done = static_cast<double>(std::max<uint64_t>(result.operations, 1));
  contender.samples.push_back(
      {done / result.seconds, cpu * 1e6 / done, micros(result.latency.quantile(0.5)),
       micros(result.latency.quantile(0.99)), micros(result.latency.quantile(0.999))});
  return true;
}

// One rate for all, half of what the slowest can: at different rates neither latencies nor costs
// compare.
double Throughput::half_capacity(std::vector<Contender>& contenders) {
  double slowest = 1e9;
  for (Contender& contender : contenders) {
    const LoadResult result = contender.load->run({.seconds = options_.scale.seconds});
    slowest = std::min(slowest, static_cast<double>(result.operations) / result.seconds);
  }
  return std::max(slowest / 2, 1.0);
}

bool Throughput::fits(const Space& space) const {
  const bool filled = std::any_of(filled_.begin(), filled_.end(),
                                  [&space](const auto& one) { return one.second == space.prefix; });
  const uint64_t bytes = space.keys * (kBytesPerSmallKey + space.value_bytes);
  return filled || bytes * servers_.size() < available_memory();
}

void Throughput::run_row(const CommandRow& row) {
  progress(row.name);
  std::vector<Contender> contenders = contenders_for(row);
  std::string constant = "+OK\r\n";
  for (Contender& contender : contenders) {
    const std::string why = prepare(contender, row, constant);
    if (!why.empty()) {
      results_.absent({row.name, contender.seat->name}, kTable, why);
      contender.load.reset();
    } else if (contender.seat->kind != Kind::kPing) {
      const Args& first = operation_of(row, *contender.seat).requests[0];
      constant = answer_to(*contender.server, first, row.spec.space);
    }
  }
  const auto failed = [](const Contender& contender) { return contender.load == nullptr; };
  std::erase_if(contenders, failed);
  const double per_second = row.open_loop ? half_capacity(contenders) : 0;
  for (int round = 0; round < options_.scale.rounds; ++round) {
    for (Contender& contender : contenders) {
      if (!take_sample(contender, row, per_second)) contender.load.reset();
    }
    std::erase_if(contenders, failed);
  }
  report(row, contenders);
  report_cores(row, contenders);
}

namespace {

// The median over the rounds of one figure, or of its ratio to what `base` had in the same round:
// noise that lasts longer than a round then falls on both.
template <typename Contender, typename Sample>
double middle(const Contender& contender, double Sample::*figure, const Contender* base = nullptr) {
  std::vector<double> values;
  for (size_t i = 0; i < contender.samples.size(); ++i) {
    const double value = contender.samples[i].*figure;
    values.push_back(base == nullptr ? value : value / base->samples[i].*figure);
  }
  return median(std::move(values));
}

template <typename Contender>
const Contender* find_seat(const std::vector<Contender>& contenders, const std::string& name) {
  for (const Contender& contender : contenders) {
    if (contender.seat->name == name) return &contender;
  }
  return nullptr;
}

}  // namespace

void Throughput::report(const CommandRow& row, const std::vector<Contender>& contenders) {
  const Contender* redis = find_seat(contenders, "redis");
  const Contender* ping = find_seat(contenders, "ping");
  for (const Contender& contender : contenders) {
    const Line line{row.name, contender.seat->name};
    results_.set(line, kTable, "ops", middle(contender, &Sample::ops));
    results_.set(line, kTable, "cpu_us", middle(contender, &Sample::cpu_us));
    results_.set(line, kTable, "p50_us", middle(contender, &Sample::p50_us));
    results_.set(line, kTable, "p99_us", middle(contender, &Sample::p99_us));
    results_.set(line, kTable, "p999_us", middle(contender, &Sample::p999_us));
    if (redis != nullptr && row.open_loop) {
      results_.set(line, kTable, "p999_ratio", middle(contender, &Sample::p999_us, redis));
    }
    if (redis != nullptr) {
      const double cost = middle(contender, &Sample::cpu_us, redis);
      results_.set(line, kTable, "cpu_vs_redis", cost);
      results_.set(line, kTable, "cpu_gain", 1 / cost);
    }
    if (ping != nullptr) {
      results_.set(line, kTable, "cpu_vs_ping", middle(contender, &Sample::cpu_us, ping));
    }
  }
}

void Throughput::report_cores(const CommandRow& row, const std::vector<Contender>& contenders) {
  const Contender* one = find_seat(contenders, "freshet");
  const Contender* two = find_seat(contenders, kTwoCores);
  if (one == nullptr || two == nullptr) return;
  for (const Contender* contender : {one, two}) {
    const Line line{row.name, contender->seat->name};
    results_.set(line, "cores", "ops", middle(*contender, &Sample::ops));
    results_.set(line, "cores", "cpu_us", middle(*contender, &Sample::cpu_us));
    results_.set(line, "cores", "cpu_vs_one", middle(*contender, &Sample::cpu_us, one));
  }
}

void Throughput::run() {
  std::vector<CommandRow> rows = command_rows(options_.scale);
  std::erase_if(rows,
                [this](const CommandRow& row) { return !options_.selects(kTable, row.name); });
  if (rows.empty()) return;
  start_servers();
  for (const CommandRow& row : rows) {
    if (row.filling == Filling::kNone || fits(row.spec.space)) {
      run_row(row);
    } else {
      results_.absent({row.name, "freshet"}, kTable, "not enough memory on this machine");
    }
  }
}

}  // namespace freshet
