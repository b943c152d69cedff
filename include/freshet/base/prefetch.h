// Asks for a cache line before it is needed.
#pragma once

namespace freshet {

[[gnu::always_inline]] inline void prefetch(const void* line) {
  __builtin_prefetch(line);
  // GCC takes a function that only prefetches for one without effect, and drops the calls to it.
  asm volatile("");
}

}  // namespace freshet
