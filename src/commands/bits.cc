#include "freshet/commands/command_table.h"

namespace freshet {

std::span<const Command> bit_commands() { return {}; }

}  // namespace freshet
