// What COMMAND says of a command beyond its row: how it uses its keys, hints for cluster proxies,
// cost.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "freshet/commands/command.h"

namespace freshet {

struct CommandInfo {
  std::string_view name;
  // How each key specification uses its keys, parted by ';': "RO access;OW update". The last one
  // covers all the keys that are left. "": by the row's flags.
  std::string_view use = {};
  std::string_view categories = {};  // ACL categories that flags and group do not imply, by spaces
  std::string_view tips = {};        // parted by spaces
  std::string_view complexity = {};  // "": O(1)
  std::string_view replaced_by = {}, deprecated_since = {};
};

const CommandInfo& info_of(const Command& command);

// One of Redis's key specifications, "begin at an index, take a range".
struct KeyUse {
  std::string_view flags;  // by spaces; "variable_flags": see use_of()
  int first;
  int last;  // from `first` on; negative: from the end of the arguments
  int step;
};
std::vector<KeyUse> key_uses(const Command& command);
// The flags of the key at args[index] in this call: SET and BITFIELD use it as their options say.
std::string_view use_of(const Command& command, Args args, int index);

// In Redis's order; names without '@'.
std::vector<std::string_view> categories_of(const Command& command);
std::vector<std::string_view> flag_names(const Command& command);

// Cut at each `separator`; no empty parts.
std::vector<std::string_view> cut(std::string_view text, char separator);

}  // namespace freshet
