#include "harness.h"

namespace freshet {
namespace {

constexpr std::string_view kWrongPass =
    "-WRONGPASS invalid username-password pair or user is disabled.\r\n";

void require_password(Cache& cache, std::string_view password) {
  REQUIRE_EQ(cache.run({"CONFIG", "SET", "requirepass", password}), "+OK\r\n");
  cache.session.authenticated = false;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("PING and ECHO answer") {
  Cache cache;
  CHECK_EQ(cache("PING"), "+PONG\r\n");
  CHECK_EQ(cache("PING hi"), "$2\r\nhi\r\n");
  CHECK_EQ(cache("PING a b"), "-ERR wrong number of arguments for 'ping' command\r\n");
  CHECK_EQ(cache("ECHO hi"), "$2\r\nhi\r\n");
  CHECK_EQ(cache("ECHO"), "-ERR wrong number of arguments for 'echo' command\r\n");
}

TEST_CASE("QUIT closes after its reply, whatever its arguments") {
  Cache cache;
  CHECK_EQ(cache("QUIT now please"), "+OK\r\n");
  CHECK(cache.session.close_after_reply);
}

TEST_CASE("AUTH without a password set tells an old client, and lets the default user in") {
  Cache cache;
  CHECK_EQ(cache("AUTH a"),
           "-ERR AUTH <password> called without any password configured for the default user. Are "
           "you sure your configuration is correct?\r\n");
  CHECK_EQ(cache("AUTH default whatever"), "+OK\r\n");
  CHECK_EQ(cache("AUTH other whatever"), kWrongPass);
  CHECK_EQ(cache("AUTH a b c"), "-ERR syntax error\r\n");
}

TEST_CASE("AUTH wants the whole password and nothing else") {
  Cache cache;
  require_password(cache, "secret");
  CHECK_EQ(cache("PING"), "-NOAUTH Authentication required.\r\n");
  for (const std::string_view wrong : {"", "s", "secre", "secretsecret", "secretx", "SECRET"}) {
    CAPTURE(wrong);
    CHECK_EQ(cache.run({"AUTH", wrong}), kWrongPass);
    CHECK_FALSE(cache.session.authenticated);
  }
  CHECK_EQ(cache("AUTH DEFAULT secret"), kWrongPass);
  CHECK_EQ(cache("AUTH secret"), "+OK\r\n");
  CHECK_EQ(cache("PING"), "+PONG\r\n");
  CHECK_EQ(cache("AUTH wrong"), kWrongPass);
  CHECK_EQ(cache("PING"), "+PONG\r\n");  // a failure takes nothing away
}

TEST_CASE("HELLO describes the server in the version it switches to") {
  Cache cache;
  CHECK_EQ(
      cache("HELLO"),
      "*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:2\r\n"
      "$2\r\nid\r\n:1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
      "$7\r\nmodules\r\n*0\r\n");
  const std::string three = cache("HELLO 3");
  CHECK(three.starts_with("%7\r\n"));
  CHECK(has(three, "proto\r\n:3\r\n"));
  CHECK_EQ(cache("GET none"), "_\r\n");
  CHECK(cache("HELLO").starts_with("%7\r\n"));
  CHECK(cache("HELLO 2").starts_with("*14\r\n"));
}

TEST_CASE("HELLO refuses versions and options that it does not know") {
  Cache cache;
  for (const std::string_view version : {"HELLO 1", "HELLO 4", "HELLO -1"}) {
    CHECK_EQ(cache(version), "-NOPROTO unsupported protocol version\r\n");
  }
  CHECK_EQ(cache("HELLO x"), "-ERR Protocol version is not an integer or out of range\r\n");
  CHECK_EQ(cache("HELLO 3 FOO"), "-ERR Syntax error in HELLO option 'FOO'\r\n");
  CHECK_EQ(cache("HELLO 3 AUTH a"), "-ERR Syntax error in HELLO option 'AUTH'\r\n");
  CHECK_EQ(cache("HELLO 3 SETNAME"), "-ERR Syntax error in HELLO option 'SETNAME'\r\n");
  CHECK_EQ(cache("HELLO 3 SETNAME a\n"),
           "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
  CHECK_EQ(cache.session.resp, 2);
}

TEST_CASE("HELLO lets a client in and names it in one step") {
  Cache cache;
  require_password(cache, "secret");
  CHECK_EQ(
      cache("HELLO 3"),
      "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
      "AUTH <user> <pass> option can be used to authenticate the client and select the RESP "
      "protocol version at the same time\r\n");
  CHECK_EQ(cache("HELLO 4"), "-NOPROTO unsupported protocol version\r\n");
  CHECK_EQ(cache("HELLO 3 AUTH default bad SETNAME job"), kWrongPass);
  CHECK_EQ(cache.session.resp, 2);
  CHECK(cache("HELLO 3 SETNAME job AUTH default secret").starts_with("%7\r\n"));
  CHECK_EQ(cache.session.name, "job");
  CHECK_EQ(cache("PING"), "+PONG\r\n");
}

TEST_CASE("RESET makes a connection new, and locks it if there is a password") {
  Cache cache;
  cache("HELLO 3 SETNAME job");
  cache("SELECT 3");
  CHECK_EQ(cache("RESET"), "+RESET\r\n");
  CHECK_EQ(cache.session.resp, 2);
  CHECK_EQ(cache.session.db, 0);
  CHECK_EQ(cache.session.name, "");
  CHECK_EQ(cache("PING"), "+PONG\r\n");
  require_password(cache, "secret");
  cache("AUTH secret");
  CHECK_EQ(cache("RESET"), "+RESET\r\n");
  CHECK_EQ(cache("PING"), "-NOAUTH Authentication required.\r\n");
}

TEST_CASE("SELECT moves between databases that exist") {
  Cache cache;
  cache("SET a 1");
  CHECK_EQ(cache("SELECT 15"), "+OK\r\n");
  CHECK_EQ(cache("GET a"), "$-1\r\n");
  CHECK_EQ(cache("SELECT 16"), "-ERR DB index is out of range\r\n");
  CHECK_EQ(cache("SELECT -1"), "-ERR DB index is out of range\r\n");
  CHECK_EQ(cache("SELECT a"), "-ERR value is not an integer or out of range\r\n");
  CHECK_EQ(cache("SELECT 99999999999"),
           "-ERR value is out of range, value must between -2147483648 and 2147483647\r\n");
  CHECK_EQ(cache.session.db, 15);
  CHECK_EQ(cache("SELECT 0"), "+OK\r\n");
  CHECK_EQ(cache("GET a"), "$1\r\n1\r\n");
}

TEST_CASE("passwords do not reach the slow log") {
  Cache cache;
  cache.dispatcher.watch(0, 0, 1e-9);
  cache("AUTH pw1");
  cache("AUTH default pw2");
  cache("HELLO 2 AUTH default pw3 SETNAME n");
  cache("CONFIG SET requirepass pw4 timeout 7");
  std::string shown;
  for (const SlowEntry& entry : cache.host.slow_entries) {
    for (const std::string& arg : entry.args) shown += arg + ' ';
  }
  CHECK_EQ(
      shown,
      "AUTH (redacted) AUTH (redacted) (redacted) HELLO 2 AUTH (redacted) (redacted) SETNAME n "
      "CONFIG SET requirepass (redacted) timeout 7 ");
}

}  // namespace freshet
