// What the families of session and server commands share: their parts' rows, and how HELP answers.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "freshet/commands/command.h"

namespace freshet {

using Rows = std::span<const Command>;

Rows connection_rows();  // PING, AUTH, HELLO, SELECT …
Rows client_rows();      // CLIENT
Rows command_rows();     // COMMAND
Rows config_rows();      // CONFIG
Rows process_rows();     // TIME, LOLWUT, SHUTDOWN
Rows slowlog_rows();     // SLOWLOG
Rows latency_rows();     // LATENCY
Rows info_rows();        // INFO
Rows cachestats_rows();  // CACHESTATS

// One family of several parts, in their order.
std::vector<Command> join(std::initializer_list<Rows> parts);

// A HELP subcommand's reply, as Redis shapes it: a heading, the given lines, and HELP itself.
void reply_help(Reply& reply, std::string_view container, std::span<const std::string_view> lines);

// CLIENT SETNAME, and HELLO's option. False if the name is not allowed: the error is written.
bool set_client_name(Session& session, std::string_view name, Reply& reply);

}  // namespace freshet
