// Proves that the history test is worth something: with readers that overlook kills it must report
// stale reads. Linked with a core that has such defects (FRESHET_MUTANTS).
#define DOCTEST_CONFIG_IMPLEMENT  // the harness brings doctest, which wants to be linked once
#include <cstdio>

#include "../stampede.h"
#include "freshet/base/mutant.h"

namespace freshet {
namespace {

constexpr int kCommands = 4'000;  // of each core
constexpr int kTries = 10;

struct Defect {
  Mutant number;
  const char* name;
};
constexpr Defect kDefects[] = {
    {kNodeKillUnseen, "readers do not see kills by tag or dependency"},
    {kPatternKillUnseen, "readers do not see kills by pattern"},
    {kFenceIgnored, "fences let everything in"},
};

Verdict run() {
  House house(8);
  house.options.settings.invalidate_at_once = 0;
  return stampede(house, kCommands).verdict;
}

bool caught(const Defect& defect) {
  active_mutant = defect.number;
  Verdict verdict;
  int tries = 0;
  while (tries < kTries && verdict.stale + verdict.false_accepts == 0) {
    verdict = run();
    ++tries;
  }
  active_mutant = kNoMutant;
  std::printf("%2d %6llu stale reads, %4llu false accepts in %d runs  %s\n", defect.number,
              static_cast<unsigned long long>(verdict.stale),
              static_cast<unsigned long long>(verdict.false_accepts), tries, defect.name);
  const uint64_t wanted = defect.number == kFenceIgnored ? verdict.false_accepts : verdict.stale;
  return wanted != 0;
}

}  // namespace
}  // namespace freshet

int main() {
  using namespace freshet;
  int escaped = 0;
  for (const Defect& defect : kDefects) escaped += !caught(defect);
  const Verdict sane = run();
  std::printf("%s\n", sane.clean() ? "without a defect nothing is found" : sane.first.c_str());
  return escaped == 0 && sane.clean() ? 0 : 1;
}
