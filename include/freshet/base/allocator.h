// What the allocator says of itself and of the whole process. Slow: for reports, not for
// accounting.
#pragma once

#include <cstddef>
#include <string>

namespace freshet {

struct AllocatorFigures {
  size_t allocated;  // bytes handed out
  size_t active;     // in pages that hold such bytes
  size_t resident;   // mapped and touched
};

// All zero if the allocator keeps no figures.
AllocatorFigures allocator_figures();

// Its own report, many lines; empty if it has none.
std::string allocator_report();

// Gives unused pages back to the system.
void purge_allocator();

// Of the run of pages that an allocation stands in, cut into places of one size: how many there
// are, and how many are free. One that has pages of its own: one place, none free.
struct Run {
  size_t free, places;
  size_t bytes;
};
// Looks at the runs of `count` allocations. False if the allocator does not tell.
bool look_at_runs(const void* const* allocations, size_t count, Run* runs);

// Does it give back what is freed within a second? Else a resident set tells of the past, or, in a
// sanitizer's build, of the sanitizer.
#if defined(FRESHET_JEMALLOC)
inline constexpr bool kGivesBack = true;
#else
inline constexpr bool kGivesBack = false;
#endif

// From now on a thread of the allocator's own does that in its time: given back by whoever frees,
// the pages of a million values would hold up a core for milliseconds.
void purge_in_background();

}  // namespace freshet
