// The differential test: random commands on a real Redis and on the server under test; every
// reply must be the same. See docs/compatibility.md.
#include <stdlib.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "comparer.h"
#include "escape.h"
#include "generator.h"
#include "runner.h"
#include "server_process.h"
#include "shrinker.h"

namespace freshet::compat {
namespace {

constexpr size_t kRound = 2000;  // steps between two comparisons of the whole state
constexpr size_t kShown = 600;   // bytes of a reply or a command that are printed
constexpr std::chrono::seconds kShrinking(60);
constexpr std::chrono::milliseconds kEnding(200);  // between a server's last byte and its end
constexpr std::chrono::milliseconds kShrinkingPatience(1'500);

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

struct Options {
  std::string server;
  std::string reference = "/usr/bin/redis-server";
  std::vector<std::string> server_args;
  std::vector<std::string> both_args;
  uint64_t cores = 1;
  uint64_t commands = 200'000;
  uint64_t seed = std::random_device{}();
  int stats = 0;
};

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

[[noreturn]] void list_tables() {
  std::printf("compared by meaning:\n");
  for (const Normalisation& row : normalisations()) {
    std::printf("  %-12.*s %-10.*s %.*s\n", static_cast<int>(row.command.size()),
                row.command.data(), static_cast<int>(row.subcommand.size()), row.subcommand.data(),
                static_cast<int>(row.why.size()), row.why.data());
  }
  std::printf("not compared:\n");
  for (const Exception& row : exceptions()) {
    std::printf("  %-12.*s %-10.*s %.*s\n", static_cast<int>(row.command.size()),
                row.command.data(), static_cast<int>(row.subcommand.size()), row.subcommand.data(),
                static_cast<int>(row.why.size()), row.why.data());
  }
  std::exit(0);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--list") list_tables();
    if (option == "--stats") {
      options.stats = 1;
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

// A directory that goes away with its owner.
class Directory {
 public:
  Directory() {
    char name[] = "/tmp/freshet-differential-XXXXXX";
    if (::mkdtemp(name) == nullptr) fail("no directory for the servers");
    path_ = name;
    std::filesystem::create_directory(path_ + "/reference");
    std::filesystem::create_directory(path_ + "/tested");
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<std::string> reference_options(const Options& options) {
  std::vector<std::string> args = {"--save", "", "--appendonly", "no", "--databases", "16"};
  args.insert(args.end(), options.both_args.begin(), options.both_args.end());
  return args;
}

std::vector<std::string> tested_options(const Options& options) {
  std::vector<std::string> args = {"--protected-mode", "no"};
  if (options.cores > 0) args.insert(args.end(), {"--cores", std::to_string(options.cores)});
  args.insert(args.end(), options.both_args.begin(), options.both_args.end());
  args.insert(args.end(), options.server_args.begin(), options.server_args.end());
  return args;
}

void show(const std::vector<Step>& steps, const Mismatch& mismatch) {
  std::printf("  command  %s\n", pasteable(steps[mismatch.step]).substr(0, kShown).c_str());
  std::printf("  expected %s\n", quoted(mismatch.expected, kShown).c_str());
  std::printf("  actual   %s\n", quoted(mismatch.actual, kShown).c_str());
}

void report(Runner* runner, ServerProcess* tested, uint64_t seed, const std::vector<Step>& steps,
            const Mismatch& mismatch) {
  std::printf("mismatch at step %zu of the round with --seed %llu\n", mismatch.step,
              static_cast<unsigned long long>(seed));
  show(steps, mismatch);
  if (mismatch.missing) std::this_thread::sleep_for(kEnding);
  if (!tested->alive()) std::printf("the server is gone:\n%s", tested->last_words().c_str());
  std::printf("shrinking...\n");
  std::fflush(stdout);
  runner->set_patience(kShrinkingPatience);
  const std::vector<Step> few = shrink(runner, steps, mismatch, kShrinking);
  const std::optional<Mismatch> again = runner->run(few);
  std::printf("reproduction, %zu steps from an empty server%s:\n", few.size(),
              again ? "" : " (it does not fail every time)");
  for (const Step& step : few) std::printf("%s\n", pasteable(step).c_str());
  if (again) show(few, *again);
}

int run(const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  const Directory directory;
  ServerProcess reference(options.reference, directory.path() + "/reference",
                          reference_options(options));
  ServerProcess tested(options.server, directory.path() + "/tested", tested_options(options));
  Runner runner(&reference, &tested);
  std::printf("differential: %llu commands, seed %llu, cores %llu\n",
              static_cast<unsigned long long>(options.commands),
              static_cast<unsigned long long>(options.seed),
              static_cast<unsigned long long>(options.cores));
  std::fflush(stdout);
  for (uint64_t done = 0, seed = options.seed; done < options.commands; done += kRound, ++seed) {
    const std::vector<Step> steps = draw_round(seed, kRound);
    const std::optional<Mismatch> mismatch = runner.run(steps);
    if (!mismatch) continue;
    report(&runner, &tested, seed, steps, *mismatch);
    return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (options.stats) std::printf("%s", runner.tally().table().c_str());
  std::printf("no difference: %s, in %.1f s\n", runner.tally().summary().c_str(), took.count());
  return 0;
}

}  // namespace
}  // namespace freshet::compat

int main(int argc, char** argv) { return freshet::compat::run(freshet::compat::parse(argc, argv)); }
