// Ways in: TCP over IPv4 and IPv6, unix socket, `bind` lists, RESP2, RESP3 and inline commands.
#include <doctest/doctest.h>

#include "client.h"
#include "wire.h"

namespace freshet::e2e {

TEST_CASE("a client gets in over IPv4, IPv6 and the unix socket, and meets the same data") {
  const TestServer server({"--bind", "127.0.0.1", "::1"});
  Client four("127.0.0.1", server.port());
  Client six("::1", server.port());
  Client local(server);
  CHECK(four("SET from four") == "OK");
  CHECK(six("GET from") == "four");
  CHECK(six("APPEND from six") == "(integer) 7");
  CHECK(local("GET from") == "foursix");
}

TEST_CASE("bind takes a list of addresses and leaves the others closed") {
  const TestServer server({"--bind", "127.0.0.1", "127.0.0.2"});
  Client first("127.0.0.1", server.port());
  Client second("127.0.0.2", server.port());
  CHECK(first("PING") == "PONG");
  CHECK(second("PING") == "PONG");
  CHECK_FALSE(Wire::tcp("127.0.0.3", server.port()).is_open());
  CHECK_FALSE(Wire::tcp("::1", server.port()).is_open());
}

TEST_CASE("the same list comes from a configuration file") {
  const TestServer server({"--bind", "127.0.0.1", "::1"},
                          "# addresses\nbind 127.0.0.1\nmaxclients 77\ntimeout 0\n");
  Client six("::1", server.port());
  CHECK(six("CONFIG GET maxclients") == "[maxclients 77]");
}

TEST_CASE("RESP2 is spoken until HELLO 3, and again after HELLO 2") {
  const TestServer server;
  Wire wire = Wire::tcp("127.0.0.1", server.port());
  const auto ask = [&wire](const std::string& inline_command, const std::string& reply) {
    CHECK(wire.exchange(inline_command + "\r\n", reply.size()) == reply);
  };
  ask("CONFIG GET timeout", "*2\r\n$7\r\ntimeout\r\n$1\r\n0\r\n");
  ask("GET missing", "$-1\r\n");

  REQUIRE(wire.send("HELLO 3\r\nECHO end\r\n"));
  CHECK(wire.read_line().starts_with("%"));
  while (wire.read_line() != "end\r\n") REQUIRE_FALSE(wire.closed());

  ask("GET missing", "_\r\n");
  ask("MGET missing", "*1\r\n_\r\n");
  ask("CONFIG GET timeout", "%1\r\n$7\r\ntimeout\r\n$1\r\n0\r\n");

  REQUIRE(wire.send("HELLO 2\r\nECHO end\r\n"));
  CHECK(wire.read_line().starts_with("*"));
  while (wire.read_line() != "end\r\n") REQUIRE_FALSE(wire.closed());
  ask("GET missing", "$-1\r\n");
}

TEST_CASE("HELLO refuses a protocol it does not know and leaves the connection as it was") {
  const TestServer server;
  Wire wire = Wire::tcp("127.0.0.1", server.port());
  const std::string refusal = "-NOPROTO unsupported protocol version\r\n$-1\r\n";
  CHECK(wire.exchange("HELLO 4\r\nGET missing\r\n", refusal.size()) == refusal);
}

TEST_CASE("HELLO answers with the server's particulars") {
  const TestServer server;
  Client client(server);
  const Reply hello = client.call({"HELLO", "2", "SETNAME", "worker"});
  for (const char* name : {"server", "version", "proto", "id", "mode", "role", "modules"}) {
    CHECK_MESSAGE(hello.field(name) != nullptr, name);
  }
  CHECK(client("CLIENT GETNAME") == "worker");
}

TEST_CASE("inline commands take quotes, escapes, blank lines and a bare newline") {
  const TestServer server;
  Wire wire = Wire::tcp("127.0.0.1", server.port());
  const auto ask = [&wire](const std::string& bytes, const std::string& reply) {
    CHECK(wire.exchange(bytes, reply.size()) == reply);
  };
  ask("PING\r\n", "+PONG\r\n");
  ask("\r\n\r\nPING\n", "+PONG\r\n");
  ask("SET  'a key'   \"v\\x00\\n\\\"\" \r\n", "+OK\r\n");
  ask("GET \"a key\"\r\n", std::string("$4\r\nv\0\n\"\r\n", 10));
  ask("SET empty ''\r\n", "+OK\r\n");
  ask("GET empty\r\n", "$0\r\n\r\n");
  ask("PING\r\n*1\r\n$4\r\nPING\r\nPING\r\n", "+PONG\r\n+PONG\r\n+PONG\r\n");
}

TEST_CASE("an unknown command is refused in Redis's words and the connection lives on") {
  const TestServer server;
  Client client(server);
  CHECK(client("NOSUCH a b") ==
        "(error) ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' ");
  CHECK(client("GET a b") == "(error) ERR wrong number of arguments for 'get' command");
  CHECK(client("PING") == "PONG");
}

}  // namespace freshet::e2e
