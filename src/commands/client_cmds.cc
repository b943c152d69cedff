// CLIENT and its subcommands, as Redis 7.0 has them; SETINFO and NO-TOUCH as 7.2 does.
#include <algorithm>

#include "commands/rows.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/commands/host.h"
#include "freshet/commands/session.h"

namespace freshet {
namespace {

// CLIENT LIST is one line a client, its fields parted by spaces: texts with either would break it.
bool fits_list(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

void syntax_error(Reply& reply) { reply.error("ERR syntax error"); }

// "slave" is the old word for "replica". "" if it is none of Redis's types.
std::string client_type(std::string_view text) {
  const std::string type = to_lower(text);
  if (type == "slave") return "replica";
  const bool known = type == "normal" || type == "replica" || type == "pubsub" || type == "master";
  return known ? type : "";
}

// False if the error is written.
bool read_type(std::string_view text, ClientFilter& filter, Reply& reply) {
  filter.type = client_type(text);
  if (!filter.type.empty()) return true;
  reply.error("ERR Unknown client type '" + std::string(text) + "'");
  return false;
}

void id(Session& session, Args, Reply& reply) { reply.integer(static_cast<int64_t>(session.id)); }

void getname(Session& session, Args, Reply& reply) {
  if (session.name.empty()) {
    reply.nil();
  } else {
    reply.bulk(session.name);
  }
}

void setname(Session& session, Args args, Reply& reply) {
  if (set_client_name(session, args[2], reply)) reply.ok();
}

void setinfo(Session& session, Args args, Reply& reply) {
  const bool is_name = is_word(args[2], "lib-name");
  if (!is_name && !is_word(args[2], "lib-ver")) {
    reply.error("ERR Unrecognized option '" + std::string(args[2]) + "'");
  } else if (!fits_list(args[3])) {
    reply.error("ERR " + std::string(args[2]) +
                " cannot contain spaces, newlines or special characters.");
  } else {
    (is_name ? session.lib_name : session.lib_version) = args[3];
    session.host.session_changed(session);
    reply.ok();
  }
}

void getredir(Session&, Args, Reply& reply) { reply.integer(-1); }  // tracking is off

void info(Session& session, Args, Reply& reply) {
  ClientFilter filter;
  filter.ids = {session.id};
  reply.verbatim(session.host.client_list(filter));
}

void list(Session& session, Args args, Reply& reply) {
  ClientFilter filter;
  if (args.size() == 4 && is_word(args[2], "type")) {
    if (!read_type(args[3], filter, reply)) return;
  } else if (args.size() > 3 && is_word(args[2], "id")) {
    for (size_t i = 3; i < args.size(); ++i) {
      const auto number = parse_int(args[i]);
      if (!number) {
        reply.error("ERR Invalid client ID");
        return;
      }
      filter.ids.push_back(static_cast<uint64_t>(*number));
    }
  } else if (args.size() != 2) {
    syntax_error(reply);
    return;
  }
  reply.verbatim(session.host.client_list(filter));
}

// One option of CLIENT KILL's new form. False if the error is written.
bool read_kill_option(std::string_view name, std::string_view value, ClientFilter& filter,
                      Reply& reply) {
  if (is_word(name, "id")) {
    const auto number = parse_int(value);
    if (!number || *number < 1) {
      reply.error("ERR client-id should be greater than 0");
      return false;
    }
    filter.ids = {static_cast<uint64_t>(*number)};
  } else if (is_word(name, "type")) {
    return read_type(value, filter, reply);
  } else if (is_word(name, "addr")) {
    filter.address = value;
  } else if (is_word(name, "laddr")) {
    filter.local_address = value;
  } else if (is_word(name, "user")) {
    if (value != kUser) {
      reply.error("ERR No such user '" + std::string(value) + "'");
      return false;
    }
  } else if (is_word(name, "skipme") && (is_word(value, "yes") || is_word(value, "no"))) {
    filter.skip_me = is_word(value, "yes");
  } else {
    syntax_error(reply);
    return false;
  }
  return true;
}

void kill(Session& session, Args args, Reply& reply) {
  ClientFilter filter;
  filter.me = session.id;
  if (args.size() == 3) {  // the old form: CLIENT KILL addr, and it may be oneself
    filter.address = args[2];
    if (session.host.client_kill(filter, session) == 0) {
      reply.error("ERR No such client");
    } else {
      reply.ok();
    }
    return;
  }
  filter.skip_me = true;
  for (size_t i = 2; i < args.size(); i += 2) {
    if (i + 1 == args.size()) {
      syntax_error(reply);
      return;
    }
    if (!read_kill_option(args[i], args[i + 1], filter, reply)) return;
  }
  reply.integer(static_cast<int64_t>(session.host.client_kill(filter, session)));
}

void reply_mode(Session& session, Args args, Reply& reply) {
  if (is_word(args[2], "on")) {
    session.replies = Session::Replies::kOn;
    reply.ok();
  } else if (is_word(args[2], "off")) {
    session.replies = Session::Replies::kOff;
  } else if (is_word(args[2], "skip")) {
    if (session.replies != Session::Replies::kOff) session.replies = Session::Replies::kSkipNext;
  } else {
    syntax_error(reply);
  }
}

void set_flag(bool& flag, std::string_view word, Reply& reply) {
  if (!is_word(word, "on") && !is_word(word, "off")) {
    syntax_error(reply);
    return;
  }
  flag = is_word(word, "on");
  reply.ok();
}

void no_evict(Session& session, Args args, Reply& reply) {
  set_flag(session.no_evict, args[2], reply);
  session.host.session_changed(session);
}

void no_touch(Session& session, Args args, Reply& reply) {
  set_flag(session.no_touch, args[2], reply);
}

void wrong_count(std::string_view subcommand, Reply& reply) {
  reply.error("ERR unknown subcommand or wrong number of arguments for '" +
              std::string(subcommand) + "'. Try CLIENT HELP.");
}

void pause(Session& session, Args args, Reply& reply) {
  if (args.size() > 4) {
    wrong_count(args[1], reply);
    return;
  }
  Host::Pause mode = Host::Pause::kAll;
  if (args.size() == 4 && is_word(args[3], "write")) {
    mode = Host::Pause::kWrite;
  } else if (args.size() == 4 && !is_word(args[3], "all")) {
    reply.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
    return;
  }
  const auto timeout = parse_int(args[2]);
  if (!timeout) {
    reply.error("ERR timeout is not an integer or out of range");
  } else if (*timeout < 0) {
    reply.error("ERR timeout is negative");
  } else {
    const bool forever = *timeout > kNever - session.now;
    session.host.pause(forever ? kNever : session.now + *timeout, mode);
    reply.ok();
  }
}

void unpause(Session& session, Args, Reply& reply) {
  session.host.unpause();
  reply.ok();
}

// No command of ours blocks a client in a way that another may end: nobody is ever unblocked.
void unblock(Session&, Args args, Reply& reply) {
  if (args.size() > 4) {
    wrong_count(args[1], reply);
  } else if (args.size() == 4 && !is_word(args[3], "timeout") && !is_word(args[3], "error")) {
    reply.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  } else if (!parse_int(args[2])) {
    reply.error("ERR value is not an integer or out of range");
  } else {
    reply.integer(0);
  }
}

void help(Session&, Args, Reply& reply) {
  static constexpr std::string_view kLines[] = {
      "GETREDIR",
      "    Return the client ID we are redirecting to when tracking is enabled.",
      "GETNAME",
      "    Return the name of the current connection.",
      "ID",
      "    Return the ID of the current connection.",
      "INFO",
      "    Return information about the current client connection.",
      "KILL <ip:port>",
      "    Kill connection made from <ip:port>.",
      "KILL <option> <value> [<option> <value> [...]]",
      "    Kill connections. Options are:",
      "    * ADDR (<ip:port>|<unixsocket>:0)",
      "      Kill connections made from the specified address",
      "    * LADDR (<ip:port>|<unixsocket>:0)",
      "      Kill connections made to specified local address",
      "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
      "      Kill connections by type.",
      "    * USER <username>",
      "      Kill connections authenticated by <username>.",
      "    * SKIPME (YES|NO)",
      "      Skip killing current connection (default: yes).",
      "LIST [options ...]",
      "    Return information about client connections. Options:",
      "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
      "      Return clients of specified type.",
      "UNPAUSE",
      "    Stop the current client pause, resuming traffic.",
      "PAUSE <timeout> [WRITE|ALL]",
      "    Suspend all, or just write, clients for <timeout> milliseconds.",
      "REPLY (ON|OFF|SKIP)",
      "    Control the replies sent to the current connection.",
      "SETNAME <name>",
      "    Assign the name <name> to the current connection.",
      "SETINFO <option> <value>",
      "    Set client meta attr. Options are:",
      "    * LIB-NAME: the client lib name.",
      "    * LIB-VER: the client lib version.",
      "UNBLOCK <clientid> [TIMEOUT|ERROR]",
      "    Unblock the specified blocked client.",
      "NO-EVICT (ON|OFF)",
      "    Protect current client connection from eviction.",
      "NO-TOUCH (ON|OFF)",
      "    Will not touch LRU/LFU stats when this mode is on.",
  };
  reply_help(reply, "CLIENT", kLines);
}

constexpr uint32_t kOwn = kNoScript | kLoading | kStale;  // asks about oneself
constexpr uint32_t kOthers = kAdmin | kOwn;               // asks about anybody
constexpr std::string_view kGroup = "connection";

constexpr Command kRows[] = {
    {"client", -2, kContainer, static_cast<SessionHandler>(nullptr), kGroup, "2.4.0", "",
     "Asks about client connections, and manages them."},
    {"client|getname", 2, kOwn, getname, kGroup, "2.6.9", "", "Returns the connection's name."},
    {"client|getredir", 2, kOwn, getredir, kGroup, "6.0.0", "",
     "Returns the client that tracking messages are redirected to; -1: tracking is off."},
    {"client|help", 2, kLoading | kStale, help, kGroup, "5.0.0", "", "Lists the subcommands."},
    {"client|id", 2, kOwn, id, kGroup, "5.0.0", "", "Returns the connection's id."},
    {"client|info", 2, kOwn, info, kGroup, "6.2.0", "", "Describes the connection."},
    {"client|kill", -3, kOthers, kill, kGroup, "2.4.0",
     "<ip:port | <[ID client-id] | [TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] | "
     "[USER username] | [ADDR ip:port] | [LADDR ip:port] | [SKIPME yes/no]> ...>",
     "Closes connections."},
    {"client|list", -2, kOthers, list, kGroup, "2.4.0",
     "[TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]",
     "Describes the connections."},
    {"client|no-evict", 3, kOthers, no_evict, kGroup, "7.0.0", "<ON | OFF>",
     "Keeps the connection when client memory is short."},
    {"client|no-touch", 3, kOwn, no_touch, kGroup, "7.2.0", "<ON | OFF>",
     "Leaves the access times of keys alone."},
    {"client|pause", -3, kOthers, pause, kGroup, "2.9.50", "timeout [WRITE | ALL]",
     "Makes commands wait."},
    {"client|reply", 3, kOwn, reply_mode, kGroup, "3.2.0", "<ON | OFF | SKIP>",
     "Says whether commands are answered."},
    {"client|setinfo", 4, kOwn, setinfo, kGroup, "7.2.0", "<LIB-NAME libname | LIB-VER libver>",
     "Names the client library."},
    {"client|setname", 3, kOwn, setname, kGroup, "2.6.9", "connection-name",
     "Names the connection."},
    {"client|unblock", -3, kOthers, unblock, kGroup, "5.0.0", "client-id [TIMEOUT | ERROR]",
     "Unblocks a client that waits in a blocking command."},
    {"client|unpause", 2, kOthers, unpause, kGroup, "6.2.0", "", "Ends CLIENT PAUSE."},
};

}  // namespace

bool set_client_name(Session& session, std::string_view name, Reply& reply) {
  if (!fits_list(name)) {
    reply.error("ERR Client names cannot contain spaces, newlines or special characters.");
    return false;
  }
  session.name = name;
  session.host.session_changed(session);
  return true;
}

Rows client_rows() { return kRows; }

}  // namespace freshet
