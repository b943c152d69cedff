// What the command line of `differential` says. Ends the program when it makes no sense.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace freshet::compat {

struct Options {
  std::string server;
  std::string reference = "/usr/bin/redis-server";
  std::vector<std::string> server_args;
  std::vector<std::string> both_args;
  uint64_t cores = 1;
  uint64_t commands = 200'000;
  uint64_t seed = std::random_device{}();
  bool stats = false;
};

Options parse_options(int argc, char** argv);

}  // namespace freshet::compat
