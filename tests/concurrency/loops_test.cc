// Cores that draw edges against each other: whatever they do, no loop comes into being.
#include <doctest/doctest.h>

#include <atomic>
#include <string>

#include "../commands/edges.h"
#include "../scale.h"
#include "desk.h"
#include "freshet/base/rng.h"

namespace freshet {
namespace {

constexpr int kCores = 4;
constexpr int kRounds = scaled(60, 12);

}  // namespace

TEST_CASE("cores that close loops against each other leave none behind") {
  for (const uint32_t at_once : {0u, 6u, 256u}) {
    House house;
    house.options.settings.loop_check_at_once = at_once;
    house.options.settings.triggers = 0;  // so that edges last, and loops would
    std::atomic<int> refused{0}, drawn{0};
    int loops = 0;
    for (int round = 0; round < kRounds; ++round) {
      {
        Desk desk(house.keyspace, house.options);
        desk.run({"FLUSHALL"});
        for (int i = 0; i < 40; ++i) desk.run({"SET", "k:" + std::to_string(i), "v"});
      }
      house.run(kCores, [&](Desk& desk, int core) {
        Rng rng(static_cast<uint64_t>(round * kCores + core));
        const auto key = [&] { return "k:" + std::to_string(rng.below(40)); };
        for (int i = 0; i < 60; ++i) {
          std::string reply;
          if (i % 10 == 9) {
            reply = desk.run({"DEPSET", key(), "v", "DEPS", "2", key(), key()});
          } else if (i % 10 == 4) {
            reply = desk.run({"COPY", key(), key(), "REPLACE"});
          } else {
            reply = desk.run({"DEPADD", key(), "DEPS", "1", key()});
          }
          (reply.starts_with("-CYCLE") ? refused : drawn).fetch_add(1);
        }
        while (desk.housekeep()) {
        }
      });
      loops += has_loop(house.keyspace, 0);
    }
    CHECK_EQ(loops, 0);
    CHECK(refused > 0);
    CHECK(drawn > 0);
  }
}

}  // namespace freshet
