// COMMAND and its subcommands, as Redis 7.0 has them: everything is read off the rows and
// command_info.
#include <algorithm>

#include "commands/command_info.h"
#include "commands/rows.h"
#include "commands/syntax.h"
#include "freshet/base/glob.h"
#include "freshet/base/text.h"
#include "freshet/commands/command_table.h"

namespace freshet {
namespace {

CommandTable& table() { return CommandTable::all(); }

void reply_statuses(Reply& reply, const std::vector<std::string_view>& texts,
                    std::string_view prefix = "") {
  reply.set(texts.size());
  for (const std::string_view text : texts) {
    std::string line(prefix);
    line += text;
    reply.status(line);
  }
}

void reply_key_use(Reply& reply, const KeyUse& use) {
  reply.map(3);
  reply.bulk("flags");
  reply_statuses(reply, cut(use.flags, ' '));
  reply.bulk("begin_search");
  reply.map(2);
  reply.bulk("type");
  reply.bulk("index");
  reply.bulk("spec");
  reply.map(1);
  reply.bulk("index");
  reply.integer(use.first);
  reply.bulk("find_keys");
  reply.map(2);
  reply.bulk("type");
  reply.bulk("range");
  reply.bulk("spec");
  reply.map(3);
  reply.bulk("lastkey");
  reply.integer(use.last);
  reply.bulk("keystep");
  reply.integer(use.step);
  reply.bulk("limit");
  reply.integer(0);
}

void reply_info(Reply& reply, const Command& command) {
  reply.array(10);
  reply.bulk(command.name);
  reply.integer(command.arity);
  reply_statuses(reply, flag_names(command));
  reply.integer(command.keys.first);
  reply.integer(command.keys.last);
  reply.integer(command.keys.step);
  reply_statuses(reply, categories_of(command), "@");
  const auto tips = cut(info_of(command).tips, ' ');
  reply.set(tips.size());
  for (const std::string_view tip : tips) reply.bulk(tip);
  const auto uses = key_uses(command);
  reply.set(uses.size());
  for (const KeyUse& use : uses) reply_key_use(reply, use);
  const auto subcommands = table().subcommands(command.name);
  if (subcommands.empty()) {
    reply.set(0);
  } else {
    reply.array(subcommands.size());
  }
  for (const Command* subcommand : subcommands) reply_info(reply, *subcommand);
}

void command(Session&, Args, Reply& reply) {
  reply.array(table().commands().size());
  for (const Command* row : table().commands()) reply_info(reply, *row);
}

void info(Session& session, Args args, Reply& reply) {
  if (args.size() == 2) {
    command(session, args, reply);
    return;
  }
  reply.array(args.size() - 2);
  for (const std::string_view name : args.subspan(2)) {
    const Command* found = table().find_name(name);
    if (found == nullptr) {
      reply.nil();
    } else {
      reply_info(reply, *found);
    }
  }
}

void count(Session&, Args, Reply& reply) {
  reply.integer(static_cast<int64_t>(table().commands().size()));
}

// --- DOCS ----------------------------------------------------------------------------------------

void reply_arguments(Reply& reply, const std::vector<Argument>& arguments, int specs, int& keys);

// `keys`: arguments that are keys so far; `specs`: key specifications of the command.
void reply_argument(Reply& reply, const Argument& argument, int specs, int& keys) {
  const bool is_key = argument.type == "key" && specs > 0;
  const bool flagged = argument.optional || argument.multiple;
  reply.map(2 + size_t{is_key} + size_t{!argument.token.empty()} + size_t{flagged} +
            size_t{!argument.parts.empty()});
  reply.bulk("name");
  reply.bulk(argument.name);
  reply.bulk("type");
  reply.bulk(argument.type == "key" && !is_key ? "string" : std::string_view(argument.type));
  if (is_key) {
    reply.bulk("key_spec_index");
    reply.integer(std::min(keys++, specs - 1));
  }
  if (!argument.token.empty()) {
    reply.bulk("token");
    reply.bulk(argument.token);
  }
  if (flagged) {
    std::vector<std::string_view> flags;
    if (argument.optional) flags.push_back("optional");
    if (argument.multiple) flags.push_back("multiple");
    if (argument.multiple_token) flags.push_back("multiple_token");
    reply.bulk("flags");
    reply_statuses(reply, flags);
  }
  if (!argument.parts.empty()) {
    reply.bulk("arguments");
    reply_arguments(reply, argument.parts, specs, keys);
  }
}

void reply_arguments(Reply& reply, const std::vector<Argument>& arguments, int specs, int& keys) {
  reply.array(arguments.size());
  for (const Argument& argument : arguments) reply_argument(reply, argument, specs, keys);
}

void reply_pair(Reply& reply, std::string_view name, std::string_view value) {
  reply.bulk(name);
  reply.bulk(value);
}

void reply_docs(Reply& reply, const Command& row) {
  const CommandInfo& more = info_of(row);
  const auto arguments = parse_syntax(row.syntax);
  const auto subcommands = table().subcommands(row.name);
  const bool deprecated = !more.deprecated_since.empty();
  reply.bulk(row.name);
  reply.map(4 + size_t{!arguments.empty()} + size_t{!subcommands.empty()} + size_t{deprecated} * 3);
  reply_pair(reply, "summary", row.summary);
  reply_pair(reply, "since", row.since);
  reply_pair(reply, "group", row.group);
  reply_pair(reply, "complexity", more.complexity.empty() ? "O(1)" : more.complexity);
  if (deprecated) {
    reply.bulk("doc_flags");
    reply_statuses(reply, {"deprecated"});
    reply_pair(reply, "deprecated_since", more.deprecated_since);
    reply_pair(reply, "replaced_by", more.replaced_by);
  }
  if (!arguments.empty()) {
    int keys = 0;
    reply.bulk("arguments");
    reply_arguments(reply, arguments, static_cast<int>(key_uses(row).size()), keys);
  }
  if (!subcommands.empty()) {
    reply.bulk("subcommands");
    reply.map(subcommands.size());
    for (const Command* subcommand : subcommands) reply_docs(reply, *subcommand);
  }
}

void docs(Session&, Args args, Reply& reply) {
  std::vector<const Command*> rows;
  if (args.size() == 2) {
    rows = table().commands();
  } else {
    for (const std::string_view name : args.subspan(2)) {
      if (const Command* found = table().find_name(name)) rows.push_back(found);
    }
  }
  reply.map(rows.size());
  for (const Command* row : rows) reply_docs(reply, *row);
}

// --- LIST ----------------------------------------------------------------------------------------

bool in_category(const Command& row, std::string_view category) {
  const auto categories = categories_of(row);
  return std::any_of(categories.begin(), categories.end(),
                     [&](std::string_view name) { return is_word(category, name); });
}

void list(Session&, Args args, Reply& reply) {
  const bool filtered = args.size() == 5 && is_word(args[2], "filterby");
  const bool by_module = filtered && is_word(args[3], "module");
  const bool by_category = filtered && is_word(args[3], "aclcat");
  const bool by_pattern = filtered && is_word(args[3], "pattern");
  if (args.size() != 2 && !by_module && !by_category && !by_pattern) {
    reply.error("ERR syntax error");
    return;
  }
  std::vector<std::string_view> names;
  for (size_t i = 0; i < table().count(); ++i) {
    const Command& row = table().row(i);
    if (by_module || (by_category && !in_category(row, args[4])) ||
        (by_pattern && !glob_match_nocase(args[4], row.name))) {
      continue;
    }
    names.push_back(row.name);
  }
  reply.array(names.size());
  for (const std::string_view name : names) reply.bulk(name);
}

// --- GETKEYS -------------------------------------------------------------------------------------

// The row of a full command, and its keys. nullptr: the error is written.
const Command* find_keys(Args args, std::vector<KeyArg>& keys, Reply& reply) {
  const Command* row = table().find(args).command;
  if (row == nullptr) {
    reply.error("ERR Invalid command specified");
    return nullptr;
  }
  if (!row->has_keys()) {
    reply.error("ERR The command has no key arguments");
    return nullptr;
  }
  if (!row->arity_fits(args.size())) {
    reply.error("ERR Invalid number of arguments specified for command");
    return nullptr;
  }
  row->find_keys(args, keys);
  if (keys.empty()) {
    reply.error("ERR Invalid arguments specified for command");
    return nullptr;
  }
  return row;
}

void getkeys(Session&, Args args, Reply& reply) {
  const Args full = args.subspan(2);
  std::vector<KeyArg> keys;
  if (find_keys(full, keys, reply) == nullptr) return;
  reply.array(keys.size());
  for (const KeyArg& key : keys) reply.bulk(full[key.arg]);
}

void getkeysandflags(Session&, Args args, Reply& reply) {
  const Args full = args.subspan(2);
  std::vector<KeyArg> keys;
  const Command* row = find_keys(full, keys, reply);
  if (row == nullptr) return;
  reply.array(keys.size());
  for (const KeyArg& key : keys) {
    reply.array(2);
    reply.bulk(full[key.arg]);
    reply_statuses(reply, cut(use_of(*row, full, static_cast<int>(key.arg)), ' '));
  }
}

void help(Session&, Args, Reply& reply) {
  static constexpr std::string_view kLines[] = {
      "(no subcommand)",
      "    Return details about all Redis commands.",
      "COUNT",
      "    Return the total number of commands in this Redis server.",
      "LIST",
      "    Return a list of all commands in this Redis server.",
      "INFO [<command-name> ...]",
      "    Return details about multiple Redis commands.",
      "    If no command names are given, documentation details for all",
      "    commands are returned.",
      "DOCS [<command-name> ...]",
      "    Return documentation details about multiple Redis commands.",
      "    If no command names are given, documentation details for all",
      "    commands are returned.",
      "GETKEYS <full-command>",
      "    Return the keys from a full Redis command.",
      "GETKEYSANDFLAGS <full-command>",
      "    Return the keys and the access flags from a full Redis command.",
  };
  reply_help(reply, "COMMAND", kLines);
}

constexpr uint32_t kFlags = kLoading | kStale;

constexpr Command kRows[] = {
    {"command", -1, kFlags | kContainer, command, "server", "2.8.13", "",
     "Describes all commands."},
    {"command|count", 2, kFlags, count, "server", "2.8.13", "", "Counts the commands."},
    {"command|docs", -2, kFlags, docs, "server", "7.0.0", "[command-name [command-name ...]]",
     "Documents commands."},
    {"command|getkeys", -4, kFlags, getkeys, "server", "2.8.13", "command [arg [arg ...]]",
     "Returns the keys among a command's arguments."},
    {"command|getkeysandflags", -4, kFlags, getkeysandflags, "server", "7.0.0",
     "command [arg [arg ...]]",
     "Returns the keys among a command's arguments, and how each is used."},
    {"command|help", 2, kFlags, help, "server", "5.0.0", "", "Lists the subcommands."},
    {"command|info", -2, kFlags, info, "server", "2.8.13", "[command-name [command-name ...]]",
     "Describes commands: arity, flags, keys."},
    {"command|list", -2, kFlags, list, "server", "7.0.0",
     "[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
     "Lists the names of the commands."},
};

}  // namespace

Rows command_rows() { return kRows; }

}  // namespace freshet
