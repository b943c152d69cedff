#include "harness.h"

namespace freshet {

TEST_CASE("CLIENT alone, or with a subcommand that is none, is an error") {
  Cache cache;
  CHECK_EQ(cache("CLIENT"), "-ERR wrong number of arguments for 'client' command\r\n");
  CHECK_EQ(cache("CLIENT FOO"), "-ERR unknown subcommand 'FOO'. Try CLIENT HELP.\r\n");
  CHECK_EQ(cache("CLIENT ID x"), "-ERR wrong number of arguments for 'client|id' command\r\n");
  CHECK(cache("CLIENT HELP")
            .starts_with(
                "*47\r\n+CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n"));
}

TEST_CASE("a client has an id, and a name if it gives itself one") {
  Cache cache;
  CHECK_EQ(cache("CLIENT ID"), ":1\r\n");
  CHECK_EQ(cache("CLIENT GETREDIR"), ":-1\r\n");
  CHECK_EQ(cache("CLIENT GETNAME"), "$-1\r\n");
  CHECK_EQ(cache("CLIENT SETNAME job"), "+OK\r\n");
  CHECK_EQ(cache("CLIENT GETNAME"), "$3\r\njob\r\n");
  for (const std::string_view bad : {"a b", "a\n", "\x7f", "\xc3\xa4"}) {
    CHECK_EQ(cache.run({"CLIENT", "SETNAME", bad}),
             "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
  }
  CHECK_EQ(cache("CLIENT GETNAME"), "$3\r\njob\r\n");
  CHECK_EQ(cache.run({"CLIENT", "SETNAME", ""}), "+OK\r\n");
  CHECK_EQ(cache("CLIENT GETNAME"), "$-1\r\n");
  CHECK_EQ(cache.host.changes, 2);
}

TEST_CASE("a client library may name itself") {
  Cache cache;
  CHECK_EQ(cache("CLIENT SETINFO LIB-NAME lib"), "+OK\r\n");
  CHECK_EQ(cache("CLIENT SETINFO lib-ver 1.2"), "+OK\r\n");
  CHECK_EQ(cache.session.lib_name, "lib");
  CHECK_EQ(cache.session.lib_version, "1.2");
  CHECK_EQ(cache("CLIENT SETINFO foo bar"), "-ERR Unrecognized option 'foo'\r\n");
  CHECK_EQ(cache.run({"CLIENT", "SETINFO", "lib-name", "a b"}),
           "-ERR lib-name cannot contain spaces, newlines or special characters.\r\n");
}

TEST_CASE("CLIENT LIST and INFO ask the host for the lines they want") {
  Cache cache;
  cache.host.clients = "id=1\n";
  CHECK_EQ(cache("CLIENT INFO"), "$5\r\nid=1\n\r\n");
  CHECK_EQ(cache.host.filters.back().ids, std::vector<uint64_t>{1});
  CHECK_EQ(cache("CLIENT LIST"), "$5\r\nid=1\n\r\n");
  CHECK(cache.host.filters.back().ids.empty());
  cache("CLIENT LIST TYPE slave");
  CHECK_EQ(cache.host.filters.back().type, "replica");
  cache("CLIENT LIST ID 3 4");
  CHECK_EQ(cache.host.filters.back().ids, std::vector<uint64_t>{3, 4});
  const size_t asked = cache.host.filters.size();
  CHECK_EQ(cache("CLIENT LIST TYPE foo"), "-ERR Unknown client type 'foo'\r\n");
  CHECK_EQ(cache("CLIENT LIST ID a"), "-ERR Invalid client ID\r\n");
  for (const std::string_view wrong :
       {"CLIENT LIST x", "CLIENT LIST TYPE", "CLIENT LIST ID", "CLIENT LIST TYPE normal x"}) {
    CHECK_EQ(cache(wrong), "-ERR syntax error\r\n");
  }
  CHECK_EQ(cache.host.filters.size(), asked);
}

TEST_CASE("CLIENT KILL by address may hit oneself, by options only if told so") {
  Cache cache;
  CHECK_EQ(cache("CLIENT KILL 1.2.3.4:5"), "-ERR No such client\r\n");
  cache.host.killed = 1;
  CHECK_EQ(cache("CLIENT KILL 1.2.3.4:5"), "+OK\r\n");
  CHECK_EQ(cache.host.filters.back().address, "1.2.3.4:5");
  CHECK_FALSE(cache.host.filters.back().skip_me);
  CHECK_EQ(cache("CLIENT KILL ID 7 TYPE normal USER default LADDR a:1"), ":1\r\n");
  const ClientFilter filter = cache.host.filters.back();
  CHECK_EQ(filter.ids, std::vector<uint64_t>{7});
  CHECK_EQ(filter.type, "normal");
  CHECK_EQ(filter.local_address, "a:1");
  CHECK(filter.skip_me);
  CHECK_EQ(filter.me, 1);
  cache("CLIENT KILL ID 7 SKIPME no");
  CHECK_FALSE(cache.host.filters.back().skip_me);
}

TEST_CASE("CLIENT KILL kills nobody when an option is broken") {
  Cache cache;
  for (const std::string_view wrong : {"CLIENT KILL FOO 1", "CLIENT KILL ID 1 ADDR",
                                       "CLIENT KILL ID 1 SKIPME maybe", "CLIENT KILL ID 1 FOO 2"}) {
    CHECK_EQ(cache(wrong), "-ERR syntax error\r\n");
  }
  for (const std::string_view wrong :
       {"CLIENT KILL ID a", "CLIENT KILL ID 0", "CLIENT KILL ID -1"}) {
    CHECK_EQ(cache(wrong), "-ERR client-id should be greater than 0\r\n");
  }
  CHECK_EQ(cache("CLIENT KILL TYPE foo"), "-ERR Unknown client type 'foo'\r\n");
  CHECK_EQ(cache("CLIENT KILL USER foo"), "-ERR No such user 'foo'\r\n");
  CHECK(cache.host.filters.empty());
}

TEST_CASE("CLIENT REPLY silences the next command or all of them") {
  Cache cache;
  CHECK_EQ(cache("CLIENT REPLY SKIP"), "");
  CHECK_EQ(cache("PING"), "");
  CHECK_EQ(cache("PING"), "+PONG\r\n");
  CHECK_EQ(cache("CLIENT REPLY SKIP"), "");
  CHECK_EQ(cache("CLIENT REPLY SKIP"), "");  // skips anew
  CHECK_EQ(cache("NOSUCH"), "");
  CHECK_EQ(cache("PING"), "+PONG\r\n");
  CHECK_EQ(cache("CLIENT REPLY OFF"), "");
  CHECK_EQ(cache("PING"), "");
  CHECK_EQ(cache("CLIENT REPLY SKIP"), "");
  CHECK_EQ(cache("PING"), "");
  CHECK_EQ(cache("PING"), "");
  CHECK_EQ(cache("CLIENT REPLY ON"), "+OK\r\n");
  CHECK_EQ(cache("PING"), "+PONG\r\n");
  CHECK_EQ(cache("CLIENT REPLY maybe"), "-ERR syntax error\r\n");
}

TEST_CASE("CLIENT NO-EVICT and NO-TOUCH are switches") {
  Cache cache;
  CHECK_EQ(cache("CLIENT NO-EVICT on"), "+OK\r\n");
  CHECK_EQ(cache("CLIENT NO-TOUCH ON"), "+OK\r\n");
  CHECK(cache.session.no_evict);
  CHECK(cache.session.no_touch);
  CHECK_EQ(cache("CLIENT NO-EVICT off"), "+OK\r\n");
  CHECK_EQ(cache("CLIENT NO-TOUCH maybe"), "-ERR syntax error\r\n");
  CHECK_FALSE(cache.session.no_evict);
  CHECK(cache.session.no_touch);
}

TEST_CASE("CLIENT PAUSE waits for a time, for writes or for all") {
  Cache cache;
  CHECK_EQ(cache("CLIENT PAUSE 100"), "+OK\r\n");
  CHECK_EQ(cache.host.paused_until, cache.session.now + 100);
  CHECK(cache.host.pause_mode == Host::Pause::kAll);
  CHECK_EQ(cache("CLIENT PAUSE 9223372036854775807 WRITE"), "+OK\r\n");
  CHECK_EQ(cache.host.paused_until, kNever);
  CHECK(cache.host.pause_mode == Host::Pause::kWrite);
  CHECK_EQ(cache("CLIENT UNPAUSE"), "+OK\r\n");
  CHECK_EQ(cache.host.paused_until, 0);
  CHECK_EQ(cache("CLIENT PAUSE a"), "-ERR timeout is not an integer or out of range\r\n");
  CHECK_EQ(cache("CLIENT PAUSE -1"), "-ERR timeout is negative\r\n");
  CHECK_EQ(cache("CLIENT PAUSE a foo"), "-ERR CLIENT PAUSE mode must be WRITE or ALL\r\n");
  CHECK_EQ(
      cache("CLIENT PAUSE 1 ALL x"),
      "-ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.\r\n");
  CHECK_EQ(cache.host.paused_until, 0);
}

TEST_CASE("CLIENT UNBLOCK finds nobody blocked") {
  Cache cache;
  CHECK_EQ(cache("CLIENT UNBLOCK 1"), ":0\r\n");
  CHECK_EQ(cache("CLIENT UNBLOCK 1 error"), ":0\r\n");
  CHECK_EQ(cache("CLIENT UNBLOCK a"), "-ERR value is not an integer or out of range\r\n");
  CHECK_EQ(cache("CLIENT UNBLOCK a foo"),
           "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR\r\n");
  CHECK_EQ(cache("CLIENT UNBLOCK 1 ERROR x"),
           "-ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT "
           "HELP.\r\n");
}

}  // namespace freshet
