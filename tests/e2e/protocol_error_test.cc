// Bytes that are no commands: each is refused in Redis's words, then the connection is closed.
#include <doctest/doctest.h>

#include "client.h"
#include "wire.h"

namespace freshet::e2e {
namespace {

constexpr std::size_t kLineLimit = 64 * 1024;  // Redis's PROTO_INLINE_MAX_SIZE

struct Refusal {
  std::string bytes;
  std::string words;
};

void check_refused(const TestServer& server, const Refusal& refusal) {
  CAPTURE(refusal.bytes.substr(0, 40));
  Wire wire = Wire::tcp("127.0.0.1", server.port());
  REQUIRE(wire.send(command({"ECHO", "before"}) + refusal.bytes));
  CHECK(wire.read_to_close() == "$6\r\nbefore\r\n-ERR Protocol error: " + refusal.words + "\r\n");
  CHECK(wire.closed());
}

}  // namespace

TEST_CASE("what is no command is refused in Redis's words and the connection is closed") {
  const TestServer server;
  const std::string digits(kLineLimit + 1, '1');
  const Refusal refusals[] = {
      {"*x\r\n", "invalid multibulk length"},
      {"*1048577000000\r\n", "invalid multibulk length"},
      {"*2147483648\r\n", "invalid multibulk length"},
      {"* 1\r\n", "invalid multibulk length"},
      {"*1\r\n$x\r\n", "invalid bulk length"},
      {"*1\r\n$-1\r\n", "invalid bulk length"},
      {"*1\r\n$536870913\r\n", "invalid bulk length"},
      {"*1\r\n$99999999999999999999\r\n", "invalid bulk length"},
      {"*1\r\nxPING\r\n", "expected '$', got 'x'"},
      {"*2\r\n$4\r\nECHO\r\n:1\r\n", "expected '$', got ':'"},
      {std::string(kLineLimit + 1, 'a'), "too big inline request"},
      {"SET k \"open\r\n", "unbalanced quotes in request"},
      {"SET k 'a'b\r\n", "unbalanced quotes in request"},
      {"*" + digits, "too big mbulk count string"},
      {"*1\r\n$" + digits, "too big bulk count string"},
  };
  for (const Refusal& refusal : refusals) check_refused(server, refusal);
  Client other(server);
  CHECK(other("PING") == "PONG");
}

TEST_CASE("an empty or negative array of arguments is passed over") {
  const TestServer server;
  Wire wire = Wire::tcp("127.0.0.1", server.port());
  CHECK(wire.exchange("*0\r\n*-1\r\n*-10\r\nPING\r\n", 7) == "+PONG\r\n");
}

TEST_CASE("who is not authenticated may not announce large commands") {
  const TestServer server({"--requirepass", "secret"});
  const auto refused = [&server](const std::string& bytes, const std::string& words) {
    Wire wire = Wire::tcp("127.0.0.1", server.port());
    REQUIRE(wire.send(bytes));
    CHECK(wire.read_to_close() == "-ERR Protocol error: " + words + "\r\n");
    CHECK(wire.closed());
  };
  refused("*11\r\n", "unauthenticated multibulk length");
  refused("*1\r\n$16385\r\n", "unauthenticated bulk length");

  Wire wire = Wire::tcp("127.0.0.1", server.port());
  const std::string noauth = "-NOAUTH Authentication required.\r\n";
  const std::string allowed = command({"ECHO", std::string(16'384, 'x')});
  CHECK(wire.exchange(allowed, noauth.size()) == noauth);
  CHECK(wire.exchange("AUTH secret\r\n", 5) == "+OK\r\n");
  const std::string echo = "$20000\r\n" + std::string(20'000, 'x') + "\r\n";
  CHECK(wire.exchange(command({"ECHO", std::string(20'000, 'x')}), echo.size()) == echo);
}

TEST_CASE("a refusal on one connection does not touch the others") {
  const TestServer server;
  Client steady(server);
  for (int i = 0; i < 200; ++i) {
    Wire wire = Wire::tcp("127.0.0.1", server.port());
    REQUIRE(wire.send("*1\r\n!\r\n"));
    CHECK(steady("INCR n") == "(integer) " + std::to_string(i + 1));
  }
}

}  // namespace freshet::e2e
