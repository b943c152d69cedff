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

// Bytes that could be had without swapping.
uint64_t available_memory();

}  // namespace freshet
