#include "freshet/commands/command_table.h"

namespace freshet {

std::span<const Command> graph_commands() { return {}; }

}  // namespace freshet
