#include "freshet/base/allocator.h"

#include <cstdint>

#include "freshet/base/alloc.h"

#if defined(FRESHET_JEMALLOC)
// Read by jemalloc before main(); what MALLOC_CONF says prevails. Entries of 64, 128, 256 bytes and
// so on would come in runs of one page, and each run has 128 bytes of jemalloc's own beside it: 1
// to 128 bytes an entry. Four pages make that as little as the classes between have.
const char* malloc_conf =
    "slab_sizes:32-32:4|64-64:4|128-128:4|256-256:4|512-512:4|1024-1024:4|2048-2048:4|"
    "4096-4096:4";
#endif

namespace freshet {

#if defined(FRESHET_JEMALLOC)
namespace {

// jemalloc's default is 10 s. A cache at its limit takes again at once what it freed; what it does
// not take for a twentieth of a second is of sizes that are not in demand any more.
constexpr ssize_t kDecayMillis = 50;

size_t read_figure(const char* name) {
  size_t value = 0;
  size_t size = sizeof value;
  if (mallctl(name, &value, &size, nullptr, 0) != 0) return 0;
  return value;
}

void append(void* text, const char* part) { static_cast<std::string*>(text)->append(part); }

}  // namespace

AllocatorFigures allocator_figures() {
  uint64_t epoch = 1;  // writing it brings the figures up to date
  size_t size = sizeof epoch;
  mallctl("epoch", &epoch, &size, &epoch, size);
  return {read_figure("stats.allocated"), read_figure("stats.active"),
          read_figure("stats.resident")};
}

std::string allocator_report() {
  std::string text;
  malloc_stats_print(append, &text, nullptr);
  return text;
}

void purge_allocator() {
  const std::string name = "arena." + std::to_string(MALLCTL_ARENAS_ALL) + ".purge";
  mallctl(name.c_str(), nullptr, nullptr, nullptr, 0);
}

// jemalloc writes three numbers for each pointer, in this order.
bool look_at_runs(const void* const* allocations, size_t count, Run* runs) {
  struct Query {
    size_t mib[4];
    size_t length = 4;
    bool known = mallctlnametomib("experimental.utilization.batch_query", mib, &length) == 0;
  };
  static const Query query = {};
  size_t bytes = count * sizeof *runs;
  return query.known &&
         mallctlbymib(query.mib, query.length, runs, &bytes, const_cast<const void**>(allocations),
                      count * sizeof *allocations) == 0;
}

void purge_in_background() {
  ssize_t decay = kDecayMillis;
  mallctl("arenas.dirty_decay_ms", nullptr, nullptr, &decay, sizeof decay);
  mallctl("arena.0.dirty_decay_ms", nullptr, nullptr, &decay, sizeof decay);
  bool on = true;
  mallctl("background_thread", nullptr, nullptr, &on, sizeof on);
}

#else

AllocatorFigures allocator_figures() { return {}; }
std::string allocator_report() { return {}; }

void purge_allocator() {
#if defined(FRESHET_MIMALLOC)
  mi_collect(true);
#endif
}

bool look_at_runs(const void* const*, size_t, Run*) { return false; }

void purge_in_background() {}

#endif

}  // namespace freshet
