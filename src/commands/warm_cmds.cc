// WARM: the grammar and the replies. The work is the host's.
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/commands/command_table.h"
#include "freshet/commands/host.h"
#include "freshet/commands/session.h"

namespace freshet {
namespace {

// The number behind args[at], at least 1; "" or the error's text.
std::string read_count(Args args, size_t& at, int64_t& value) {
  const auto number = at + 1 < args.size() ? parse_int(args[at + 1]) : std::nullopt;
  if (!number || *number < 1) {
    return "ERR " + std::string(args[at]) + " wants a number of at least 1";
  }
  value = *number;
  ++at;
  return "";
}

std::string read_keys(Args args, size_t& at, std::vector<std::string>& keys) {
  int64_t count = 0;
  if (std::string error = read_count(args, at, count); !error.empty()) return error;
  if (static_cast<uint64_t>(count) > args.size() - at - 1) {
    return "ERR KEYS wants a count and that many names: KEYS n key [key ...]";
  }
  for (int64_t i = 0; i < count; ++i) keys.emplace_back(args[++at]);
  return "";
}

std::string parse(Args args, WarmRequest& request) {
  bool match = false;
  for (size_t at = 3; at < args.size(); ++at) {
    std::string error;
    int64_t seconds = 0;
    if (is_word(args[at], "match") && at + 1 < args.size() && !match && request.keys.empty()) {
      request.match = args[++at];
      match = true;
    } else if (is_word(args[at], "keys") && !match && request.keys.empty()) {
      error = read_keys(args, at, request.keys);
    } else if (is_word(args[at], "ex")) {
      error = read_count(args, at, seconds);
      Millis ttl = 0;
      if (error.empty() && (__builtin_mul_overflow(seconds, 1000, &ttl) || ttl > kNever / 2)) {
        error = "ERR invalid expire time in 'warm' command";
      }
      request.ttl = ttl;
    } else if (is_word(args[at], "replace")) {
      request.replace = true;
    } else if (is_word(args[at], "rate")) {
      error = read_count(args, at, request.rate);
    } else if (is_word(args[at], "limit")) {
      error = read_count(args, at, request.limit);
    } else if (is_word(args[at], "sync")) {
      request.sync = true;
    } else {
      error = "ERR syntax error";
    }
    if (!error.empty()) return error;
  }
  return "";
}

void warm_from(Session& session, Args args, Reply& reply) {
  WarmRequest request;
  request.source = args[2];
  request.db = session.db;
  uint64_t job = 0;
  std::string error = parse(args, request);
  if (error.empty()) error = session.host.warm(request, session, job);
  if (!error.empty()) {
    reply.error(error);
  } else if (!request.sync) {
    reply.integer(static_cast<int64_t>(job));
  }
}

void reply_number(Reply& reply, std::string_view name, uint64_t value) {
  reply.bulk(name);
  reply.integer(static_cast<int64_t>(value));
}

void reply_counts(Reply& reply, const WarmCounts& counts) {
  reply_number(reply, "read", counts.read);
  reply_number(reply, "stored", counts.stored);
  reply_number(reply, "skipped", counts.skipped);
  reply_number(reply, "fenced", counts.fenced);
  reply_number(reply, "failed", counts.failed);
}

void reply_job(Reply& reply, const WarmStatus& status) {
  reply.map(11);
  reply_number(reply, "job", status.job);
  reply.bulk("source");
  reply.bulk(status.source);
  reply.bulk("state");
  reply.bulk(status.state);
  reply.bulk("reason");
  reply.bulk(status.reason);
  reply_number(reply, "started_ms", static_cast<uint64_t>(status.started));
  reply_number(reply, "ended_ms", static_cast<uint64_t>(status.ended));
  reply_counts(reply, status.counts);
}

// Without a number: all jobs that are remembered, the newest first.
void warm_status(Session& session, Args args, Reply& reply) {
  const std::vector<WarmStatus> jobs = session.host.warm_jobs();
  if (args.size() == 2) {
    reply.array(jobs.size());
    for (const WarmStatus& status : jobs) reply_job(reply, status);
    return;
  }
  const auto wanted = parse_int(args[2]);
  if (args.size() > 3 || !wanted) {
    reply.error(args.size() > 3 ? "ERR syntax error"
                                : "ERR value is not an integer or out of range");
    return;
  }
  for (const WarmStatus& status : jobs) {
    if (static_cast<int64_t>(status.job) == *wanted) {
      reply_job(reply, status);
      return;
    }
  }
  reply.nil();
}

void warm_cancel(Session& session, Args args, Reply& reply) {
  const auto job = parse_int(args[2]);
  if (!job) {
    reply.error("ERR value is not an integer or out of range");
    return;
  }
  reply.integer(session.host.warm_cancel(static_cast<uint64_t>(*job)) ? 1 : 0);
}

void warm_sources(Session& session, Args, Reply& reply) {
  const std::vector<WarmSource> sources = session.host.warm_sources();
  reply.map(sources.size());
  for (const WarmSource& source : sources) {
    reply.bulk(source.name);
    reply.bulk(source.address);
  }
}

void never_called(Session&, Args, Reply&) {}

constexpr Command kRows[] = {
    {"warm", -2, kContainer, never_called, "server", "0.1.0", "subcommand [argument ...]",
     "Fills the cache from a source that the configuration names."},
    {"warm|from", -3, kAdmin, warm_from, "server", "0.1.0",
     "source [MATCH pattern | KEYS n key [key ...]] [EX seconds] [REPLACE] [RATE keys-per-second] "
     "[LIMIT n] [SYNC]",
     "Starts a job; its number, or with SYNC what it did."},
    {"warm|status", -2, kAdmin, warm_status, "server", "0.1.0", "[job]",
     "What jobs have done so far."},
    {"warm|cancel", 3, kAdmin, warm_cancel, "server", "0.1.0", "job",
     "Stops a job; what it stored stays."},
    {"warm|sources", 2, kAdmin, warm_sources, "server", "0.1.0", "",
     "The sources that the configuration names."},
};

}  // namespace

std::span<const Command> warm_commands() { return kRows; }

}  // namespace freshet
