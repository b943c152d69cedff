// What the files of the generic family share: their rows, and how they read and name things.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "freshet/commands/command.h"
#include "freshet/engine/entry.h"

namespace freshet {

class Context;

// Joined by key_commands() in keys.cc.
std::span<const Command> transfer_rows();  // transfer.cc
std::span<const Command> expire_rows();    // expire.cc
std::span<const Command> scan_rows();      // scan.cc
std::span<const Command> object_rows();    // object.cc
std::span<const Command> memory_rows();    // memory.cc
std::span<const Command> debug_rows();     // debug.cc

// As TYPE says it.
std::string_view type_name(Type type);

// As OBJECT ENCODING and OBJECT REFCOUNT say it.
std::string_view encoding_name(const Entry* entry);
int64_t refcount_of(const Context& c, const Entry* entry);

// args[arg] as the number of a database; else the error is written (COPY, MOVE).
std::optional<int> database_arg(Context& c, size_t arg);

// A container's HELP: one status line each.
void reply_help(Reply& reply, std::span<const std::string_view> lines);

}  // namespace freshet
