// The commands that open, name and end a connection's conversation, as Redis 7.0 has them. CLIENT
// is in client_cmds.cc.
#include "commands/rows.h"
#include "commands/version.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/commands/command_table.h"
#include "freshet/commands/host.h"
#include "freshet/commands/options.h"
#include "freshet/commands/session.h"

namespace freshet {
namespace {

constexpr std::string_view kWrongPass =
    "WRONGPASS invalid username-password pair or user is disabled.";

// The time it takes tells nothing of the secret but that the lengths differ: it follows `given`
// alone.
bool same_secret(std::string_view given, std::string_view secret) {
  size_t difference = given.size() ^ secret.size();
  for (size_t i = 0; i < given.size(); ++i) {
    const char against = secret.empty() ? '\0' : secret[i % secret.size()];
    difference |= static_cast<unsigned char>(given[i] ^ against);
  }
  return difference == 0;
}

// There is one user, "default"; without requirepass any password is his.
bool log_in(Session& session, std::string_view user, std::string_view password) {
  const std::string secret = session.host.options().text("requirepass");
  const bool right = secret.empty() || same_secret(password, secret);
  if (user != kUser || !right) return false;
  session.authenticated = true;
  session.host.session_changed(session);
  return true;
}

void ping(Session&, Args args, Reply& reply) {
  if (args.size() > 2) {
    reply.error("ERR wrong number of arguments for 'ping' command");
  } else if (args.size() == 2) {
    reply.bulk(args[1]);
  } else {
    reply.status("PONG");
  }
}

void echo(Session&, Args args, Reply& reply) { reply.bulk(args[1]); }

void quit(Session& session, Args, Reply& reply) {
  session.close_after_reply = true;
  reply.ok();
}

void reset(Session& session, Args, Reply& reply) {
  session.reset(session.host.options().needs_password.load(std::memory_order_relaxed));
  session.host.session_changed(session);
  reply.status("RESET");
}

void auth(Session& session, Args args, Reply& reply) {
  if (args.size() > 3) {
    reply.error("ERR syntax error");
    return;
  }
  if (args.size() == 2 && session.host.options().text("requirepass").empty()) {
    reply.error(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
    return;
  }
  const std::string_view user = args.size() == 2 ? "default" : args[1];
  if (log_in(session, user, args.back())) {
    reply.ok();
  } else {
    reply.error(kWrongPass);
  }
}

// HELLO's options take effect one by one, those before a broken one too. False: the error is
// written.
bool hello_options(Session& session, Args args, Reply& reply) {
  for (size_t i = 2; i < args.size();) {
    const size_t left = args.size() - i - 1;
    if (is_word(args[i], "auth") && left >= 2) {
      if (!log_in(session, args[i + 1], args[i + 2])) {
        reply.error(kWrongPass);
        return false;
      }
      i += 3;
    } else if (is_word(args[i], "setname") && left >= 1) {
      if (!set_client_name(session, args[i + 1], reply)) return false;
      i += 2;
    } else {
      reply.error("ERR Syntax error in HELLO option '" + std::string(c_text(args[i])) + "'");
      return false;
    }
  }
  return true;
}

void hello(Session& session, Args args, Reply& reply) {
  int version = session.resp;
  if (args.size() > 1) {
    const auto asked = parse_int(args[1]);
    if (!asked) {
      reply.error("ERR Protocol version is not an integer or out of range");
      return;
    }
    if (*asked < 2 || *asked > 3) {
      reply.error("NOPROTO unsupported protocol version");
      return;
    }
    version = static_cast<int>(*asked);
  }
  if (!hello_options(session, args, reply)) return;
  if (!session.authenticated) {
    reply.error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "AUTH "
        "<user> <pass> option can be used to authenticate the client and select the RESP protocol "
        "version at the same time");
    return;
  }
  session.resp = version;
  session.host.session_changed(session);
  Reply fresh(reply.output(), version);  // the answer speaks the new version already
  fresh.map(7);
  fresh.bulk("server");
  fresh.bulk("redis");
  fresh.bulk("version");
  fresh.bulk(kRedisVersion);
  fresh.bulk("proto");
  fresh.integer(version);
  fresh.bulk("id");
  fresh.integer(static_cast<int64_t>(session.id));
  fresh.bulk("mode");
  fresh.bulk("standalone");
  fresh.bulk("role");
  fresh.bulk("master");
  fresh.bulk("modules");
  fresh.array(0);
}

void select(Session& session, Args args, Reply& reply) {
  const auto index = parse_int(args[1]);
  if (!index) {
    reply.error("ERR value is not an integer or out of range");
  } else if (*index < INT32_MIN || *index > INT32_MAX) {
    reply.error("ERR value is out of range, value must between -2147483648 and 2147483647");
  } else if (*index < 0 || *index >= session.host.options().number("databases")) {
    reply.error("ERR DB index is out of range");
  } else {
    session.db = static_cast<int>(*index);
    session.host.session_changed(session);
    reply.ok();
  }
}

constexpr uint32_t kAlways = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy;

constexpr Command kRows[] = {
    {"auth", -2, kAlways, auth, "connection", "1.0.0", "[username] password",
     "Authenticates the connection."},
    {"echo", 2, kLoading | kStale | kFast, echo, "connection", "1.0.0", "message",
     "Returns the given string."},
    {"hello", -1, kAlways, hello, "connection", "6.0.0",
     "[protover [AUTH username password] [SETNAME clientname]]",
     "Handshakes with the server: protocol version, authentication, name."},
    {"ping", -1, kFast, ping, "connection", "1.0.0", "[message]",
     "Returns the server's liveliness response."},
    {"quit", -1, kAlways, quit, "connection", "1.0.0", "", "Closes the connection."},
    {"reset", 1, kAlways, reset, "connection", "6.2.0", "", "Resets the connection."},
    {"select", 2, kLoading | kStale | kFast, select, "connection", "1.0.0", "index",
     "Changes the selected database."},
};

}  // namespace

Rows connection_rows() { return kRows; }

std::span<const Command> session_commands() {
  static const std::vector<Command> rows = join({connection_rows(), client_rows()});
  return rows;
}

}  // namespace freshet
