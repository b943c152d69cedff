#include "door_forecast.h"

#include <algorithm>

namespace freshet {
namespace {

constexpr double kWarmUp = 200e3;     // ns
constexpr double kCoreNanos = 160e6;  // of all cores together
constexpr double kShortest = 5e6, kMost = 20e6;

std::string keys_text(uint64_t keys) { return std::to_string(keys / 1'000'000) + "M keys"; }

}  // namespace

DoorLoad mixed_load(Pick pick, uint64_t keys) {
  return {"90 % GET 10 % SET, " + std::string(pick == Pick::kZipf ? "Zipf" : "uniform") + ", " +
              keys_text(keys),
          pick, keys, 100};
}

std::vector<DoorLoad> door_loads() {
  constexpr uint64_t kMillion = 1'000'000;
  std::vector<DoorLoad> loads;
  for (const Pick pick : {Pick::kUniform, Pick::kZipf}) {
    for (const uint64_t keys : {kMillion, 10 * kMillion}) {
      DoorLoad mixed = mixed_load(pick, keys);
      DoorLoad reads = mixed;
      reads.name.replace(0, std::string_view("90 % GET 10 % SET").size(), "GET");
      reads.sets = 0;
      loads.push_back(std::move(reads));
      loads.push_back(std::move(mixed));
    }
  }
  for (const Pick pick : {Pick::kUniform, Pick::kZipf}) {
    DoorLoad upkeep = mixed_load(pick, kMillion);
    upkeep.name += ", 50 000 expiries/s a core";
    upkeep.expiries = 50'000;
    loads.push_back(std::move(upkeep));
  }
  loads.push_back({"MGET of 10, uniform, 1M keys", Pick::kUniform, kMillion, 0, 1000});
  loads.push_back({"MGET of 10, Zipf, 1M keys", Pick::kZipf, kMillion, 0, 1000});
  DoorLoad kills = mixed_load(Pick::kUniform, kMillion);
  kills.name += ", 0.1 % INVALIDATE TAG";
  kills.kills = 1;
  loads.push_back(std::move(kills));
  return loads;
}

const KeyPicker& Forecaster::picker(const DoorLoad& load) {
  const auto found = pickers_.find({load.pick, load.keys});
  if (found != pickers_.end()) return found->second;
  return pickers_.emplace(std::pair(load.pick, load.keys), KeyPicker(load.pick, load.keys, seed_))
      .first->second;
}

Outcome Forecaster::simulate(const DoorLoad& load, int cores, uint32_t shards) {
  ServerPlan plan(load, times_, cores, shards, picker(load), seed_);
  Simulation simulation({times_.line, times_.pause, times_.yield}, cores, shards, plan, seed_);
  return simulation.run(kWarmUp, std::clamp(kCoreNanos / cores, kShortest, kMost));
}

Forecast Forecaster::of(const DoorLoad& load, int cores, uint32_t shards_per_core) {
  const auto [lone, fresh] = lone_.try_emplace({load.name, shards_per_core}, 0);
  if (fresh) lone->second = simulate(load, 1, shards_per_core).per_microsecond();
  const uint32_t shards = static_cast<uint32_t>(cores) * shards_per_core;
  const Outcome outcome = simulate(load, cores, shards);
  return {load.name,
          cores,
          shards_per_core,
          outcome.per_microsecond(),
          outcome.per_microsecond() / lone->second,
          outcome.waiting_share(),
          static_cast<double>(outcome.waits.quantile(0.99)),
          static_cast<double>(outcome.waits.max()),
          outcome.hottest()};
}

DoorLimit Forecaster::limit(uint64_t keys, uint32_t shards) {
  const DoorTimes& t = times_;
  const double top = top_share(keys);
  const double share = top + (1 - top) / shards;
  const double held = t.bucket + t.bucket_moved + t.item + t.item_moved +
                      0.9 * (t.get + t.get_moved) + 0.1 * (t.set + t.set_moved);
  const double most = 1000 / (share * held);
  const double lone =
      1000 / (t.outside + t.lone_bucket + t.lone_item + 0.9 * t.lone_get + 0.1 * t.lone_set);
  return {keys, shards, share, held, most, most / lone};
}

double Forecaster::pace(const DoorLoad& load, int threads, uint32_t shards) {
  return simulate(load, threads, shards).per_microsecond();
}

double Forecaster::pace_apart(const DoorLoad& load) const {
  const double sets = load.sets / 1000.0;
  return 2 * 1000 /
         (times_.outside + times_.bucket + times_.item + (1 - sets) * times_.get +
          sets * times_.set);
}

}  // namespace freshet
