// Who may do what: requirepass, AUTH, HELLO AUTH SETNAME, rename-command.
#include <doctest/doctest.h>

#include "client.h"

namespace freshet::e2e {

TEST_CASE("without the password only AUTH, HELLO, QUIT and RESET are heard") {
  const TestServer server({"--requirepass", "secret"});
  Client client(server);
  const std::string refusal = "(error) NOAUTH Authentication required.";
  CHECK(client("GET k") == refusal);
  CHECK(client("PING") == refusal);
  CHECK(client("CONFIG GET *") == refusal);
  CHECK(client("NOSUCH").starts_with("(error) "));
  CHECK(client("AUTH wrong") ==
        "(error) WRONGPASS invalid username-password pair or user is disabled.");
  CHECK(client("GET k") == refusal);
  CHECK(client("AUTH secret") == "OK");
  CHECK(client("SET k v") == "OK");
  Client second(server);
  CHECK(second("AUTH default secret") == "OK");
  CHECK(second("GET k") == "v");
}

TEST_CASE("AUTH without a password set says so") {
  const TestServer server;
  Client client(server);
  CHECK(client("AUTH anything") ==
        "(error) ERR AUTH <password> called without any password configured for the default "
        "user. Are you sure your configuration is correct?");
  CHECK(client("PING") == "PONG");
}

TEST_CASE("HELLO lets a client in and names it in one step") {
  const TestServer server({"--requirepass", "secret"});
  Client client(server);
  CHECK(client("HELLO 2").starts_with("(error) NOAUTH HELLO must be called with the client"));
  CHECK(client("HELLO 2 AUTH default wrong SETNAME job") ==
        "(error) WRONGPASS invalid username-password pair or user is disabled.");
  const Reply hello = client.call(split("HELLO 2 AUTH default secret SETNAME job"));
  REQUIRE(hello.field("proto") != nullptr);
  CHECK(hello.field("proto")->integer == 2);
  CHECK(client("CLIENT GETNAME") == "job");
}

TEST_CASE("a password set while running binds new clients, not those already in") {
  const TestServer server;
  Client old_client(server);
  CHECK(old_client("CONFIG SET requirepass later") == "OK");
  CHECK(old_client("PING") == "PONG");
  Client new_client(server);
  CHECK(new_client("PING") == "(error) NOAUTH Authentication required.");
  CHECK(new_client("AUTH later") == "OK");
  CHECK(new_client("PING") == "PONG");
}

TEST_CASE("rename-command moves a command and an empty name takes it away") {
  const TestServer server({},
                          "rename-command CONFIG hidden-config\nrename-command FLUSHALL \"\"\n");
  Client client(server);
  CHECK(client("CONFIG GET timeout").starts_with("(error) ERR unknown command 'CONFIG'"));
  CHECK(client("hidden-config GET timeout") == "[timeout 0]");
  CHECK(client("FLUSHALL").starts_with("(error) ERR unknown command 'FLUSHALL'"));
  CHECK(client("FLUSHDB") == "OK");
}

}  // namespace freshet::e2e
