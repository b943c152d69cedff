#include "freshet/commands/dispatcher.h"

#include <algorithm>

#include "freshet/base/text.h"
#include "freshet/base/ticks.h"
#include "freshet/commands/options.h"

namespace freshet {
namespace {

constexpr size_t kShownArgs = 128;    // of an unknown command, in bytes (Redis 7.0, server.c)
constexpr int kSlowArgs = 32;         // SLOWLOG_ENTRY_MAX_ARGC
constexpr size_t kSlowArgSize = 128;  // SLOWLOG_ENTRY_MAX_STRING

constexpr std::string_view kDebugRefused =
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you "
    "can run "
    "it from a local connection, otherwise you need to set this option in the configuration file, "
    "and "
    "then restart the server.";

bool may_debug(const Session& session) {
  const std::string who = session.host.options().text("enable-debug-command");
  return who == "yes" || (who == "local" && session.local);
}

Blob* blob_of_parser(const void* parser, size_t arg) {
  return static_cast<const Parser*>(parser)->blob(arg);
}

std::string unknown_command(Args args) {
  std::string shown;
  for (size_t i = 1; i < args.size() && shown.size() < kShownArgs; ++i) {
    const size_t room = kShownArgs - shown.size();  // as Redis counts it: without this quote
    shown += '\'';
    shown += c_text(args[i].substr(0, room));
    shown += "' ";
  }
  return "ERR unknown command '" + std::string(c_text(args[0].substr(0, kShownArgs))) +
         "', with args beginning with: " + shown;
}

// Passwords are not for the slow log: how many arguments from args[i] on to hide, as Redis does.
size_t secret_at(Args args, size_t i) {
  if (is_word(args[0], "auth")) return i == 1 ? args.size() - 1 : 0;
  if (is_word(args[0], "hello")) return i > 2 && is_word(args[i - 1], "auth") ? 2 : 0;
  const bool config_set = is_word(args[0], "config") && is_word(args[1], "set");
  return config_set && i > 2 && is_word(args[i - 1], "requirepass") ? 1 : 0;
}

}  // namespace

Dispatcher::Dispatcher(Router& router, Host& host, CoreStats& stats)
    : router_(router), host_(host), stats_(stats), table_(CommandTable::all()) {}

void Dispatcher::watch(int64_t slow_micros, int64_t latency_millis, double ticks_per_micro) {
  const auto ticks_of = [&](int64_t micros) {
    return static_cast<uint64_t>(static_cast<double>(micros) * ticks_per_micro);
  };
  ticks_per_micro_ = ticks_per_micro;
  slow_ticks_ = slow_micros < 0 ? UINT64_MAX : ticks_of(slow_micros);
  const uint64_t latency = latency_millis <= 0 ? UINT64_MAX : ticks_of(latency_millis * 1000);
  watched_ticks_ = std::min(slow_ticks_, latency);
}

// What can be said at once of nearly every command.
inline bool Dispatcher::fits(const Session& session, const Request& request) const {
  const Command* command = request.found.command;
  return command != nullptr && command->arity_fits(request.args.size()) && session.authenticated &&
         !(command->flags & kGuarded) && (!(command->flags & kDenyOom) || router_.has_room());
}

bool Dispatcher::admit(Session& session, const Request& request, Reply& reply) {
  const auto& [args, found, keys] = request;
  const Command* command = found.command;
  if (command == nullptr) {
    if (found.container != nullptr) {
      std::string container(found.container->name);
      for (char& c : container) c = static_cast<char>(std::toupper(c));
      reply.error("ERR unknown subcommand '" + std::string(c_text(args[1].substr(0, kShownArgs))) +
                  "'. Try " + container + " HELP.");
    } else if (is_word(args[0], "post") || is_word(args[0], "host:")) {
      // A browser was talked into sending this (cross-protocol scripting): say nothing, and hang
      // up.
      session.close_after_reply = true;
    } else {
      reply.error(unknown_command(args));
    }
    return false;
  }
  CommandStats& counts = stats_.by_command[found.index];
  if (!command->arity_fits(args.size())) {
    counts.rejected.add();
    reply.error("ERR wrong number of arguments for '" + std::string(command->name) + "' command");
    return false;
  }
  if ((command->flags & kGuarded) && !may_debug(session)) [[unlikely]] {
    counts.rejected.add();
    reply.error(kDebugRefused);
    return false;
  }
  if (!session.authenticated && !(command->flags & kNoAuth)) [[unlikely]] {
    counts.rejected.add();
    reply.error("NOAUTH Authentication required.");
    return false;
  }
  if ((command->flags & kDenyOom) && !router_.make_room(session.now)) [[unlikely]] {
    counts.rejected.add();
    reply.error("OOM command not allowed when used memory > 'maxmemory'.");
    return false;
  }
  return true;
}

inline void Dispatcher::count(const Request& request, const Session& session, uint64_t spent) {
  CommandStats& counts = stats_.by_command[request.found.index];
  counts.calls.add();
  counts.ticks.add(spent);
  if (spent > counts.worst.get()) [[unlikely]]
    counts.worst.set(spent);
  if ((sample_++ & 15) == 0) [[unlikely]]
    stats_.latency[table_.family_of(request.found.index)].record(spent);
  if (spent > watched_ticks_) [[unlikely]]
    note_long(request, session, spent);
}

uint64_t Dispatcher::run(Session& session, const Request& request, Output& out,
                         const Parser* parser, uint64_t started) {
  const auto& [args, found, keys] = request;
  const Session::Replies replies = session.replies;
  Output::Mark before{};
  if (replies != Session::Replies::kOn) [[unlikely]]
    before = out.mark();
  Reply reply(out, session.resp);
  stats_.commands.add();
  const bool admitted = fits(session, request) || admit(session, request, reply);
  if (admitted) [[likely]] {
    const Command& command = *found.command;
    if (command.data != nullptr) [[likely]] {
      Context context(args, reply, router_, host_, session.db, session.now, session.no_touch,
                      &session);
      if (parser != nullptr) [[unlikely]] {
        context.parser = parser;
        context.blob_of = blob_of_parser;
      }
      router_.run(command, context, keys);
      if (context.task != nullptr) [[unlikely]]
        go_on_with(std::move(context.task), session, started, reply);
    } else {
      command.session(session, args, reply);
    }
  }
  const uint64_t ended = ticks();
  if (admitted) count(request, session, ended - started);
  if (reply.errors() != 0) [[unlikely]] {
    if (admitted) stats_.by_command[found.index].failed.add();
    stats_.errors.add();
    stats_.errors_by_code[error_code_index(reply.error_code())].add();
  }
  if (replies != Session::Replies::kOn || session.replies != Session::Replies::kOn) [[unlikely]] {
    // CLIENT REPLY: OFF and SKIP say nothing themselves; ON answers.
    if (replies != Session::Replies::kOn && session.replies != Session::Replies::kOn)
      out.rewind(before);
    if (session.replies == Session::Replies::kSkipNext) {
      session.replies = Session::Replies::kSkip;
    } else if (session.replies == Session::Replies::kSkip && !session.suspended) {
      session.replies = Session::Replies::kOn;
    }
  }
  return ended;
}

// A task that is short is done at once; a longer one lets others have their turn.
void Dispatcher::go_on_with(std::unique_ptr<Task> task, Session& session, uint64_t started,
                            Reply& reply) {
  constexpr double kAtOnce = 200;  // us
  const uint64_t end = started + static_cast<uint64_t>(kAtOnce * ticks_per_micro_);
  do {
    task->step(router_, session.now);
  } while (!task->may_reply() && ticks() < end);
  const bool replied = task->may_reply();
  if (replied) {
    task->reply(reply);
  } else {
    session.suspended = true;
    session.withheld = task->has_replied();
  }
  if (!task->done()) tasks_.add(std::move(task), replied ? 0 : session.id);
}

void Dispatcher::note_long(const Request& request, const Session& session, uint64_t spent) {
  const Command& command = *request.found.command;
  // The host knows the threshold of LATENCY.
  const auto millis = static_cast<int64_t>(static_cast<double>(spent) / ticks_per_micro_ / 1000);
  host_.latency_event(command.flags & kFast ? "fast-command" : "command", millis);
  const bool told = spent > slow_ticks_ && !(command.flags & kSkipSlowlog);
  if (told) note_slow(request.args, session, spent);
}

void Dispatcher::note_slow(Args args, const Session& session, uint64_t spent) {
  SlowEntry entry{};
  entry.unix_seconds = session.now / 1000;
  entry.micros = static_cast<int64_t>(static_cast<double>(spent) / ticks_per_micro_);
  entry.name = session.name;
  entry.address = std::to_string(session.id);  // the host knows the address by the id
  const size_t shown = args.size() > kSlowArgs ? kSlowArgs - 1 : args.size();
  size_t hidden = 0;
  for (size_t i = 0; i < shown; ++i) {
    if (i != 0 && hidden == 0) hidden = secret_at(args, i);
    if (hidden != 0) {
      --hidden;
      entry.args.emplace_back("(redacted)");
      continue;
    }
    std::string arg(args[i].substr(0, kSlowArgSize));
    if (args[i].size() > kSlowArgSize) {
      arg += "... (" + std::to_string(args[i].size() - kSlowArgSize) + " more bytes)";
    }
    entry.args.push_back(std::move(arg));
  }
  if (shown < args.size()) {
    entry.args.push_back("... (" + std::to_string(args.size() - shown) + " more arguments)");
  }
  host_.slow(std::move(entry));
}

}  // namespace freshet
