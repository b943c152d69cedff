#include "commands/rows.h"

#include <string>

namespace freshet {

std::vector<Command> join(std::initializer_list<Rows> parts) {
  std::vector<Command> rows;
  for (const Rows part : parts) rows.insert(rows.end(), part.begin(), part.end());
  return rows;
}

void reply_help(Reply& reply, std::string_view container, std::span<const std::string_view> lines) {
  reply.array(lines.size() + 3);
  reply.status(std::string(container) +
               " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const std::string_view line : lines) reply.status(line);
  reply.status("HELP");
  reply.status("    Prints this help.");
}

}  // namespace freshet
