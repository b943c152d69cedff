// A stream of commands means the same however its bytes are cut, and any byte may be data.
#include <doctest/doctest.h>

#include "client.h"
#include "wire.h"

namespace freshet::e2e {
namespace {

const std::string kKey("k\0\r\n", 4);
const std::string kValue("\xff$1\r\n\0v", 7);

std::string small_pipeline() {
  return command({"SET", kKey, kValue}) + "INCR n\r\n" + command({"GET", kKey}) +
         command({"DEL", kKey, "n"});
}

const std::string kReplies = "+OK\r\n:1\r\n$7\r\n" + kValue + "\r\n:2\r\n";

}  // namespace

TEST_CASE("a pipeline cut in two at any byte is answered the same") {
  const TestServer server;
  Wire wire = Wire::local(server.socket_path());
  const std::string bytes = small_pipeline();
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    REQUIRE(wire.send(bytes.substr(0, cut)));
    REQUIRE(wire.wait_until_read());
    REQUIRE(wire.send(bytes.substr(cut)));
    REQUIRE_MESSAGE(wire.read(kReplies.size()) == kReplies, "cut at ", cut);
  }
}

TEST_CASE("a pipeline cut in three at any two bytes is answered the same") {
  const TestServer server;
  Wire wire = Wire::local(server.socket_path());
  const std::string bytes = small_pipeline();
  for (std::size_t first = 1; first < bytes.size(); ++first) {
    for (std::size_t second = first + 1; second < bytes.size(); ++second) {
      wire.send(bytes.substr(0, first));
      wire.wait_until_read();
      wire.send(bytes.substr(first, second - first));
      wire.wait_until_read();
      wire.send(bytes.substr(second));
      REQUIRE_MESSAGE(wire.read(kReplies.size()) == kReplies, first, " and ", second);
    }
  }
}

TEST_CASE("a pipeline sent byte by byte is answered the same") {
  const TestServer server;
  Wire local = Wire::local(server.socket_path());
  Wire tcp = Wire::tcp("127.0.0.1", server.port());
  for (Wire* wire : {&local, &tcp}) {
    for (const char byte : small_pipeline()) {
      REQUIRE(wire->send({&byte, 1}));
      REQUIRE(wire->wait_until_read());
    }
    CHECK(wire->read(kReplies.size()) == kReplies);
  }
}

TEST_CASE("a pipeline of 100,000 commands is answered in order") {
  const TestServer server;
  constexpr int kCommands = 100'000;
  std::string bytes;
  std::string replies;
  for (int i = 1; i <= kCommands; ++i) {
    bytes += command({"INCR", "n"});
    replies += ":" + std::to_string(i) + "\r\n";
  }
  Wire wire = Wire::tcp("127.0.0.1", server.port());
  CHECK(wire.exchange(bytes, replies.size()) == replies);
}

TEST_CASE("a pipeline over keys of every shard keeps its order") {
  const TestServer server;
  constexpr int kKeys = 20'000;
  std::string bytes;
  std::string replies;
  for (int i = 0; i < kKeys; ++i) {
    const std::string key = "key:" + std::to_string(i);
    bytes += command({"SET", key, key}) + command({"GET", key});
    replies += "+OK\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n";
  }
  Wire wire = Wire::local(server.socket_path());
  CHECK(wire.exchange(bytes, replies.size()) == replies);
}

TEST_CASE("keys and values hold any byte, and the empty string") {
  const TestServer server;
  Client client(server);
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  CHECK(show(client.call({"SET", every, every + every})) == "OK");
  CHECK(client.call({"GET", every}).text == every + every);
  CHECK(show(client.call({"GET", every.substr(0, 255)})) == "(nil)");
  CHECK(show(client.call({"SET", "", ""})) == "OK");
  CHECK(show(client.call({"EXISTS", "", every})) == "(integer) 2");
  CHECK(client.call({"ECHO", every}).text == every);
}

TEST_CASE("a client may stop sending and still gets every answer") {
  const TestServer server;
  Wire wire = Wire::tcp("127.0.0.1", server.port());
  std::string bytes;
  std::string replies;
  for (int i = 0; i < 1'000; ++i) {
    bytes += "PING\r\n";
    replies += "+PONG\r\n";
  }
  REQUIRE(wire.send(bytes));
  CHECK(wire.read(replies.size()) == replies);
  wire.end_sending();
  CHECK(wire.read_to_close().empty());
  CHECK(wire.closed());
}

}  // namespace freshet::e2e
