#include "freshet/commands/command_table.h"

namespace freshet {

std::span<const Command> session_commands() { return {}; }

}  // namespace freshet
