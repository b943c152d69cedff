// Workloads made up on the spot, so that hit ratios can be measured without any file. The same
// arguments give the same requests on any machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trace.h"

namespace freshet {

struct WorkloadSpec {
  size_t requests = 1'000'000;
  uint32_t keys = 100'000;  // of the popular part; what is read once comes on top
  double alpha = 0.99;
  uint64_t seed = 1;
};

// zipf   independent draws, Zipf(alpha)
// scan   zipf; after every 50,000 requests the next 20,000 of ten times as many cold keys, in turn
// shift  zipf whose ranking moves on by a twentieth of the keys every 100,000 requests
// ohw    half of the requests are for keys that are never seen again, the other half zipf
// loop   all keys in turn, again and again
// phase  in thirds: zipf; a loop over 60 % as many other keys; zipf, of which 70 % are drawn again
//        from the last 1,000 requests
const std::vector<std::string>& workload_names();

// REQUIRES: `kind` is one of them; requests and keys are at least 1.
Trace make_workload(const std::string& kind, const WorkloadSpec& spec);

}  // namespace freshet
