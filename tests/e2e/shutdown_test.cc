// Leaving: SIGTERM answers what was already sent, SHUTDOWN closes without an answer, code 0 both.
#include <doctest/doctest.h>

#include <algorithm>

#include "client.h"
#include "wire.h"

namespace freshet::e2e {

TEST_CASE("SIGTERM ends the server with code 0 while clients are connected") {
  TestServer server;
  std::vector<Wire> wires;
  for (int i = 0; i < 50; ++i) {
    wires.push_back(Wire::tcp("127.0.0.1", server.port()));
    REQUIRE(wires.back().exchange("PING\r\n", 7) == "+PONG\r\n");
  }
  CHECK(server.stop() == 0);
  for (Wire& wire : wires) {
    CHECK(wire.read_to_close().empty());
    CHECK(wire.closed());
  }
}

TEST_CASE("SIGINT ends the server with code 0") {
  TestServer server;
  Client client(server);
  REQUIRE(client("SET k v") == "OK");
  server.signal(SIGINT);
  CHECK(server.wait() == 0);
}

TEST_CASE("SHUTDOWN NOSAVE closes every connection and ends with code 0") {
  TestServer server;
  Client other("127.0.0.1", server.port());
  REQUIRE(other("PING") == "PONG");
  Client client(server);
  CHECK(client("SHUTDOWN NOSAVE") == "(lost)");
  CHECK(server.wait() == 0);
  CHECK(other("PING") == "(lost)");
  CHECK_FALSE(Wire::tcp("127.0.0.1", server.port()).is_open());
}

TEST_SUITE("freshet") {
  TEST_CASE("what was sent before SIGTERM is answered before the server leaves") {
    for (int attempt = 0; attempt < 5; ++attempt) {
      TestServer server;
      constexpr int kPipelines = 8;
      constexpr int kCommands = 2'000;  // its bytes fit into the socket's buffers
      std::string bytes;
      for (int i = 0; i < kCommands; ++i) bytes += "INCR n\r\n";
      std::vector<Wire> wires;
      for (int i = 0; i < kPipelines; ++i) {
        wires.push_back(Wire::tcp("127.0.0.1", server.port()));
        REQUIRE(wires.back().exchange("PING\r\n", 7) == "+PONG\r\n");
      }
      for (Wire& wire : wires) REQUIRE(wire.send(bytes));
      server.signal(SIGTERM);
      for (Wire& wire : wires) {
        const std::string got = wire.read_to_close();
        CHECK(std::count(got.begin(), got.end(), '\n') == kCommands);
        CHECK(wire.closed());
      }
      CHECK(server.wait() == 0);
    }
  }
}

}  // namespace freshet::e2e
