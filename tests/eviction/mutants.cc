// Proves that the parts of the learning policy are worth their bytes: with each of them switched
// off some workload must lose hits. Linked with a core that has the switches (FRESHET_MUTANTS).
#include <cstdio>

#include "freshet/base/mutant.h"
#include "workloads.h"

namespace freshet::eviction {
namespace {

struct Workload {
  const char* name;
  Stream stream;
  size_t capacity;
};

struct Part {
  Mutant off;
  const char* name;
  double least;  // points that some workload must lose
};
constexpr Part kParts[] = {
    {kNothingLearned, "learning", 4}, {kNoGhosts, "ghosts", 1}, {kNoRecents, "recents", 1}};

double adaptive(const Workload& workload, Mutant off) {
  active_mutant = off;
  return hit_ratio(workload.stream, {EvictionPolicy::kAllKeysAdaptive, workload.capacity});
}

// How many parts could be left out.
int idle_parts() {
  constexpr size_t kLength = 150'000;
  const Workload workloads[] = {{"zipf", zipf(kLength, 50'000, 0.9, 1), 1000},
                                {"loop", loop(kLength, 5000), 1000},
                                {"shifting", shifting(kLength, 5000, 3), 500}};
  int idle = 0;
  double whole[std::size(workloads)];
  for (size_t i = 0; i < std::size(workloads); ++i) whole[i] = adaptive(workloads[i], kNoMutant);
  for (const Part& part : kParts) {
    double most = -100;
    const char* where = "";
    for (size_t i = 0; i < std::size(workloads); ++i) {
      const double lost = whole[i] - adaptive(workloads[i], part.off);
      std::printf("without %-9s %-9s %6.2f of %6.2f %%\n", part.name, workloads[i].name, -lost,
                  whole[i]);
      if (lost > most) {
        most = lost;
        where = workloads[i].name;
      }
    }
    const bool earns = most >= part.least;
    std::printf("%s %s: %.2f points (%s)\n", earns ? "earns its keep:" : "IDLE:", part.name, most,
                where);
    idle += !earns;
  }
  return idle;
}

}  // namespace
}  // namespace freshet::eviction

int main() { return freshet::eviction::idle_parts() == 0 ? 0 : 1; }
