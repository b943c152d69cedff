// All commands, found by name. The one global: built from the families' rows before main, constant
// but for rename-command, which only start-up may call.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "freshet/commands/command.h"

namespace freshet {

// Each family's file ends with its rows.
std::span<const Command> string_commands();
std::span<const Command> bit_commands();
std::span<const Command> key_commands();
std::span<const Command> graph_commands();
std::span<const Command> session_commands();
std::span<const Command> server_commands();
std::span<const Command> warm_commands();

class CommandTable {
 public:
  struct Found {
    const Command* command = nullptr;    // the subcommand's row, if it has one
    const Command* container = nullptr;  // set when the name has subcommands
    size_t index = 0;                    // of the row: index_of(command)
  };

  // The whole table, as built.
  static CommandTable& all();

  // By the first argument and, for a container, the second. Any case.
  Found find(Args args) const;
  // By a full name, "get" or "config|get"; any case. nullptr if there is none.
  const Command* find_name(std::string_view name) const;
  // Top-level rows, and the rows of a container's subcommands, in the families' order.
  const std::vector<const Command*>& commands() const { return commands_; }
  std::vector<const Command*> subcommands(std::string_view container) const;

  // rename-command: `to` empty takes the command away. False if `from` is unknown or `to` taken.
  bool rename(std::string_view from, std::string_view to);

  // A dense number of each row, 0 … count()-1, for per-command counters.
  size_t index_of(const Command* command) const;
  // Its place in kFamilies.
  size_t family_of(size_t index) const { return families_[index]; }
  size_t count() const { return rows_.size(); }
  const Command& row(size_t index) const { return *rows_[index]; }

 private:
  struct Slot {
    uint64_t word = 0;  // the name's first eight bytes, lower case
    std::string name;
    const Command* command = nullptr;
    uint32_t index = 0;
    bool is_subcommand = false;
    bool empty() const { return name.empty(); }
  };

  CommandTable();
  void add(std::string name, const Command* command);
  void build();
  const Slot* find_slot(std::string_view name) const;

  std::vector<const Command*> rows_;
  std::vector<uint8_t> families_;
  std::vector<const Command*> commands_;
  std::vector<std::pair<std::string, const Command*>> names_;
  std::vector<Slot> slots_;  // open addressing, a power of two, at most half full
};

// A command as it came, and what is known of it.
struct Request {
  Args args;  // not empty
  CommandTable::Found found;
  std::span<const KeyArg> keys = {};  // as Command::hash_keys has them; or empty: nobody looked yet
};

}  // namespace freshet
