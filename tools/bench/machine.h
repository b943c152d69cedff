// What a reader must know to judge a number: machine, versions, commit, date.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "process.h"

namespace freshet {

using Facts = std::vector<std::pair<std::string, std::string>>;

Facts facts_of_run(const std::vector<Seat>& seats, const std::string& scale);

// How long a run takes, and what else its machine did meanwhile.
class Stopwatch {
 public:
  Stopwatch();
  // Minutes since the construction, and the share of the cpus' time that a hypervisor took.
  Facts facts() const;

 private:
  uint64_t began_ns_;
  uint64_t stolen_;  // ticks of all cpus
};

// Bytes that could be had without swapping.
uint64_t available_memory();

}  // namespace freshet
