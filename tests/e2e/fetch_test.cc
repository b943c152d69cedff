// FETCH and FENCE: leases over several connections, and no stale fill. Freshet only.
#include <doctest/doctest.h>

#include "family.h"

namespace freshet::e2e {
namespace {

std::string state(const Reply& fetch) { return fetch.items.empty() ? "" : fetch.items[0].text; }

std::string token(const Reply& fetch) { return fetch.items.size() < 3 ? "" : fetch.items[2].text; }

}  // namespace

TEST_SUITE("freshet") {
  TEST_CASE("one reader gets the lease, the others wait, and after the fill all hit") {
    const TestServer server;
    std::vector<Client> clients = several_clients(server);
    const Reply lease = clients[0].call({"FETCH", "k", "LEASE", "20000"});
    REQUIRE(state(lease) == "LEASE");
    for (std::size_t i = 1; i < clients.size(); ++i) {
      const Reply wait = clients[i].call({"FETCH", "k"});
      CHECK(state(wait) == "WAIT");
      REQUIRE(wait.items.size() == 4);
      CHECK(wait.items[3].integer > 0);
    }
    CHECK(show(clients[0].call({"DEPSET", "k", "v", "FENCE", token(lease)})) == "OK");
    for (Client& client : clients) CHECK(client("FETCH k") == "[HIT v (nil) (nil)]");
  }

  TEST_CASE("a fill is refused when its key was invalidated while it was computed") {
    const TestServer server;
    Client filler(server);
    Client other(server);
    const Reply lease = filler.call({"FETCH", "k"});
    REQUIRE(state(lease) == "LEASE");
    other("INVALIDATE KEY k");
    CHECK(show(filler.call({"DEPSET", "k", "stale", "FENCE", token(lease)})) == "(nil)");
    CHECK(other("GET k") == "(nil)");
    CHECK(state(other.call({"FETCH", "k"})) == "LEASE");
  }

  TEST_CASE("a fill is refused when a dependency or tag it names was invalidated meanwhile") {
    const TestServer server;
    Client filler(server);
    Client other(server);
    REQUIRE(other("MSET row v gone v") == "OK");
    int round = 0;
    const auto refused = [&](const std::string& clause, const std::string& meanwhile) {
      CAPTURE(meanwhile);
      const std::string key = "k:" + std::to_string(++round);
      const Reply lease = filler.call({"FETCH", key});
      REQUIRE(state(lease) == "LEASE");
      CHECK_FALSE(other(meanwhile).starts_with("(error)"));
      CHECK(filler("DEPSET " + key + " stale " + clause + " FENCE " + token(lease)) == "(nil)");
      CHECK(other("EXISTS " + key) == "(integer) 0");
    };
    refused("DEPS 2 signal row", "SET row other");
    refused("DEPS 2 signal row", "INVALIDATE DEPS signal");
    refused("DEPS 1 gone", "DEL gone");
    refused("TAGS 2 home other", "INVALIDATE TAG home");
  }

  TEST_CASE("a cold nested fill works") {
    const TestServer server;
    Client client(server);
    const Reply page_lease = client.call({"FETCH", "page"});
    const Reply user_lease = client.call({"FETCH", "user"});
    CHECK(client("DEPSET user u FENCE " + token(user_lease)) == "OK");
    CHECK(client("DEPSET page p DEPS 1 user FENCE " + token(page_lease)) == "OK");
    CHECK(client("MGET user page") == "[u p]");
  }

  TEST_CASE("a soft kill is absent to every command but FETCH STALE") {
    const TestServer server;
    Client client(server);
    Client other(server);
    REQUIRE(client("DEPSET k v TAGS 1 t") == "OK");
    CHECK(client("INVALIDATE TAG t SOFT 60000") == "(integer) 1");
    CHECK(other("GET k") == "(nil)");
    CHECK(other("EXISTS k") == "(integer) 0");
    const Reply stale = other.call({"FETCH", "k", "STALE"});
    CHECK(state(stale) == "STALE");
    REQUIRE(stale.items.size() == 4);
    CHECK(stale.items[1].text == "v");
    CHECK(client("DEPSET k w FENCE " + token(stale)) == "OK");
    CHECK(other("GET k") == "w");
  }
}

}  // namespace freshet::e2e
