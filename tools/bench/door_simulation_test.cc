// The simulator against what can be said without one.
#include "door_simulation.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <utility>

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

}  // namespace
}  // namespace freshet
