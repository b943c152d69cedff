// CLIENT across connections: LIST, KILL, PAUSE, and names.
#include <doctest/doctest.h>

#include <algorithm>

#include "client.h"
#include "wire.h"

namespace freshet::e2e {

TEST_CASE("CLIENT LIST shows every connection, on whatever core it lives") {
  const TestServer server;
  std::vector<Client> clients;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back(server);
    REQUIRE(clients.back()("CLIENT SETNAME worker-" + std::to_string(i)) == "OK");
  }
  const std::string list = clients.front()("CLIENT LIST");
  for (int i = 0; i < 16; ++i) {
    CHECK(list.find("name=worker-" + std::to_string(i) + " ") != std::string::npos);
  }
  for (const char* field :
       {"id=", " addr=", " fd=", " age=", " idle=", " db=0", " cmd=client|list"}) {
    CHECK_MESSAGE(list.find(field) != std::string::npos, field);
  }
}

TEST_CASE("every connection has an id of its own") {
  const TestServer server;
  std::vector<Client> clients;
  std::vector<std::string> ids;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back(server);
    ids.push_back(clients.back()("CLIENT ID"));
  }
  std::sort(ids.begin(), ids.end());
  CHECK(std::unique(ids.begin(), ids.end()) == ids.end());
}

TEST_CASE("CLIENT KILL closes the connection it names and no other") {
  const TestServer server;
  Client killer(server);
  for (int i = 0; i < 8; ++i) {  // spread over the cores
    Client victim(server);
    const std::string id = std::to_string(victim.call({"CLIENT", "ID"}).integer);
    CHECK(killer("CLIENT KILL ID " + id) == "(integer) 1");
    CHECK(killer("CLIENT KILL ID " + id) == "(integer) 0");
    CHECK(victim("PING") == "(lost)");
  }
  CHECK(killer("CLIENT KILL 127.0.0.1:1") == "(error) ERR No such client");
  CHECK(killer("CLIENT KILL ID abc").starts_with("(error) ERR client-id should be greater than 0"));
}

TEST_CASE("CLIENT KILL TYPE normal spares its caller and counts the others") {
  const TestServer server;
  Client killer(server);
  std::vector<Wire> victims;
  for (int i = 0; i < 8; ++i) {
    victims.push_back(Wire::tcp("127.0.0.1", server.port()));
    REQUIRE(victims.back().exchange("PING\r\n", 7) == "+PONG\r\n");
  }
  CHECK(killer("CLIENT KILL TYPE normal SKIPME yes") == "(integer) 8");
  for (Wire& victim : victims) {
    CHECK(victim.read_to_close().empty());
    CHECK(victim.closed());
  }
  CHECK(killer("PING") == "PONG");
}

TEST_CASE("a client may kill itself and is answered first") {
  const TestServer server;
  Wire wire = Wire::local(server.socket_path());
  REQUIRE(wire.send("CLIENT ID\r\n"));
  const std::string line = wire.read_line();  // ":3\r\n"
  REQUIRE(line.size() > 3);
  const std::string number = line.substr(1, line.size() - 3);
  REQUIRE(wire.send("CLIENT KILL ID " + number + " SKIPME no\r\n"));
  CHECK(wire.read_to_close() == ":1\r\n");
  CHECK(wire.closed());
}

TEST_CASE("CLIENT PAUSE WRITE holds writes back on every connection and lets reads through") {
  const TestServer server;
  Client operator_client(server);
  REQUIRE(operator_client("SET k before") == "OK");
  CHECK(operator_client("CLIENT PAUSE 60000 WRITE") == "OK");
  std::vector<Wire> writers;
  for (int i = 0; i < 8; ++i) {
    writers.push_back(Wire::local(server.socket_path()));
    REQUIRE(writers.back().send("APPEND k x\r\n"));
  }
  Client reader("127.0.0.1", server.port());
  CHECK(reader("GET k") == "before");
  for (Wire& writer : writers) CHECK_FALSE(writer.readable(milliseconds(20)));
  CHECK(reader("GET k") == "before");
  CHECK(operator_client("CLIENT UNPAUSE") == "OK");
  for (Wire& writer : writers) CHECK(writer.read_line().starts_with(":"));
  CHECK(reader("GET k") == "beforexxxxxxxx");
}

TEST_CASE("CLIENT PAUSE ALL holds back every command but what is refused, COMMAND included") {
  const TestServer server;
  std::vector<Wire> held;
  for (int i = 0; i < 3; ++i) held.push_back(Wire::local(server.socket_path()));
  Wire refused = Wire::local(server.socket_path());
  Client operator_client(server);
  REQUIRE(operator_client("CLIENT PAUSE 1500 ALL") == "OK");
  const char* const questions[] = {"GET k\r\n", "COMMAND COUNT\r\n", "COMMAND\r\n"};
  for (std::size_t i = 0; i < held.size(); ++i) REQUIRE(held[i].send(questions[i]));
  REQUIRE(refused.send("CLIENT\r\n"));
  CHECK(refused.read_line() == "-ERR wrong number of arguments for 'client' command\r\n");
  for (Wire& wire : held) CHECK_FALSE(wire.readable(milliseconds(20)));
  CHECK(held[0].read_line() == "$-1\r\n");
  CHECK(held[1].read_line().starts_with(":"));
  CHECK(held[2].read_line().starts_with("*"));
}

TEST_CASE("CLIENT PAUSE ends by itself") {
  const TestServer server;
  Client client(server);
  CHECK(client("CLIENT PAUSE 100 ALL") == "OK");
  Client other(server);
  CHECK(other("SET k v") == "OK");
}

TEST_CASE("CLIENT REPLY OFF silences one connection until ON") {
  const TestServer server;
  Wire wire = Wire::local(server.socket_path());
  CHECK(wire.exchange("CLIENT REPLY OFF\r\nSET k v\r\nCLIENT REPLY ON\r\nGET k\r\n", 12) ==
        "+OK\r\n$1\r\nv\r\n");
}

}  // namespace freshet::e2e
