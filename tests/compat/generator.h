// Turns a seed into steps. Knows the rows' weights and how a command is spoilt; what the commands
// are is in the rows' files.
#pragma once

#include <cstdint>
#include <vector>

#include "draw.h"
#include "step.h"

namespace freshet::compat {

// A command drawn from the string, bit and key families, as COMMAND GETKEYS needs it.
Args data_command(Draw& draw);
// The name of such a command, or of a subcommand.
std::string data_command_name(Draw& draw);

// One round: `count` steps from a fresh state, and behind them the comparison of the whole state.
// Some rounds speak RESP3 from the start, some begin with keys whose short deadlines pass.
std::vector<Step> draw_round(uint64_t seed, size_t count);

}  // namespace freshet::compat
