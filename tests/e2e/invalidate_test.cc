// INVALIDATE by key, tag, pattern and dependency, with its options, seen from every connection.
// Freshet only.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "family.h"

namespace freshet::e2e {

TEST_SUITE("freshet") {
  TEST_CASE("INVALIDATE KEY touches exactly the keys it names") {
    const TestServer server;
    Client client(server);
    REQUIRE(fill_users(client));
    REQUIRE(fill_pages(client));
    CHECK(client("INVALIDATE KEY user:7 user:8 nosuch user:7") == "(integer) 2");
    CHECK(client("EXISTS user:7 user:8") == "(integer) 0");
    CHECK(living_pages(client) == kPages);
    CHECK(client("INVALIDATE KEY user:7") == "(integer) 0");
  }

  TEST_CASE("CASCADE goes on to the dependents and counts each key once") {
    const TestServer server;
    std::vector<Client> clients = several_clients(server);
    REQUIRE(fill_users(clients[0]));
    REQUIRE(fill_pages(clients[1]));
    REQUIRE(clients[2]("DEPSET site v DEPS 3 page:7 page:27 user:7") == "OK");
    CHECK(clients[3]("INVALIDATE KEY user:7 CASCADE DRYRUN") == "(integer) 12");
    CHECK(living_pages(clients[4]) == kPages);
    CHECK(clients[3]("INVALIDATE KEY user:7 CASCADE") == "(integer) 12");
    for (Client& client : clients) {
      CHECK(client("EXISTS user:7 site") == "(integer) 0");
      CHECK(living_pages(client, 7) == 0);
    }
    CHECK(living_pages(clients[5]) == kPages - kPages / kUsers);
  }

  TEST_CASE("INVALIDATE TAG kills what carries any of the tags, with ALL every one of them") {
    const TestServer server;
    std::vector<Client> clients = several_clients(server);
    for (int i = 0; i < 60; ++i) {
      const std::string tags = i % 3 == 0 ? "2 red blue" : i % 3 == 1 ? "1 red" : "1 blue";
      REQUIRE(clients[static_cast<std::size_t>(i) % 8]("DEPSET k:" + std::to_string(i) +
                                                       " v TAGS " + tags) == "OK");
    }
    CHECK(clients[0]("INVALIDATE TAG red blue ALL DRYRUN") == "(integer) 20");
    CHECK(clients[0]("INVALIDATE TAG red blue DRYRUN") == "(integer) 60");
    CHECK(clients[1]("INVALIDATE TAG red blue ALL") == "(integer) 20");
    CHECK(clients[2]("EXISTS k:0 k:3 k:57") == "(integer) 0");
    CHECK(clients[3]("INVALIDATE TAG red") == "(integer) 20");
    CHECK(clients[4]("INVALIDATE TAG red") == "(integer) 0");
    CHECK(clients[5]("INVALIDATE TAG red blue green") == "(integer) 20");
    CHECK(clients[6]("DBSIZE") == "(integer) 0");
  }

  TEST_CASE("a key filled again after its tag was invalidated lives") {
    const TestServer server;
    Client client(server);
    for (int round = 0; round < 50; ++round) {
      REQUIRE(client("DEPSET k v TAGS 1 t") == "OK");
      REQUIRE(client("GET k") == "v");
      REQUIRE(client("INVALIDATE TAG t") == "(integer) 1");
      REQUIRE(client("GET k") == "(nil)");
    }
  }

  TEST_CASE("INVALIDATE PATTERN kills what matches a glob, whole and exact") {
    const TestServer server;
    std::vector<Client> clients = several_clients(server);
    REQUIRE(fill_users(clients[0]));
    REQUIRE(fill_pages(clients[0]));
    CHECK(clients[1]("INVALIDATE PATTERN page:1? DRYRUN") == "(integer) 10");
    CHECK(clients[1]("INVALIDATE PATTERN page:1?") == "(integer) 10");
    CHECK(clients[2]("EXISTS page:10 page:19") == "(integer) 0");
    CHECK(clients[2]("EXISTS page:1 page:100 user:10") == "(integer) 3");
    // Five users with ten pages each.
    CHECK(clients[3]("INVALIDATE PATTERN user:[0-4] nosuch:* CASCADE") == "(integer) 55");
    CHECK(clients[4]("INVALIDATE PATTERN *") == "(integer) 155");
    CHECK(clients[5]("DBSIZE") == "(integer) 0");
  }

  TEST_CASE("INVALIDATE DEPS kills the direct dependents and spares the names") {
    const TestServer server;
    std::vector<Client> clients = several_clients(server);
    REQUIRE(fill_users(clients[0]));
    REQUIRE(fill_pages(clients[1]));
    REQUIRE(clients[2]("DEPSET site v DEPS 1 page:7") == "OK");
    CHECK(clients[3]("INVALIDATE DEPS user:7") == "(integer) 10");
    CHECK(clients[4]("EXISTS user:7 site") == "(integer) 2");
    CHECK(living_pages(clients[5], 7) == 0);
    CHECK(clients[6]("INVALIDATE DEPS signal:without:value") == "(integer) 0");
    REQUIRE(clients[6]("DEPSET k v DEPS 1 signal:without:value") == "OK");
    REQUIRE(clients[6]("DEPSET top v DEPS 1 k") == "OK");
    CHECK(clients[7]("INVALIDATE DEPS signal:without:value CASCADE") == "(integer) 2");
    CHECK(clients[0]("EXISTS k top") == "(integer) 0");
  }

  TEST_CASE("a -- ends the names, so any byte string can be one") {
    const TestServer server;
    Client client(server);
    const std::string odd("CASCADE\0\r\n", 10);
    REQUIRE(client("DEPSET a v TAGS 1 CASCADE") == "OK");
    REQUIRE(client("DEPSET b v DEPS 1 a") == "OK");
    CHECK(client("INVALIDATE TAG CASCADE --") == "(integer) 1");
    CHECK(client("EXISTS b") == "(integer) 1");
    REQUIRE(client("FLUSHALL") == "OK");
    REQUIRE(client("DEPSET a v TAGS 2 CASCADE --") == "OK");
    REQUIRE(client("DEPSET b v DEPS 1 a") == "OK");
    CHECK(client("INVALIDATE TAG CASCADE -- CASCADE") == "(integer) 2");
    REQUIRE(show(client.call({"DEPSET", odd, "v", "TAGS", "1", odd})) == "OK");
    CHECK(show(client.call({"INVALIDATE", "TAG", odd, "--", "ALL"})) == "(integer) 1");
    CHECK(show(client.call({"EXISTS", odd})) == "(integer) 0");
  }

  TEST_CASE("INVALIDATE refuses what it does not understand and kills nothing") {
    const TestServer server;
    Client client(server);
    REQUIRE(client("SET k v") == "OK");
    CHECK(client("INVALIDATE") == "(error) ERR wrong number of arguments for 'invalidate' command");
    CHECK(client("INVALIDATE SIDEWAYS k").starts_with("(error) ERR"));
    CHECK(client("INVALIDATE KEY") ==
          "(error) ERR wrong number of arguments for 'invalidate' command");
    CHECK(client("GET k") == "v");
  }

  TEST_CASE("a wide fan over all shards is ordinary input") {
    const TestServer server;
    Client client(server);
    constexpr int kWide = 20'000;
    for (int i = 0; i < kWide; ++i) {
      client.append({"DEPSET", "leaf:" + std::to_string(i), "v", "DEPS", "1", "root"});
    }
    for (int i = 0; i < kWide; ++i) REQUIRE(show(client.next()) == "OK");
    CHECK(client("INVALIDATE DEPS root") == "(integer) 20000");
    CHECK(client("DBSIZE") == "(integer) 0");
    CHECK(client("GET leaf:1") == "(nil)");
  }

  TEST_CASE("once a change has been answered no other connection reads what was made before it") {
    const TestServer server;
    constexpr int kVersions = 3'000;
    std::atomic<int> answered{0};  // the last version whose SET was answered; read by the reader
    std::atomic<int> stale{0};
    std::thread reader([&] {
      Client client(server);
      while (answered.load() < kVersions) {
        const int newest = answered.load();
        const Reply page = client.call({"GET", "page"});
        if (page.kind != Reply::Kind::kBulk) continue;
        stale += std::stoi(page.text) < newest ? 1 : 0;
      }
    });
    Client writer(server);
    int refused = 0;
    for (int version = 1; version <= kVersions; ++version) {
      const std::string text = std::to_string(version);
      refused += writer("SET version " + text) == "OK" ? 0 : 1;
      answered.store(version);
      refused += writer("DEPSET page " + text + " DEPS 1 version") == "OK" ? 0 : 1;
    }
    reader.join();
    CHECK(refused == 0);
    CHECK(stale.load() == 0);
  }
}

}  // namespace freshet::e2e
