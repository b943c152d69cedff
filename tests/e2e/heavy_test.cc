// Requests that are heavy in one thing: a very large value, a pattern made to explode.
#include <doctest/doctest.h>

#include <chrono>

#include "client.h"
#include "wire.h"

namespace freshet::e2e {
namespace {

constexpr std::size_t kMegabyte = 1 << 20;

std::string patterned(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 2654435761u >> 13);
  return bytes;
}

void set_and_read(std::size_t size) {
  const TestServer server;
  Client client(server);
  Client other("127.0.0.1", server.port());
  const std::string value = patterned(size);
  REQUIRE(show(client.call({"SET", "big", value})) == "OK");
  CHECK(other("STRLEN big") == "(integer) " + std::to_string(size));
  const bool same = other.call({"GET", "big"}).text == value;
  CHECK(same);  // a comparison inside CHECK would print both
  CHECK(client("GETRANGE big -4 -1") == value.substr(size - 4));
  CHECK(client("DEL big") == "(integer) 1");
  CHECK(other("PING") == "PONG");
}

}  // namespace

TEST_CASE("a value of 100 MB is set and read") { set_and_read(100 * kMegabyte); }

TEST_CASE("a value of 512 MB, Redis's largest, is set and read when FRESHET_E2E_HUGE is set") {
  if (!env("FRESHET_E2E_HUGE", "").empty()) set_and_read(512 * kMegabyte);
}

TEST_CASE("a value arriving slowly does not keep others waiting") {
  const TestServer server;
  Client other(server);
  Wire slow = Wire::local(server.socket_path());
  const std::string bytes = command({"SET", "slow", patterned(8 * kMegabyte)});
  constexpr std::size_t kPiece = 100'000;
  std::size_t at = 0;
  for (; at + kPiece < bytes.size(); at += kPiece) {
    REQUIRE(slow.send(bytes.substr(at, kPiece)));
    REQUIRE(other("EXISTS slow") == "(integer) 0");
  }
  REQUIRE(slow.send(bytes.substr(at)));
  CHECK(slow.read(5) == "+OK\r\n");
  CHECK(other("STRLEN slow") == "(integer) " + std::to_string(8 * kMegabyte));
}

TEST_CASE("a pattern made to explode is answered soon") {
  const TestServer server;
  Client client(server);
  REQUIRE(show(client.call({"SET", std::string(2'000, 'a'), "v"})) == "OK");
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "a*";
  const auto start = std::chrono::steady_clock::now();
  CHECK(show(client.call({"KEYS", pattern + "b"})) == "[]");
  CHECK(show(client.call({"SCAN", "0", "MATCH", pattern + "b", "COUNT", "1000"})) == "[0 []]");
  CHECK(client.call({"KEYS", pattern}).items.size() == 1);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

}  // namespace freshet::e2e
