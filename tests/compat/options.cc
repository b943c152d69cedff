#include "options.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string_view>

#include "comparer.h"

namespace freshet::compat {
namespace {

constexpr const char* kUsage =
    "usage: differential --server PATH [options]\n"
    "  --server PATH      the server under test\n"
    "  --cores N          its cores (1); 0 leaves the option away, for a server that has none\n"
    "  --commands N       how many (200000)\n"
    "  --seed S           a round's seed is S, S+1, S+2 ... (a random one, printed)\n"
    "  --reference PATH   the real Redis (/usr/bin/redis-server)\n"
    "  --server-arg ARG   one more argument for the server under test; may be repeated\n"
    "  --both-arg ARG     one more argument for both servers; may be repeated\n"
    "  --stats            print how often each command was compared\n"
    "  --list             print what is not compared byte for byte, and why\n";

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "differential: %s\n%s", message.c_str(), kUsage);
  std::exit(2);
}

uint64_t number(const std::string& option, std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) fail(option + " needs a number");
  return value;
}

template <typename Row>
void print(std::span<const Row> rows) {
  for (const Row& row : rows) {
    std::string line = "  ";
    line.append(row.command).append(" ").append(row.subcommand);
    line.resize(std::max<size_t>(line.size(), 24), ' ');
    std::printf("%s %s\n", line.c_str(), std::string(row.why).c_str());
  }
}

[[noreturn]] void print_tables() {
  std::printf("compared by meaning:\n");
  print(normalisations());
  std::printf("not compared:\n");
  print(exceptions());
  std::exit(0);
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--list") print_tables();
    if (option == "--help") {
      std::printf("%s", kUsage);
      std::exit(0);
    }
    if (option == "--stats") {
      options.stats = true;
      continue;
    }
    if (++i == argc) fail(option + " needs a value");
    const char* value = argv[i];
    if (option == "--server")
      options.server = std::filesystem::absolute(value);
    else if (option == "--reference")
      options.reference = std::filesystem::absolute(value);
    else if (option == "--cores")
      options.cores = number(option, value);
    else if (option == "--commands")
      options.commands = number(option, value);
    else if (option == "--seed")
      options.seed = number(option, value);
    else if (option == "--server-arg")
      options.server_args.emplace_back(value);
    else if (option == "--both-arg")
      options.both_args.emplace_back(value);
    else
      fail("unknown option " + option);
  }
  if (options.server.empty()) fail("--server is missing");
  return options;
}

}  // namespace freshet::compat
