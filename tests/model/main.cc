// The model test: random commands on a cache and on the reference, compared step by step.
//   model_tests [--commands N] [--seed S] [--shards K]
// Without --shards the commands are spread over 1, 2, 3 and 8 shards.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runner.h"

namespace freshet::model {
namespace {

constexpr uint64_t kEpisode = 2000;  // steps on one cache

char repeat_line[128];

// A failed CHECK aborts: say how to see it again.
void say_where(int) {
  constexpr char kWhy[] = "FAILED: a check in the engine; it comes again with ";
  ssize_t ignored = write(STDOUT_FILENO, kWhy, sizeof kWhy - 1);
  ignored = write(STDOUT_FILENO, repeat_line, std::strlen(repeat_line));
  static_cast<void>(ignored);
  std::_Exit(1);
}

struct Request {
  uint64_t commands = FRESHET_MODEL_COMMANDS;
  uint64_t seed = 1;
  uint32_t shards = 0;  // 0: several counts in turn
};

bool parse(int argc, char** argv, Request& request) {
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return false;
    const std::string option = argv[i];
    const uint64_t number = std::strtoull(argv[i + 1], nullptr, 10);
    if (option == "--commands") {
      request.commands = number;
    } else if (option == "--seed") {
      request.seed = number;
    } else if (option == "--shards" && number >= 1 && number <= 64) {
      request.shards = static_cast<uint32_t>(number);
    } else {
      return false;
    }
  }
  return true;
}

// False if something went wrong. The first episode's seed is `seed` itself, so that a failure's
// seed repeats it.
bool run(uint64_t seed, uint64_t commands, uint32_t shards, Tally& tally) {
  Rng seeds(seed);
  for (uint64_t done = 0; done < commands; done += kEpisode) {
    const uint64_t count = std::min(kEpisode, commands - done);
    std::snprintf(repeat_line, sizeof repeat_line, "--seed %llu --commands %llu --shards %u\n",
                  static_cast<unsigned long long>(seed), static_cast<unsigned long long>(count),
                  shards);
    const Failure failure = run_episode(seed, count, shards, tally);
    if (!failure.wrong.empty()) {
      std::printf("FAILED: %sshrunk from %zu steps:\n", repeat_line, failure.steps.size());
      print(shrunk(failure, shards));
      return false;
    }
    seed = seeds.next();
  }
  return true;
}

}  // namespace
}  // namespace freshet::model

int main(int argc, char** argv) {
  using namespace freshet::model;
  Request request;
  if (!parse(argc, argv, request)) {
    std::printf("usage: model_tests [--commands N] [--seed S] [--shards 1-64]\n");
    return 2;
  }
  std::signal(SIGABRT, say_where);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  Tally tally;
  std::vector<uint32_t> counts = {1, 2, 3, 8};
  if (request.shards != 0) counts = {request.shards};
  const auto started = std::chrono::steady_clock::now();
  for (const uint32_t shards : counts) {
    std::printf("%u shards, seed %llu\n", shards, static_cast<unsigned long long>(request.seed));
    if (!run(request.seed, request.commands / counts.size(), shards, tally)) return 1;
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - started;
  std::printf("%llu commands agree, %.0f a second; %llu fenced fills, %llu refused without need\n",
              static_cast<unsigned long long>(tally.commands),
              static_cast<double>(tally.commands) / spent.count(),
              static_cast<unsigned long long>(tally.fenced_fills),
              static_cast<unsigned long long>(tally.false_refusals));
  if (tally.false_refusals * 1000 > tally.fenced_fills) {
    std::printf("FAILED: more than one fill in a thousand was refused without need\n");
    return 1;
  }
  return 0;
}
