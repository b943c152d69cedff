// The simulator against what can be said without one.
#include "door_simulation.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <utility>

#include "door_plan.h"
#include "door_times.h"

namespace freshet {
namespace {

// Each core repeats the visit that a function makes up.
class Repeating : public Plan {
 public:
  using Make = std::function<Visit(int core)>;
  Repeating(int cores, Make make) : visits_(static_cast<size_t>(cores)), make_(std::move(make)) {}
  const Visit& next(int core, double) override {
    return visits_[static_cast<size_t>(core)] = make_(core);
  }

 private:
  std::vector<Visit> visits_;
  Make make_;
};

Visit visit_of(std::vector<uint32_t> doors, double before, double inside) {
  return {std::move(doors), before, 0, 0, inside, 1};
}

TEST_CASE("cores that never meet are as many times as fast as they are many") {
  for (const int cores : {1, 4, 64}) {
    Repeating plan(cores,
                   [](int core) { return visit_of({static_cast<uint32_t>(core)}, 300, 100); });
    const Outcome outcome = Simulation({50, 40, 400}, cores, 64, plan, 1).run(10'000, 4'000'000);
    CHECK(outcome.per_microsecond() == doctest::Approx(cores / 0.4).epsilon(0.001));
    CHECK(outcome.waited == 0);
    CHECK(outcome.hottest() == doctest::Approx(0.25).epsilon(0.001));
  }
}

TEST_CASE("one door lets through one command in the time that each holds it") {
  Repeating plan(8, [](int) { return visit_of({0}, 300, 100); });
  const Outcome outcome = Simulation({0, 0, 0}, 8, 1, plan, 1).run(10'000, 4'000'000);
  CHECK(outcome.per_microsecond() == doctest::Approx(10).epsilon(0.001));
  CHECK(outcome.hottest() == doctest::Approx(1).epsilon(0.001));
  // Eight cores have 400 ns of work for 800 ns of the door: half of their time they wait.
  CHECK(outcome.waiting_share() == doctest::Approx(0.5).epsilon(0.001));
}

// M/D/1 (Pollaczek, Khinchine): with arrivals at random and a constant service time s, the mean
// wait is s * rho / (2 * (1 - rho)), whatever the order of service.
TEST_CASE("waits at a door that is held half of the time are those of the queue M/D/1") {
  constexpr int kCores = 400;
  constexpr double kHold = 100;
  Random random(7);
  Repeating plan(kCores, [&](int) {
    const double share = (static_cast<double>(random.next() >> 11) + 1) / 9007199254740993.0;
    return visit_of({0}, -std::log(share) * kHold * kCores / 0.5, kHold);
  });
  const Outcome outcome =
      Simulation({0, 0.001, 0.001}, kCores, 1, plan, 1).run(500'000, 20'000'000);
  CHECK(outcome.hottest() == doctest::Approx(0.5).epsilon(0.02));
  const double mean = outcome.waited / static_cast<double>(outcome.entries);
  CHECK(mean == doctest::Approx(kHold * 0.5 / (2 * 0.5)).epsilon(0.05));
}

TEST_CASE("a door that another core held last costs its way between the cores, once each") {
  // The second core starts half a turn later, so the two never meet, and always alternate.
  Repeating late(2, [first = true](int core) mutable {
    Visit visit = visit_of({0}, 1000, 10);
    visit.enter = 20;
    visit.moved = 70;
    if (core == 1 && std::exchange(first, false)) visit.before = 1500;
    return visit;
  });
  const Outcome outcome = Simulation({60, 40, 400}, 2, 1, late, 1).run(10'000, 11'000'000);
  CHECK(outcome.waited == 0);
  CHECK(outcome.per_microsecond() == doctest::Approx(2 / 1.1).epsilon(0.001));
}

TEST_CASE("who leaves a door at which others wait has to get its line back, and rivals take it") {
  constexpr double kLine = 50, kHold = 100;
  const auto per_command = [](int cores) {
    Repeating plan(cores, [](int) { return visit_of({0}, 0, kHold); });
    return 1000 /
           Simulation({kLine, 0, 0}, cores, 1, plan, 1).run(10'000, 1'000'000).per_microsecond();
  };
  CHECK(per_command(1) == doctest::Approx(kHold).epsilon(0.001));
  // Two: the other waits while one holds, so each hold ends with the line's way back.
  CHECK(per_command(2) == doctest::Approx(kHold + kLine).epsilon(0.01));
  // Eight without pauses: all who wait look at once, and six of the seven try in vain.
  CHECK(per_command(8) == doctest::Approx(kHold + kLine + 6 * kLine).epsilon(0.02));
}

TEST_CASE("a door stays free until somebody looks at it") {
  constexpr double kPause = 200, kHold = 100, kBack = 50;
  Repeating plan(2, [](int) { return visit_of({0}, kBack, kHold); });
  const Outcome outcome = Simulation({0, kPause, 0, 1 << 20}, 2, 1, plan, 3).run(0, 8'000'000);
  // Either the one who waits looks, at any moment of a pause, or the other is back before.
  const double free = kBack - kBack * kBack / (2 * kPause);
  CHECK(1000 / outcome.per_microsecond() == doctest::Approx(kHold + free).epsilon(0.005));
}

TEST_CASE("visits of several doors in ascending order all end") {
  Random random(5);
  Repeating plan(16, [&](int) {
    std::vector<uint32_t> doors;
    for (uint32_t id = 0; id < 8; ++id) {
      if (random.below(2) == 0) doors.push_back(id);
    }
    return visit_of(std::move(doors), 100, 50);
  });
  const Outcome outcome = Simulation({50, 40, 400}, 16, 8, plan, 1).run(0, 4'000'000);
  CHECK(outcome.commands > 10'000);
  CHECK(outcome.hottest() <= 1);
  CHECK(outcome.waiting_share() < 1);
}

TEST_CASE("a seed gives the same outcome again, and another seed another") {
  const auto commands = [](uint64_t seed) {
    Random random(seed);
    Repeating plan(
        8, [&](int) { return visit_of({static_cast<uint32_t>(random.below(4))}, 100, 50); });
    return Simulation({50, 40, 400}, 8, 4, plan, seed).run(0, 1'000'000).commands;
  };
  CHECK(commands(1) == commands(1));
  CHECK(commands(1) != commands(2));
}

DoorTimes plain_times() {
  DoorTimes times;
  times.door = 10;
  times.bucket = times.item = 30;
  times.get = times.set = 60;
  times.lone_bucket = times.lone_item = 20;
  times.lone_get = times.lone_set = 50;
  times.visit = 5;
  times.outside = 300;
  return times;
}

Outcome serve(const DoorLoad& load, int cores, uint32_t shards) {
  ServerPlan plan(load, plain_times(), cores, shards, KeyPicker(load.pick, load.keys, 1), 1);
  return Simulation({0, 1, 1}, cores, shards, plan, 1).run(100'000, 5'000'000);
}

TEST_CASE("a command enters a door three times, and with one core none") {
  const DoorLoad load{"", Pick::kUniform, 10'000};
  const Outcome two = serve(load, 2, 64);
  CHECK(static_cast<double>(two.entries) / static_cast<double>(two.commands) ==
        doctest::Approx(3).epsilon(0.01));
  const Outcome one = serve(load, 1, 64);
  CHECK(one.entries == 0);
  CHECK(one.per_microsecond() == doctest::Approx(1000 / 390.0).epsilon(0.005));
}

TEST_CASE("MGET of ten enters twenty doors to prefetch, and then one for each shard it reads") {
  const Outcome outcome = serve({"", Pick::kUniform, 1'000'000, 0, 1000}, 2, 4096);
  CHECK(static_cast<double>(outcome.entries) / static_cast<double>(outcome.commands) ==
        doctest::Approx(30).epsilon(0.02));
}

TEST_CASE("INVALIDATE TAG visits every shard and is one command") {
  const Outcome outcome = serve({"", Pick::kUniform, 10'000, 0, 0, 1000}, 2, 64);
  CHECK(static_cast<double>(outcome.entries) / static_cast<double>(outcome.commands) ==
        doctest::Approx(64).epsilon(0.01));
}

TEST_CASE("Zipf's most popular key makes its shard's door the hottest, by its share") {
  constexpr uint64_t kKeys = 100'000;
  const Outcome outcome = serve({"", Pick::kZipf, kKeys}, 2, 2048);
  const double others = 1.0 / 2048;
  const double share = top_share(kKeys) + others;
  const double busy = outcome.per_microsecond() / 1000 * share * (30 + 30 + 60);
  CHECK(outcome.hottest() / busy == doctest::Approx(1).epsilon(0.03));
  CHECK(top_share(1) == 1);
}

TEST_CASE("upkeep takes its part of a core's time") {
  DoorLoad load{"", Pick::kUniform, 10'000};
  ServerPlan plan(load, plain_times(), 1, 8, KeyPicker(load.pick, load.keys, 1), 1);
  load.expiries = 50'000;
  DoorTimes times = plain_times();
  times.expiry = 2000;  // 50,000 of them are a tenth of a second
  ServerPlan busy(load, times, 1, 8, KeyPicker(load.pick, load.keys, 1), 1);
  const double without = Simulation({}, 1, 8, plan, 1).run(0, 100'000'000).per_microsecond();
  const double with = Simulation({}, 1, 8, busy, 1).run(0, 100'000'000).per_microsecond();
  CHECK(with / without == doctest::Approx(0.9).epsilon(0.01));
}

TEST_CASE("a door time is given by its name, and nothing else is taken") {
  DoorTimes times;
  CHECK(set_door_time(times, "get=12.5"));
  CHECK(times.get == 12.5);
  for (const char* wrong : {"", "get", "get=", "get=x", "get=1x", "get=-1", "gets=1", "get=nan"}) {
    CHECK_FALSE(set_door_time(times, wrong));
  }
  CHECK(times.get == 12.5);
}

TEST_CASE("cores are taken to be as far apart as is given, unless they are farther") {
  DoorTimes times;
  times.line = 5;
  times.set_lines = 2;
  times.get_moved = 90;
  times.get_lines = 1;
  times.far = 70;
  CHECK(apart(times).line == 70);
  CHECK(apart(times).set_moved == 140);
  CHECK(apart(times).get_moved == 90);
}

}  // namespace
}  // namespace freshet
