// FETCH and FENCE: leases over several connections, and no stale fill. Freshet only.
#include <doctest/doctest.h>

#include <utility>

#include "family.h"

namespace freshet::e2e {
namespace {

std::string state(const Reply& fetch) { return fetch.items.empty() ? "" : fetch.items[0].text; }

std::string token(const Reply& fetch) { return fetch.items.size() < 3 ? "" : fetch.items[2].text; }

// A lease on `key`, and what becomes of a fill with it after `meanwhile` has happened elsewhere.
std::string fill_after(const TestServer& server, const std::string& key, const std::string& clause,
                       const std::string& meanwhile) {
  Client filler(server);
  Client other(server);
  const Reply lease = filler.call({"FETCH", key});
  REQUIRE(state(lease) == "LEASE");
  CHECK_FALSE(other.call(split(meanwhile)).is_error());
  return filler("DEPSET " + key + " filled " + clause + "FENCE " + token(lease));
}

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

  TEST_CASE("a lease ends when its key changes or is invalidated, and its token is worth nothing") {
    const TestServer server;
    Client filler(server);
    Client other(server);
    for (const char* end : {"INVALIDATE KEY k", "DEL k", "FLUSHALL", "INVALIDATE PATTERN k*"}) {
      CAPTURE(end);
      const Reply first = filler.call({"FETCH", "k"});
      REQUIRE(state(first) == "LEASE");
      CHECK_FALSE(other.call(split(end)).is_error());
      const Reply second = other.call({"FETCH", "k"});
      CHECK(state(second) == "LEASE");
      CHECK(filler("DEPSET k late FENCE " + token(first)) == "(nil)");
      CHECK(other("GET k") == "(nil)");
      CHECK(other("DEPSET k new FENCE " + token(second)) == "OK");
      CHECK(other("GET k") == "new");
      other("INVALIDATE KEY k");
    }
    const Reply lease = filler.call({"FETCH", "k"});
    CHECK(other("SET k plain") == "OK");
    CHECK(filler("DEPSET k late FENCE " + token(lease)) == "(nil)");
    CHECK(other("FETCH k") == "[HIT plain (nil) (nil)]");
  }

  TEST_CASE("a fill is refused when a dependency or tag it names changed meanwhile") {
    const TestServer server;
    Client client(server);
    REQUIRE(client("MSET row v gone v was v") == "OK");
    const std::pair<const char*, const char*> cases[] = {
        {"DEPS 2 signal row ", "SET row other"},
        {"DEPS 2 signal row ", "APPEND row x"},
        {"DEPS 2 signal row ", "INVALIDATE DEPS signal"},
        {"DEPS 2 signal row ", "INVALIDATE KEY signal CASCADE"},
        {"DEPS 1 gone ", "DEL gone"},
        {"DEPS 1 was ", "RENAME was is"},
        {"TAGS 2 home other ", "INVALIDATE TAG home"},
        {"TAGS 2 home other ", "INVALIDATE TAG nobody home"},
        {"TAGS 2 home other ", "INVALIDATE TAG home ASYNC"},
        {"TAGS 2 home other ", "INVALIDATE TAG other SOFT 1000"},
        {"DEPS 1 signal ", "FLUSHALL"},
    };
    int round = 0;
    for (const auto& [clause, meanwhile] : cases) {
      CAPTURE(meanwhile);
      const std::string key = "k:" + std::to_string(++round);
      CHECK(fill_after(server, key, clause, meanwhile) == "(nil)");
      CHECK(client("EXISTS " + key) == "(integer) 0");
      CHECK(client("DEPSCAN 0 TAG home COUNT 1000") == "[0 []]");
    }
  }

  TEST_CASE("a fill is accepted when only what it does not name changed") {
    const TestServer server;
    int round = 0;
    for (const char* meanwhile :
         {"SET another v", "INVALIDATE KEY another", "INVALIDATE TAG away", "INVALIDATE DEPS away",
          "INVALIDATE PATTERN another*", "INVALIDATE TAG home DRYRUN"}) {
      CAPTURE(meanwhile);
      const std::string key = "k:" + std::to_string(++round);
      CHECK(fill_after(server, key, "DEPS 1 signal TAGS 1 home ", meanwhile) == "OK");
    }
  }

  TEST_CASE("a fill is refused when a pattern matched its key meanwhile, any glob, any shard") {
    const TestServer server;
    Client client(server);
    for (int i = 0; i < 40; ++i) {
      const std::string key = "user:" + std::to_string(i);
      CAPTURE(key);
      const char* globs[] = {"user:*", "*", "us?r:*", "*:*", "[u]ser:*"};
      const std::string meanwhile = std::string("INVALIDATE PATTERN nobody ") + globs[i % 5];
      CHECK(fill_after(server, key, "", meanwhile) == "(nil)");
      CHECK(client("EXISTS " + key) == "(integer) 0");
    }
  }

  TEST_CASE(
      "a fill is refused when a dependency it names expired meanwhile, though nobody looked") {
    const TestServer server;
    Client client(server);
    Client other(server);
    REQUIRE(client("DEBUG SET-ACTIVE-EXPIRE 0") == "OK");
    REQUIRE(client("SET row v PX 50") == "OK");
    REQUIRE(client("SET twin v PX 50") == "OK");
    const Reply lease = client.call({"FETCH", "k"});
    REQUIRE(state(lease) == "LEASE");
    REQUIRE(eventually([&] { return other("EXISTS twin") == "(integer) 0"; }));
    CHECK(client("DEPSET k v DEPS 1 row FENCE " + token(lease)) == "(nil)");
  }

  TEST_CASE("a lease ends at its deadline: the next one gets it, the late fill is refused") {
    const TestServer server;
    Client slow(server);
    Client next(server);
    const Reply late = slow.call({"FETCH", "k", "LEASE", "50"});
    REQUIRE(state(late) == "LEASE");
    Reply lease;
    REQUIRE(eventually([&] { return state(lease = next.call({"FETCH", "k"})) == "LEASE"; }));
    CHECK(slow("DEPSET k late FENCE " + token(late)) == "(nil)");
    CHECK(next("GET k") == "(nil)");
    CHECK(next("DEPSET k new FENCE " + token(lease)) == "OK");
    CHECK(slow("GET k") == "new");
  }

  TEST_CASE("WAIT says how long at most") {
    const TestServer server;
    Client holder(server);
    Client other(server);
    REQUIRE(state(holder.call({"FETCH", "k", "LEASE", "10000"})) == "LEASE");
    const Reply wait = other.call({"FETCH", "k"});
    REQUIRE(wait.items.size() == 4);
    CHECK(wait.items[1].kind == Reply::Kind::kNil);
    CHECK(wait.items[2].kind == Reply::Kind::kNil);
    CHECK(wait.items[3].integer >= 1);
    CHECK(wait.items[3].integer <= 10'000);
  }

  TEST_CASE("a token that this server never gave stores nothing") {
    const TestServer server;
    Client client(server);
    const Reply lease = client.call({"FETCH", "k"});
    REQUIRE(state(lease) == "LEASE");
    const std::string real = token(lease);
    std::string altered = real;
    altered.back() = altered.back() == '0' ? '1' : '0';
    const std::string bytes("\0\xff", 2);
    for (const std::string& garbage :
         {std::string("0"), std::string("garbage"), std::string(), bytes, std::string(10'000, '9'),
          std::string("-1"), std::string("18446744073709551616"), altered, real + "0"}) {
      CAPTURE(garbage);
      CHECK(show(client.call({"DEPSET", "k", "v", "TAGS", "1", "t", "FENCE", garbage})) == "(nil)");
      CHECK(client("EXISTS k") == "(integer) 0");
    }
    CHECK(client("DEPSET k v FENCE " + real) == "OK");
  }

  TEST_CASE("a token of a server that has ended is refused by the next one") {
    std::string old;
    {
      const TestServer server;
      Client client(server);
      old = token(client.call({"FETCH", "k"}));
      REQUIRE_FALSE(old.empty());
    }
    const TestServer server;
    Client client(server);
    const Reply lease = client.call({"FETCH", "k"});
    CHECK(token(lease) != old);
    CHECK(client("DEPSET k v FENCE " + old) == "(nil)");
    CHECK(client("GET k") == "(nil)");
    CHECK(client("DEPSET k v FENCE " + token(lease)) == "OK");
  }

  TEST_CASE("FETCH refuses what it does not understand, and hands out no lease for it") {
    const TestServer server;
    Client client(server);
    for (const char* wrong : {"FETCH", "FETCH k LEASE", "FETCH k LEASE 0", "FETCH k LEASE -5",
                              "FETCH k LEASE soon", "FETCH k FRESH", "DEPSET k v FENCE"}) {
      CAPTURE(wrong);
      CHECK(client(wrong).starts_with("(error) ERR"));
    }
    CHECK(state(client.call({"fetch", "k", "stale", "lease", "1000"})) == "LEASE");
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

  TEST_CASE("a cold nested fill is refused as a whole when its inner row changes") {
    const TestServer server;
    Client client(server);
    Client other(server);
    const Reply page_lease = client.call({"FETCH", "page"});
    const Reply user_lease = client.call({"FETCH", "user"});
    REQUIRE(other("INVALIDATE KEY user CASCADE") == "(integer) 0");
    CHECK(client("DEPSET user u FENCE " + token(user_lease)) == "(nil)");
    CHECK(client("DEPSET page p DEPS 1 user FENCE " + token(page_lease)) == "(nil)");
    CHECK(other("MGET user page") == "[(nil) (nil)]");
  }

  TEST_CASE("a soft kill is absent to every command but FETCH STALE") {
    const TestServer server;
    Client client(server);
    Client other(server);
    REQUIRE(client("DEPSET k v TAGS 1 t") == "OK");
    CHECK(client("INVALIDATE TAG t SOFT 60000") == "(integer) 1");
    CHECK(other("GET k") == "(nil)");
    CHECK(other("EXISTS k") == "(integer) 0");
    CHECK(other("TTL k") == "(integer) -2");
    CHECK(other("TYPE k") == "none");
    CHECK(other("DBSIZE") == "(integer) 0");
    CHECK(other("KEYS *") == "[]");
    CHECK(other("DEPINFO k") == "(nil)");
    CHECK(other("INVALIDATE TAG t") == "(integer) 0");
  }

  TEST_CASE("FETCH STALE returns the soft killed value to all, and a token to one") {
    const TestServer server;
    Client client(server);
    Client other(server);
    REQUIRE(client("DEPSET k v TAGS 1 t") == "OK");
    CHECK(client("INVALIDATE TAG t SOFT 60000") == "(integer) 1");
    const Reply stale = other.call({"FETCH", "k", "STALE"});
    CHECK(state(stale) == "STALE");
    REQUIRE(stale.items.size() == 4);
    CHECK(stale.items[1].text == "v");
    CHECK_FALSE(token(stale).empty());
    const Reply second = client.call({"FETCH", "k", "STALE"});
    CHECK(state(second) == "STALE");
    REQUIRE(second.items.size() == 4);
    CHECK(second.items[1].text == "v");
    CHECK(second.items[2].kind == Reply::Kind::kNil);
    CHECK(state(client.call({"FETCH", "k"})) == "WAIT");
    CHECK(other("DEPSET k w FENCE " + token(stale)) == "OK");
    CHECK(client("GET k") == "w");
    CHECK(client("FETCH k STALE") == "[HIT w (nil) (nil)]");
  }

  TEST_CASE("a soft killed value is gone after its time, or its own if that is shorter") {
    const TestServer server;
    Client client(server);
    REQUIRE(client("SET short v") == "OK");
    REQUIRE(client("SET mortal v PX 1200") == "OK");
    REQUIRE(client("SET swept v") == "OK");
    CHECK(client("INVALIDATE KEY short SOFT 300") == "(integer) 1");
    CHECK(client("INVALIDATE KEY mortal SOFT 60000") == "(integer) 1");
    CHECK(client("INVALIDATE KEY swept SOFT 60000") == "(integer) 1");
    for (const char* key : {"short", "mortal"}) {
      CAPTURE(key);
      CHECK(state(client.call({"FETCH", key, "STALE"})) == "STALE");
      CHECK(eventually([&] { return state(client.call({"FETCH", key, "STALE"})) != "STALE"; }));
    }
    CHECK(client("FLUSHALL") == "OK");
    CHECK(state(client.call({"FETCH", "swept", "STALE"})) == "LEASE");
  }

  TEST_CASE("a cascade with SOFT leaves every level to be read as stale") {
    const TestServer server;
    Client client(server);
    REQUIRE(client("SET user u") == "OK");
    REQUIRE(client("DEPSET page p DEPS 1 user") == "OK");
    REQUIRE(client("DEPSET site s DEPS 1 page") == "OK");
    CHECK(client("INVALIDATE KEY user CASCADE SOFT 60000") == "(integer) 3");
    CHECK(client("EXISTS user page site") == "(integer) 0");
    for (const char* key : {"user", "page", "site"})
      CHECK(state(client.call({"FETCH", key, "STALE"})) == "STALE");
  }

  TEST_CASE("INVALIDATE ASYNC replies OK, and all is dead on every connection by then") {
    const TestServer server;
    std::vector<Client> clients = several_clients(server);
    for (int round = 0; round < 4; ++round) {
      REQUIRE(fill_users(clients[0]));
      REQUIRE(fill_pages(clients[1]));
      for (int i = 0; i < kPages; ++i) clients[2].append({"DEPADD", page(i), "TAGS", "1", "every"});
      for (int i = 0; i < kPages; ++i) REQUIRE(clients[2].next().integer == 1);
      const char* ways[] = {"INVALIDATE TAG every ASYNC", "INVALIDATE PATTERN page:* ASYNC",
                            "INVALIDATE PATTERN user:* CASCADE ASYNC",
                            "INVALIDATE TAG every SOFT 1000 ASYNC"};
      CAPTURE(ways[round]);
      CHECK(clients[3](ways[round]) == "OK");
      for (Client& client : clients) CHECK(living_pages(client, round) == 0);
    }
  }
}

}  // namespace freshet::e2e
