// Limits that keep one client from taking the server from the others: maxclients, idle timeout,
// output buffers, and great numbers of connections that say nothing or stop half-way.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <vector>

#include "client.h"
#include "wire.h"

namespace freshet::e2e {
namespace {

// Silent connections: as many as both this program and the server have files for.
int many_connections() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_cur >= 11'000 ? 10'000 : 2'000;
}

int connected_clients(Client& client) {
  const std::string info = client("INFO clients");
  const std::string name = "connected_clients:";
  const std::size_t at = info.find(name);
  return at == std::string::npos ? -1 : std::atoi(info.c_str() + at + name.size());
}

}  // namespace

TEST_CASE("the client over maxclients is told so and closed, and a place that is freed is given") {
  const TestServer server({"--maxclients", "10"});
  Client steady(server);
  REQUIRE(eventually([&] { return connected_clients(steady) == 1; }));
  std::vector<Wire> inside;
  for (int i = 0; i < 9; ++i) {
    inside.push_back(Wire::tcp("127.0.0.1", server.port()));
    REQUIRE(inside.back().exchange("PING\r\n", 7) == "+PONG\r\n");
  }
  Wire over = Wire::tcp("127.0.0.1", server.port());
  CHECK(over.read_to_close() == "-ERR max number of clients reached\r\n");
  CHECK(over.closed());
  CHECK(steady("PING") == "PONG");

  inside.pop_back();
  REQUIRE(eventually([&] { return connected_clients(steady) == 9; }));
  CHECK(Wire::tcp("127.0.0.1", server.port()).exchange("PING\r\n", 7) == "+PONG\r\n");
}

TEST_CASE("a client idle for longer than the timeout is closed, a busy one is not") {
  const TestServer server({"--timeout", "1"});
  Client busy(server);
  Wire idle = Wire::tcp("127.0.0.1", server.port());
  REQUIRE(idle.exchange("PING\r\n", 7) == "+PONG\r\n");
  const auto closed = [&] {
    CHECK(busy("PING") == "PONG");
    idle.read(1, milliseconds(50));
    return idle.closed();
  };
  CHECK(eventually(closed, milliseconds(10'000)));
  CHECK(busy("PING") == "PONG");
}

TEST_CASE("a client that never reads is closed at its output limit while others go on") {
  const TestServer server({"--client-output-buffer-limit", "normal", "1mb", "0", "0"});
  Client steady(server);
  REQUIRE(show(steady.call({"SET", "big", std::string(100'000, 'x')})) == "OK");
  Wire greedy = Wire::tcp("127.0.0.1", server.port());
  REQUIRE(greedy.exchange("CLIENT SETNAME greedy\r\n", 5) == "+OK\r\n");
  std::string bytes;
  for (int i = 0; i < 1'000; ++i) bytes += "GET big\r\n";
  greedy.send(bytes);
  const auto gone = [&] {
    CHECK(steady("INCR n").starts_with("(integer) "));
    return steady("CLIENT LIST").find("name=greedy") == std::string::npos;
  };
  CHECK(eventually(gone));
  CHECK(greedy.read_to_close().size() < 1'000u * 100'000u);
  CHECK(greedy.closed());
}

TEST_CASE("thousands of silent connections do not keep the others from being served") {
  const int count = many_connections();
  CAPTURE(count);
  const TestServer server({"--maxclients", std::to_string(count + 100)});
  Client steady(server);
  std::vector<Wire> silent;
  for (int i = 0; i < count; ++i) {
    silent.push_back(Wire::local(server.socket_path()));
    REQUIRE(silent.back().is_open());
    if (i % 100 == 0) REQUIRE(steady("PING") == "PONG");
  }
  CHECK(eventually([&] { return connected_clients(steady) == count + 1; }));
  for (int i = 0; i < 1'000; ++i) {
    REQUIRE(steady("INCR n") == "(integer) " + std::to_string(i + 1));
  }
  CHECK(silent.back().exchange("PING\r\n", 7) == "+PONG\r\n");
  silent.clear();
  CHECK(eventually([&] { return connected_clients(steady) == 1; }));
}

TEST_CASE("50,000 commands left unfinished on many connections stop nobody") {
  const TestServer server;
  constexpr int kConnections = 500;
  constexpr int kRounds = 100;
  const std::string whole = command({"SET", "unfinished", std::string(40, 'v')});
  Client steady(server);
  std::vector<Wire> wires;
  for (int i = 0; i < kConnections; ++i) wires.push_back(Wire::local(server.socket_path()));
  for (int round = 0; round < kRounds; ++round) {
    const std::size_t cut = 1 + static_cast<std::size_t>(round) % (whole.size() - 1);
    for (Wire& wire : wires) REQUIRE(wire.send(whole.substr(0, cut)));
    REQUIRE(steady("INCR n") == "(integer) " + std::to_string(round + 1));
    // Every second round the clients leave instead of finishing.
    for (Wire& wire : wires) {
      if (round % 2 == 0) {
        wire = Wire::local(server.socket_path());
      } else {
        REQUIRE(wire.exchange(whole.substr(cut), 5) == "+OK\r\n");
      }
    }
  }
  CHECK(eventually([&] { return connected_clients(steady) == kConnections + 1; }));
}

}  // namespace freshet::e2e
