// A trace: the keys that a cache is asked for, one after the other. Where it comes from (a file, a
// generator) is nobody's business but trace.cc's and workload.cc's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace freshet {

struct Trace {
  std::string name;
  std::vector<uint32_t> keys;  // numbered from 0 in the order of first use
  uint32_t distinct = 0;

  // Distinct keys among the first `requests`: what cache sizes are a percentage of.
  uint32_t distinct_within(size_t requests) const;
};

// Sizes are a percentage of the distinct keys among so many first requests.
inline constexpr size_t kSizingWindow = 1'200'000;

// Capacity in keys that is `percent` of a trace; at least 1.
size_t capacity_of(const Trace& trace, double percent);

// Numbers any keys in the order of their first use.
Trace make_trace(std::string name, const std::vector<uint64_t>& keys);

struct TraceFile {
  Trace trace;
  std::string error;  // why it could not be read; "" if it was
};

// Lines of `key size`, keys decimal numbers; the size is ignored. A file that ends in .xz goes
// through the program xz. Reads at most `most` requests.
TraceFile read_trace(const std::string& path, size_t most);

}  // namespace freshet
