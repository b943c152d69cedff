// TIME, LOLWUT and SHUTDOWN, and the family of server commands as a whole; its other members have
// files of their own.
#include "commands/lolwut.h"
#include "commands/rows.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/commands/command_table.h"
#include "freshet/commands/context.h"
#include "freshet/commands/host.h"

namespace freshet {
namespace {

// The clock of the turn: milliseconds.
void time(Session& session, Args, Reply& reply) {
  reply.array(2);
  reply.bulk(int64_t{session.now / 1000});
  reply.bulk(int64_t{session.now % 1000 * 1000});
}

// There is one drawing, whatever the version and its parameters.
void lolwut(Session&, Args args, Reply& reply) {
  if (args.size() >= 3 && is_word(args[1], "version")) {
    for (const std::string_view number : args.subspan(2)) {
      if (parse_int(number)) continue;
      reply.error("ERR value is not an integer or out of range");
      return;
    }
  }
  reply.verbatim(draw_freshet(14, 60) + "\nFreshet ver. " FRESHET_VERSION "\n");
}

// Nothing is ever saved, and what is in flight is always answered: SAVE, NOW and FORCE change
// nothing. A shutdown can't be aborted, as it does not wait.
void shutdown(Session& session, Args args, Reply& reply) {
  bool save = false, nosave = false, abort = false, other = false;
  for (const std::string_view word : args.subspan(1)) {
    if (is_word(word, "save")) {
      save = true;
    } else if (is_word(word, "nosave")) {
      nosave = true;
    } else if (is_word(word, "abort")) {
      abort = true;
    } else if (is_word(word, "now") || is_word(word, "force")) {
      other = true;
    } else {
      reply.error("ERR syntax error");
      return;
    }
  }
  if ((save && nosave) || (abort && (save || nosave || other))) {
    reply.error("ERR syntax error");
  } else if (abort) {
    reply.error("ERR No shutdown in progress.");
  } else {
    session.host.shutdown();
  }
}

constexpr Command kRows[] = {
    {"lolwut", -1, kReadOnly | kFast, lolwut, "server", "5.0.0", "[VERSION version]",
     "Draws a picture, and names the version."},
    {"shutdown", -1, kAdmin | kNoScript | kLoading | kStale | kNoMulti | kAllowBusy, shutdown,
     "server", "1.0.0", "[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]", "Ends the server."},
    {"time", 1, kLoading | kStale | kFast, time, "server", "2.6.0", "",
     "Returns the server's time."},
};

}  // namespace

Rows process_rows() { return kRows; }

std::span<const Command> server_commands() {
  static const std::vector<Command> rows =
      join({command_rows(), config_rows(), process_rows(), slowlog_rows(), latency_rows(),
            info_rows(), cachestats_rows()});
  return rows;
}

}  // namespace freshet
