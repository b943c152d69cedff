// DEPSET, DEPADD, DEPREM, DEPINFO and DEPSCAN: what a value was made of, declared and read back.
// Freshet only; docs: the extended commands.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "family.h"

namespace freshet::e2e {
namespace {

// Every key that DEPSCAN yields, walked to cursor 0 with small steps.
std::set<std::string> depscan(Client& client, const std::string& what, const std::string& more) {
  std::set<std::string> keys;
  std::string cursor = "0";
  for (int steps = 0; steps < 10'000; ++steps) {
    const Reply reply = client.call(split("DEPSCAN " + cursor + " " + what + more));
    REQUIRE(reply.items.size() == 2);
    for (const Reply& key : reply.items[1].items) keys.insert(key.text);
    cursor = reply.items[0].text;
    if (cursor == "0") break;
  }
  CHECK(cursor == "0");
  return keys;
}

}  // namespace

TEST_SUITE("freshet") {
  TEST_CASE("DEPSET answers as SET does") {
    const TestServer server;
    Client client(server);
    CHECK(client("DEPSET k v") == "OK");
    CHECK(client("DEPSET k w NX DEPS 1 d") == "(nil)");
    CHECK(client("GET k") == "v");
    CHECK(client("DEPSET missing w XX DEPS 1 d") == "(nil)");
    CHECK(client("EXISTS missing") == "(integer) 0");
    CHECK(client("DEPSET k w GET TAGS 1 t") == "v");
    CHECK(client("DEPSET new w GET") == "(nil)");
    CHECK(client("DEPSET k x EX 100 DEPS 2 a b TAGS 2 s t PRIORITY 7") == "OK");
    CHECK(client("TTL k") == "(integer) 100");
    CHECK(client("DEPSET k y KEEPTTL") == "OK");
    CHECK(client("TTL k") == "(integer) 100");
    CHECK(client("DEPSET k y PX 60000 DEPS 1 a") == "OK");
    CHECK(client("depset k y tags 1 t deps 1 a") == "OK");
  }

  TEST_CASE("DEPSET refuses clauses that do not add up, shows the form, and stores nothing") {
    const TestServer server;
    Client client(server);
    for (const char* bad :
         {"DEPSET k v DEPS x d", "DEPSET k v DEPS 0 d", "DEPSET k v DEPS -1 d",
          "DEPSET k v DEPS 2 d", "DEPSET k v DEPS", "DEPSET k v DEPS 9223372036854775807 d"}) {
      CAPTURE(bad);
      const std::string reply = client(bad);
      CHECK(reply.starts_with("(error) ERR"));
      CHECK(reply.find("DEPS") != std::string::npos);
    }
    const std::string tags = client("DEPSET k v TAGS 3 a b");
    CHECK(tags.starts_with("(error) ERR"));
    CHECK(tags.find("TAGS") != std::string::npos);
    CHECK(client("DEPSET k v PRIORITY 8").starts_with("(error) ERR"));
    CHECK(client("DEPSET k v NX XX").starts_with("(error) ERR"));
    CHECK(client("DEPSET k v EX 0").starts_with("(error) ERR"));
    CHECK(client("DEPSET k v NOSUCH 1 d").starts_with("(error) ERR"));
    CHECK(client("DEPSET k") == "(error) ERR wrong number of arguments for 'depset' command");
    CHECK(client("EXISTS k") == "(integer) 0");
  }

  TEST_CASE("a loop is refused, spelled out, from whichever connection closes it") {
    const TestServer server;
    Client one(server);
    Client two(server);
    const std::string itself = one("DEPSET a v DEPS 1 a");
    CHECK(itself.starts_with("(error) CYCLE "));
    CHECK(one("EXISTS a") == "(integer) 0");

    CHECK(one("DEPSET a v DEPS 1 b") == "OK");
    CHECK(two("DEPSET b v DEPS 1 c") == "OK");
    const std::string loop = one("DEPSET c v DEPS 1 a");
    CHECK(loop.starts_with("(error) CYCLE "));
    CHECK(std::count(loop.begin(), loop.end(), '<') == 3);
    for (const char* name : {"a", "b", "c"}) CHECK(loop.find(name) != std::string::npos);
    CHECK(two("EXISTS c") == "(integer) 0");
    CHECK(two("DEPSET c v DEPS 1 d") == "OK");
    CHECK(two("DEPADD c DEPS 1 a").starts_with("(error) CYCLE "));
    CHECK(one("MGET a b c") == "[v v v]");
  }

  TEST_CASE("too many dependencies or tags are refused and nothing is stored") {
    const TestServer server({"--max-deps-per-key", "3", "--max-tags-per-key", "2"});
    Client client(server);
    CHECK(client("DEPSET k v DEPS 3 a b c TAGS 2 s t") == "OK");
    CHECK(client("DEPSET m v DEPS 4 a b c d").starts_with("(error) ERR"));
    CHECK(client("DEPSET m v TAGS 3 s t u").starts_with("(error) ERR"));
    CHECK(client("EXISTS m") == "(integer) 0");
  }

  TEST_CASE("DEPADD and DEPREM count what was new and what was there") {
    const TestServer server;
    Client client(server);
    CHECK(client("DEPADD k DEPS 1 a") == "(nil)");
    CHECK(client("DEPREM k DEPS 1 a") == "(nil)");
    CHECK(client("SET k v") == "OK");
    CHECK(client("DEPADD k DEPS 2 a b TAGS 1 t") == "(integer) 3");
    CHECK(client("DEPADD k DEPS 2 b c PRIORITY 5") == "(integer) 1");
    CHECK(client("DEPREM k DEPS 2 a nosuch TAGS 1 t") == "(integer) 2");
    CHECK(client("SET b x") == "OK");
    CHECK(client("SET b y") == "OK");
    CHECK(client("EXISTS k") == "(integer) 0");
  }

  TEST_CASE("DEPINFO tells what is known of a key") {
    const TestServer server;
    Client client(server);
    CHECK(client("DEPINFO k") == "(nil)");
    CHECK(client("DEPSET k value PX 60000 DEPS 2 a b TAGS 1 t PRIORITY 6 COST 300") == "OK");
    CHECK(client("DEPSET top v DEPS 1 k") == "OK");
    CHECK(client("GET k") == "value");
    const Reply info = client.call({"DEPINFO", "k"});
    for (const char* name : {"type", "bytes", "ttl_ms", "created_ms", "idle_ms", "hits", "priority",
                             "deps", "tags", "dependents", "cost_ms"}) {
      REQUIRE_MESSAGE(info.field(name) != nullptr, name);
    }
    CHECK(info.field("type")->text == "string");
    CHECK(info.field("bytes")->integer >= 5);
    CHECK(info.field("ttl_ms")->integer > 0);
    CHECK(info.field("ttl_ms")->integer <= 60'000);
    CHECK(info.field("hits")->integer == 1);
    CHECK(info.field("priority")->integer == 6);
    CHECK(info.field("cost_ms")->integer == 256);
    std::set<std::string> deps;
    for (const Reply& dep : info.field("deps")->items) deps.insert(dep.text);
    CHECK(deps == std::set<std::string>{"a", "b"});
    CHECK(show(*info.field("tags")) == "[t]");
    const std::string dependents = show(*info.field("dependents"));
    CHECK((dependents == "[top]" || dependents == "(integer) 1"));
  }

  TEST_CASE("DEPSCAN finds every dependent and tagged key over all shards") {
    const TestServer server;
    Client client(server);
    std::set<std::string> all;
    for (int i = 0; i < kPages; ++i) {
      all.insert(page(i));
      client.append({"DEPSET", page(i), "v", "DEPS", "1", "row", "TAGS", "1", "home"});
    }
    for (int i = 0; i < kPages; ++i) REQUIRE(show(client.next()) == "OK");
    CHECK(depscan(client, "DEPS row", "") == all);
    CHECK(depscan(client, "TAG home", " COUNT 7") == all);
    CHECK(depscan(client, "DEPS row", " MATCH page:1 COUNT 1000") ==
          std::set<std::string>{"page:1"});
    CHECK(depscan(client, "TAG nosuch", "").empty());
    CHECK(client("DEPSCAN x DEPS row") == "(error) ERR invalid cursor");
    CHECK(client("DEPSCAN 0 SIDEWAYS row").starts_with("(error) ERR"));
  }

  TEST_CASE(
      "declarations belong to the value: SET drops them, APPEND keeps them, RENAME moves them") {
    const TestServer server;
    Client client(server);
    REQUIRE(client("DEPSET k v TAGS 1 t") == "OK");
    CHECK(client("APPEND k w") == "(integer) 2");
    CHECK(client("INVALIDATE TAG t DRYRUN") == "(integer) 1");
    CHECK(client("RENAME k moved") == "OK");
    CHECK(client("COPY moved copy") == "(integer) 1");
    CHECK(client("INVALIDATE TAG t DRYRUN") == "(integer) 2");
    CHECK(client("SET moved plain") == "OK");
    CHECK(client("INVALIDATE TAG t") == "(integer) 1");
    CHECK(client("EXISTS moved copy") == "(integer) 1");
  }
}

}  // namespace freshet::e2e
