// WARM from a real redis-server: what is read, kept and refused. Freshet only; nothing is checked
// on a machine without redis-server.
#include <doctest/doctest.h>

#include "client.h"

namespace freshet::e2e {
namespace {

// A redis-server full of keys and a Freshet that knows it as the source "db".
struct Pair {
  explicit Pair(const Seat& seat)
      : source(seat, {}),
        server({"--source", "db", "redis://127.0.0.1:" + std::to_string(source.port()) + "/0"}),
        origin(source),
        client(server) {}

  TestServer source;
  TestServer server;
  Client origin;
  Client client;
};

void check_report(const Reply& report, const Words& figures) {
  CAPTURE(show(report));
  for (const std::string& figure : figures) {
    const std::size_t colon = figure.find(':');
    const Reply* found = report.field(figure.substr(0, colon));
    REQUIRE_MESSAGE(found != nullptr, figure);
    CHECK_MESSAGE(found->integer == std::stoll(figure.substr(colon + 1)), figure);
  }
}

}  // namespace

TEST_SUITE("freshet") {
  TEST_CASE("WARM reads everything from its source, TTLs and odd bytes included") {
    const auto seat = seat_of_warm_source();
    if (!seat) return;
    Pair pair(*seat);
    constexpr int kKeys = 3'000;
    for (int i = 0; i < kKeys; ++i) {
      pair.origin.append({"SET", "key:" + std::to_string(i), "value:" + std::to_string(i)});
    }
    for (int i = 0; i < kKeys; ++i) REQUIRE(show(pair.origin.next()) == "OK");
    const std::string odd("\0\r\n\xff", 4);
    REQUIRE(show(pair.origin.call({"SET", odd, odd, "PX", "100000"})) == "OK");

    const Reply report = pair.client.call(split("WARM FROM db MATCH * SYNC"));
    check_report(report, {"read:3001", "stored:3001", "skipped:0", "fenced:0", "failed:0"});
    CHECK(pair.client("DBSIZE") == "(integer) 3001");
    for (int i = 0; i < kKeys; i += 97) {
      const std::string number = std::to_string(i);
      REQUIRE(pair.client("GET key:" + number) == "value:" + number);
    }
    CHECK(pair.client("TTL key:1") == "(integer) -1");
    CHECK(pair.client.call({"GET", odd}).text == odd);
    const std::int64_t ttl = pair.client.call({"PTTL", odd}).integer;
    CHECK(ttl > 0);
    CHECK(ttl <= 100'000);
  }

  TEST_CASE("a live value wins over the source unless REPLACE") {
    const auto seat = seat_of_warm_source();
    if (!seat) return;
    Pair pair(*seat);
    REQUIRE(pair.origin("MSET a source b source c source") == "OK");
    REQUIRE(pair.client("SET a mine") == "OK");
    check_report(pair.client.call(split("WARM FROM db MATCH * SYNC")),
                 {"read:3", "stored:2", "skipped:1"});
    CHECK(pair.client("MGET a b c") == "[mine source source]");
    check_report(pair.client.call(split("WARM FROM db MATCH * REPLACE SYNC")),
                 {"read:3", "stored:3", "skipped:0"});
    CHECK(pair.client("GET a") == "source");
  }

  TEST_CASE("MATCH, KEYS, EX and LIMIT choose what is read and how long it stays") {
    const auto seat = seat_of_warm_source();
    if (!seat) return;
    Pair pair(*seat);
    REQUIRE(pair.origin("MSET a:1 v a:2 v b:1 v b:2 v") == "OK");
    check_report(pair.client.call(split("WARM FROM db MATCH a:* EX 500 SYNC")), {"stored:2"});
    CHECK(pair.client("TTL a:1") == "(integer) 500");
    check_report(pair.client.call(split("WARM FROM db KEYS 2 b:1 nosuch SYNC")), {"stored:1"});
    CHECK(pair.client("EXISTS a:1 a:2 b:1 b:2") == "(integer) 3");
    CHECK(pair.client("FLUSHALL") == "OK");
    check_report(pair.client.call(split("WARM FROM db MATCH * LIMIT 1 SYNC")), {"stored:1"});
    CHECK(pair.client("DBSIZE") == "(integer) 1");
  }

  TEST_CASE("WARM in the background hands out a job, and WARM STATUS tells its end") {
    const auto seat = seat_of_warm_source();
    if (!seat) return;
    Pair pair(*seat);
    REQUIRE(pair.origin("MSET a v b v") == "OK");
    const Reply job = pair.client.call(split("WARM FROM db MATCH *"));
    REQUIRE_FALSE(job.is_error());
    const std::string id =
        job.kind == Reply::Kind::kInteger ? std::to_string(job.integer) : job.text;
    CHECK(eventually([&] { return pair.client("EXISTS a b") == "(integer) 2"; }));
    CHECK_FALSE(pair.client("WARM STATUS " + id).starts_with("(error)"));
    CHECK(pair.client("WARM STATUS").find(id) != std::string::npos);
    CHECK(pair.client("WARM SOURCES").find("db") != std::string::npos);
  }

  TEST_CASE("a source that nobody configured is refused by name") {
    const TestServer server;
    Client client(server);
    const std::string reply = client("WARM FROM nosuch MATCH * SYNC");
    CHECK(reply.starts_with("(error) ERR"));
    CHECK(reply.find("nosuch") != std::string::npos);
    CHECK(client("WARM FROM redis://127.0.0.1:1/0 SYNC").starts_with("(error) ERR"));
    CHECK(client("WARM STATUS 999") == "(nil)");
  }

  TEST_CASE("a source that does not answer fails its job and leaves the server well") {
    const TestServer server(
        {"--source", "dead", "redis://127.0.0.1:" + std::to_string(free_port()) + "/0"});
    Client client(server);
    const std::string job = client("WARM FROM dead MATCH *");
    REQUIRE_FALSE(job.starts_with("(error)"));
    CHECK(eventually([&] { return client("WARM STATUS").find("failed") != std::string::npos; }));
    CHECK(client("WARM FROM dead SYNC").starts_with("(error) ERR WARM job 2 failed: "));
    const Reply latest = client.call(split("WARM STATUS 2"));
    REQUIRE(latest.field("state") != nullptr);
    CHECK(latest.field("state")->text == "failed");
    CHECK(client("PING") == "PONG");
    CHECK(client("DBSIZE") == "(integer) 0");
  }

  TEST_CASE("a warmed key is a key like any other: what is invalidated goes") {
    const auto seat = seat_of_warm_source();
    if (!seat) return;
    Pair pair(*seat);
    REQUIRE(pair.origin("SET row v") == "OK");
    check_report(pair.client.call(split("WARM FROM db SYNC")), {"stored:1"});
    REQUIRE(pair.client("DEPSET page v DEPS 1 row") == "OK");
    CHECK(pair.client("INVALIDATE KEY row CASCADE") == "(integer) 2");
    CHECK(pair.client("EXISTS row page") == "(integer) 0");
  }
}

}  // namespace freshet::e2e
