// SLOWLOG, as Redis 7.0 has it; the host keeps the log.
#include "commands/rows.h"
#include "freshet/base/numbers.h"
#include "freshet/commands/host.h"
#include "freshet/commands/session.h"

namespace freshet {
namespace {

constexpr int64_t kShown = 10;  // entries, if no count is given

void get(Session& session, Args args, Reply& reply) {
  if (args.size() > 3) {
    reply.error("ERR unknown subcommand or wrong number of arguments for '" + std::string(args[1]) +
                "'. Try SLOWLOG HELP.");
    return;
  }
  const auto count = args.size() == 3 ? parse_int(args[2]) : kShown;
  if (!count || *count < -1) {
    reply.error("ERR count should be greater than or equal to -1");
    return;
  }
  const size_t most = *count == -1 ? SIZE_MAX : static_cast<size_t>(*count);
  const std::vector<SlowEntry> entries = session.host.slow_log(most);
  reply.array(entries.size());
  for (const SlowEntry& entry : entries) {
    reply.array(6);
    reply.integer(static_cast<int64_t>(entry.id));
    reply.integer(entry.unix_seconds);
    reply.integer(entry.micros);
    reply.array(entry.args.size());
    for (const std::string& arg : entry.args) reply.bulk(arg);
    reply.bulk(entry.address);
    reply.bulk(entry.name);
  }
}

void len(Session& session, Args, Reply& reply) {
  reply.integer(static_cast<int64_t>(session.host.slow_count()));
}

void reset(Session& session, Args, Reply& reply) {
  session.host.slow_reset();
  reply.ok();
}

void help(Session&, Args, Reply& reply) {
  static constexpr std::string_view kLines[] = {
      "GET [<count>]",
      "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
      "    Entries are made of:",
      "    id, timestamp, time in microseconds, arguments array, client IP and port,",
      "    client name",
      "LEN",
      "    Return the length of the slowlog.",
      "RESET",
      "    Reset the slowlog.",
  };
  reply_help(reply, "SLOWLOG", kLines);
}

constexpr uint32_t kFlags = kAdmin | kLoading | kStale;

constexpr Command kRows[] = {
    {"slowlog", -2, kContainer, static_cast<SessionHandler>(nullptr), "server", "2.2.12", "",
     "Shows the commands that took long."},
    {"slowlog|get", -2, kFlags, get, "server", "2.2.12", "[count]",
     "Returns the newest entries of the slow log."},
    {"slowlog|help", 2, kLoading | kStale, help, "server", "6.2.0", "", "Lists the subcommands."},
    {"slowlog|len", 2, kFlags, len, "server", "2.2.12", "", "Counts the entries of the slow log."},
    {"slowlog|reset", 2, kFlags, reset, "server", "2.2.12", "", "Empties the slow log."},
};

}  // namespace

Rows slowlog_rows() { return kRows; }

}  // namespace freshet
