#include "freshet/commands/command_table.h"

namespace freshet {

std::span<const Command> server_commands() { return {}; }

}  // namespace freshet
