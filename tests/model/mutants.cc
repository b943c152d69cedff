// Proves that the model test is worth something: each of ten deliberate defects in the engine must
// make it fail. Linked with a core that has them (FRESHET_MUTANTS).
#include <cstdio>

#include "freshet/base/mutant.h"
#include "runner.h"

namespace freshet::model {
namespace {

constexpr uint64_t kMost = 300000;  // commands until a defect must have shown
constexpr uint64_t kEpisode = 2000;
constexpr uint32_t kShards = 3;

struct Defect {
  Mutant number;
  const char* name;
  bool generated = true;  // the commands that show it are
};
constexpr Defect kDefects[] = {
    {kOverwriteForgotten, "an overwrite does not reach the dependents"},
    {kLengthCutoff, "early cutoff compares lengths only"},
    {kEditForgotten, "an edit in place does not reach the dependents"},
    {kEvictionChanges, "an eviction counts as a change"},
    {kDeadlineForgotten, "an earlier deadline is not passed on"},
    {kSetKeepsDeclarations, "a plain SET keeps the old declarations"},
    {kRenameLosesTags, "RENAME loses the tags"},
    {kShallowLoopCheck, "the loop check stops after one level"},
    {kFenceIgnoresDeps, "a fence ignores the dependencies", kBuilt.fetch&& kBuilt.fence},
    {kTagShardForgotten, "a tag's kill forgets one shard"},
};

// After how many commands the active mutant is caught; 0: never.
uint64_t caught_after() {
  Tally tally;
  Rng seeds(1);
  while (tally.commands < kMost) {
    if (!run_episode(seeds.next(), kEpisode, kShards, tally).wrong.empty()) return tally.commands;
  }
  return 0;
}

}  // namespace
}  // namespace freshet::model

int main() {
  using namespace freshet::model;
  int escaped = 0;
  for (const Defect& defect : kDefects) {
    if (!defect.generated) {
      std::printf("%2d  not built yet         %s\n", defect.number, defect.name);
      continue;
    }
    freshet::active_mutant = defect.number;
    const uint64_t commands = caught_after();
    std::printf("%2d  %s%8llu commands  %s\n", defect.number, commands == 0 ? "ESCAPED " : "",
                static_cast<unsigned long long>(commands), defect.name);
    escaped += commands == 0;
  }
  freshet::active_mutant = freshet::kNoMutant;
  Tally tally;
  const bool sane = run_episode(1, kEpisode, kShards, tally).wrong.empty();
  std::printf("%s\n", sane ? "without a defect nothing is found" : "FAILED without any defect");
  return escaped == 0 && sane ? 0 : 1;
}
