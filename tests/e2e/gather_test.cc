// What many clients send while the server is busy elsewhere is read in one turn, and run together:
// each is answered as if it were alone.
#include <doctest/doctest.h>

#include <cstdlib>
#include <random>
#include <vector>

#include "client.h"
#include "wire.h"

namespace freshet::e2e {
namespace {

// Stops the server, so that all that is sent meanwhile is there when it goes on.
class Halt {
 public:
  explicit Halt(TestServer& server) : server_(server) { server_.signal(SIGSTOP); }
  ~Halt() { server_.signal(SIGCONT); }

 private:
  TestServer& server_;
};

std::vector<Wire> wires(const TestServer& server, int count) {
  std::vector<Wire> all;
  for (int i = 0; i < count; ++i) {
    all.push_back(i % 2 == 0 ? Wire::local(server.socket_path())
                             : Wire::tcp("127.0.0.1", server.port()));
    REQUIRE(all.back().exchange("PING\r\n", 7) == "+PONG\r\n");
  }
  return all;
}

struct Talk {
  std::string bytes, replies;
  std::size_t cut = 0;  // how many bytes are sent while the server stands still
};

// Commands on keys of its own: small ones, and some that no batch takes.
Talk talk_of(int client, std::mt19937& rng) {
  Talk talk;
  const auto add = [&](const std::string& bytes, const std::string& reply) {
    talk.bytes += bytes;
    talk.replies += reply;
  };
  const std::string key = "k" + std::to_string(client);
  const std::string large(3000, static_cast<char>('a' + client % 26));
  int value = 0;
  for (unsigned i = 0, count = 1 + rng() % 40; i < count; ++i) {
    switch (rng() % 8) {
      case 0:
        add("PING\r\n", "+PONG\r\n");
        break;
      case 1:
        add(command({"ECHO", large}), "$3000\r\n" + large + "\r\n");
        break;
      case 2:
        add(command({"SELECT", std::to_string(rng() % 2)}), "+OK\r\n");
        break;
      case 3:
        add(command({"NOPE"}), "-ERR unknown command 'NOPE', with args beginning with: \r\n");
        break;
      default: {
        const std::string now = std::to_string(++value);
        add(command({"SET", key, now}) + command({"APPEND", key, "x"}),
            "+OK\r\n:" + std::to_string(now.size() + 1) + "\r\n");
        add(command({"GET", key}), "$" + std::to_string(now.size() + 1) + "\r\n" + now + "x\r\n");
      }
    }
  }
  talk.cut = rng() % 3 == 0 ? rng() % talk.bytes.size() : talk.bytes.size();
  return talk;
}

}  // namespace

TEST_CASE("many clients that sent at once are each answered in order") {
  TestServer server;
  std::mt19937 rng(20261128);
  std::vector<Wire> clients = wires(server, 100);
  for (int turn = 0; turn < 5; ++turn) {
    std::vector<Talk> talks;
    {
      const Halt halt(server);
      for (int i = 0; i < 100; ++i) {
        talks.push_back(talk_of(i, rng));
        REQUIRE(clients[i].send(std::string_view(talks[i].bytes).substr(0, talks[i].cut)));
      }
    }
    for (int i = 0; i < 100; ++i) {
      REQUIRE(clients[i].send(std::string_view(talks[i].bytes).substr(talks[i].cut)));
      CHECK(clients[i].read(talks[i].replies.size()) == talks[i].replies);
    }
  }
}

TEST_CASE("a client may close others whose commands wait beside its own") {
  TestServer server;
  std::vector<Wire> clients = wires(server, 20);
  {
    const Halt halt(server);
    REQUIRE(clients[7].send(command({"CLIENT", "KILL", "TYPE", "normal"})));
    for (int i = 0; i < 20; ++i) {
      if (i != 7) REQUIRE(clients[i].send(command({"INCR", "n"}) + command({"INCR", "n"})));
    }
  }
  CHECK(clients[7].read_line() == ":19\r\n");
  for (int i = 0; i < 20; ++i) {
    if (i == 7) continue;
    const std::string before = clients[i].read_to_close();  // those that ran before it
    CHECK((before.empty() || before.ends_with("\r\n")));
    CHECK(clients[i].closed());
  }
  // With one core only who was asked last before it stopped may have come first.
  Client after(server);
  const long ran = std::atol(after.call({"GET", "n"}).text.c_str());
  CHECK(ran <= (seat_under_test().cores == 1 ? 4 : 38));
}

TEST_CASE("a pause holds the writes that wait behind it, and what follows them") {
  TestServer server;
  std::vector<Wire> clients = wires(server, 10);
  Client other(server);
  {
    const Halt halt(server);
    for (Wire& client : clients) {
      REQUIRE(client.send(command({"CLIENT", "PAUSE", "100000", "WRITE"}) + command({"GET", "n"}) +
                          command({"SET", "n", "1"}) + command({"GET", "n"})));
    }
  }
  for (Wire& client : clients) CHECK(client.read(10) == "+OK\r\n$-1\r\n");
  for (Wire& client : clients) CHECK(!client.readable(milliseconds(10)));
  CHECK(other("CLIENT UNPAUSE") == "OK");
  for (Wire& client : clients) CHECK(client.read(12) == "+OK\r\n$1\r\n1\r\n");
}

}  // namespace freshet::e2e
