// CONFIG, as Redis 7.0 has it; what the options are is the business of Options.
#include "commands/figures.h"
#include "commands/rows.h"
#include "freshet/commands/options.h"
#include "freshet/commands/session.h"

namespace freshet {
namespace {

void get(Session& session, Args args, Reply& reply) {
  const auto found = session.host.options().get({args.begin() + 2, args.end()});
  reply.map(found.size());
  for (const auto& [name, value] : found) {
    reply.bulk(name);
    reply.bulk(value);
  }
}

void set(Session& session, Args args, Reply& reply) {
  if (args.size() % 2 != 0) {
    reply.error("ERR syntax error");
    return;
  }
  std::vector<std::pair<std::string, std::string>> changes;
  for (size_t i = 2; i < args.size(); i += 2) changes.emplace_back(args[i], args[i + 1]);
  const std::string error = session.host.options().set(changes);
  if (error.empty()) {
    reply.ok();
  } else {
    reply.error(error);
  }
}

void reset_stat(Context& c) {
  reset_figures(c.router, c.host);
  c.reply.ok();
}

void rewrite(Session& session, Args, Reply& reply) {
  const std::string error = session.host.options().rewrite();
  if (error.empty()) {
    session.host.log("notice", "CONFIG REWRITE executed with success.");
    reply.ok();
  } else {
    reply.error(error);
  }
}

void help(Session&, Args, Reply& reply) {
  static constexpr std::string_view kLines[] = {
      "GET <pattern>",
      "    Return parameters matching the glob-like <pattern> and their values.",
      "SET <directive> <value>",
      "    Set the configuration <directive> to <value>.",
      "RESETSTAT",
      "    Reset statistics reported by the INFO command.",
      "REWRITE",
      "    Rewrite the configuration file.",
  };
  reply_help(reply, "CONFIG", kLines);
}

constexpr uint32_t kFlags = kAdmin | kNoScript | kLoading | kStale;

constexpr Command kRows[] = {
    {"config", -2, kContainer, static_cast<SessionHandler>(nullptr), "server", "2.0.0", "",
     "Reads and changes the options."},
    {"config|get", -3, kFlags, get, "server", "2.0.0", "parameter [parameter ...]",
     "Returns options and their values."},
    {"config|help", 2, kLoading | kStale, help, "server", "5.0.0", "", "Lists the subcommands."},
    {"config|resetstat", 2, kFlags, no_keys(), Verb::kHere, reset_stat, "server", "2.0.0", "",
     "Sets the counters of INFO and CACHESTATS to zero."},
    {"config|rewrite", 2, kFlags, rewrite, "server", "2.8.0", "",
     "Writes the options to the configuration file."},
    {"config|set", -4, kFlags, set, "server", "2.0.0", "parameter value [parameter value ...]",
     "Changes options, all or none."},
};

}  // namespace

Rows config_rows() { return kRows; }

}  // namespace freshet
