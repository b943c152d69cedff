// The differential test: random commands on a real Redis and on the server under test; every
// reply must be the same. See docs/compatibility.md.
#include <stdlib.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "escape.h"
#include "generator.h"
#include "options.h"
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

// A directory that goes away with its owner.
class Directory {
 public:
  Directory() {
    char name[] = "/tmp/freshet-differential-XXXXXX";
    if (::mkdtemp(name) == nullptr) {
      std::perror(name);
      std::exit(1);
    }
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
  // Redis's default for DEBUG; Freshet's lets clients on the same machine in.
  std::vector<std::string> args = {"--protected-mode", "no", "--enable-debug-command", "no"};
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

bool started(ServerProcess* server) {
  if (server->start()) return true;
  std::fprintf(stderr, "differential: %s does not start\n%s", server->program().c_str(),
               server->last_words().c_str());
  return false;
}

int run(const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  const Directory directory;
  ServerProcess reference(options.reference, directory.path() + "/reference",
                          reference_options(options));
  ServerProcess tested(options.server, directory.path() + "/tested", tested_options(options));
  if (!started(&reference) || !started(&tested)) return 1;
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

int main(int argc, char** argv) {
  return freshet::compat::run(freshet::compat::parse_options(argc, argv));
}
