// A change of a dependency kills its dependents before the reply, over connections, cores, shards.
// Freshet only.
#include <doctest/doctest.h>

#include "family.h"

namespace freshet::e2e {
namespace {

// Fills a fresh family, lets `change` alter user:7, and checks that exactly its pages died.
void check_kills_pages_of_user_7(const std::string& change) {
  CAPTURE(change);
  const TestServer server;
  std::vector<Client> clients = several_clients(server);
  REQUIRE(fill_users(clients[0]));
  REQUIRE(fill_pages(clients[1]));
  REQUIRE(living_pages(clients[2]) == kPages);
  REQUIRE_FALSE(clients[3](change).starts_with("(error)"));
  for (Client& client : clients) CHECK(living_pages(client, 7) == 0);
  CHECK(living_pages(clients[4]) == kPages - kPages / kUsers);
}

}  // namespace

TEST_SUITE("freshet") {
  TEST_CASE("every kind of change of a key kills its dependents and nothing else") {
    for (const char* change :
         {"SET user:7 other", "APPEND user:7 more", "SETRANGE user:7 0 R", "DEL user:7",
          "UNLINK user:7", "GETDEL user:7", "PEXPIREAT user:7 1", "SET user:7 other EX 100",
          "DEPSET user:7 other", "RENAME user:7 elsewhere", "MSET user:7 other"}) {
      check_kills_pages_of_user_7(change);
    }
  }

  TEST_CASE("an overwrite with the same bytes kills nothing") {
    const TestServer server;
    Client client(server);
    REQUIRE(fill_users(client));
    REQUIRE(fill_pages(client));
    REQUIRE(fill_users(client));
    CHECK(client("DEPSET user:7 row") == "OK");
    CHECK(living_pages(client) == kPages);
  }

  TEST_CASE("the first fill of a dependency that had no value kills nothing, the second does") {
    const TestServer server;
    Client client(server);
    REQUIRE(fill_pages(client));
    REQUIRE(fill_users(client));
    CHECK(living_pages(client) == kPages);
    CHECK(client("SET user:7 other") == "OK");
    CHECK(living_pages(client, 7) == 0);
    CHECK(living_pages(client) == kPages - kPages / kUsers);
  }

  TEST_CASE("a change runs down every level, over all shards, before its reply") {
    const TestServer server;
    std::vector<Client> clients = several_clients(server);
    constexpr int kDepth = 1'000;
    REQUIRE(clients[0]("SET link:0 v") == "OK");
    for (int i = 1; i <= kDepth; ++i) {
      const std::string link = "link:" + std::to_string(i);
      REQUIRE(clients[static_cast<std::size_t>(i) % 8](
                  "DEPSET " + link + " v DEPS 1 link:" + std::to_string(i - 1)) == "OK");
    }
    CHECK(clients[1]("DBSIZE") == "(integer) 1001");
    CHECK(clients[1]("SET link:0 w") == "OK");
    for (int i = 1; i <= kDepth; ++i) {
      REQUIRE(clients[2]("EXISTS link:" + std::to_string(i)) == "(integer) 0");
    }
  }

  TEST_CASE("a dependent of an expired key is dead from the deadline on, unread") {
    const TestServer server;
    Client client(server);
    REQUIRE(fill_users(client));
    REQUIRE(fill_pages(client));
    CHECK(client("PEXPIRE user:7 150") == "(integer) 1");
    const Reply ttl = client.call({"PTTL", page(7)});
    CHECK(ttl.integer <= 150);
    CHECK(eventually([&] { return client("GET user:7") == "(nil)"; }));
    CHECK(living_pages(client, 7) == 0);
    CHECK(living_pages(client) == kPages - kPages / kUsers);
  }

  TEST_CASE("dependents die with their dependency's deadline even when nobody reads it") {
    const TestServer server;
    Client client(server);
    REQUIRE(client("SET row v PX 100") == "OK");
    REQUIRE(client("DEPSET page v DEPS 1 row") == "OK");
    REQUIRE(client("DEPSET top v DEPS 1 page") == "OK");
    CHECK(eventually([&] { return client("GET top") == "(nil)"; }, milliseconds(5'000)));
  }

  TEST_CASE("dependency-triggers none leaves INVALIDATE as the only trigger") {
    const TestServer server({"--dependency-triggers", "none"});
    Client client(server);
    REQUIRE(fill_users(client));
    REQUIRE(fill_pages(client));
    CHECK(client("SET user:7 other") == "OK");
    CHECK(client("DEL user:7") == "(integer) 1");
    CHECK(living_pages(client) == kPages);
    CHECK(client("INVALIDATE DEPS user:7") == "(integer) 10");
    CHECK(living_pages(client, 7) == 0);
  }

  TEST_CASE("each database has its own dependencies") {
    const TestServer server;
    Client client(server);
    REQUIRE(client("DEPSET page v DEPS 1 row") == "OK");
    REQUIRE(client("SELECT 1") == "OK");
    REQUIRE(client("DEPSET page v DEPS 1 row") == "OK");
    CHECK(client("INVALIDATE DEPS row") == "(integer) 1");
    CHECK(client("EXISTS page") == "(integer) 0");
    REQUIRE(client("SELECT 0") == "OK");
    CHECK(client("GET page") == "v");
  }
}

}  // namespace freshet::e2e
