#include "freshet/commands/command_table.h"

namespace freshet {

std::span<const Command> key_commands() { return {}; }

}  // namespace freshet
