// Figures add up over cores and connections: INFO, and Freshet's own CACHESTATS.
#include <doctest/doctest.h>

#include "family.h"
#include "wire.h"

namespace freshet::e2e {

TEST_CASE("INFO errorstats counts the errors of every connection by their code, until RESETSTAT") {
  const TestServer server;
  std::vector<Client> clients = several_clients(server);
  for (Client& client : clients) {
    CHECK(client("NOSUCH").starts_with("(error) ERR"));
    CHECK(client("HELLO 4").starts_with("(error) NOPROTO"));
    Wire wire = Wire::tcp("127.0.0.1", server.port());
    REQUIRE(wire.send("*x\r\n"));
    CHECK(wire.read_to_close().starts_with("-ERR Protocol error"));
  }
  CHECK(clients[0]("INFO errorstats") ==
        "# Errorstats\r\nerrorstat_ERR:count=16\r\nerrorstat_NOPROTO:count=8\r\n");
  CHECK(clients[0]("CONFIG RESETSTAT") == "OK");
  CHECK(clients[0]("INFO errorstats") == "# Errorstats\r\n");
}

TEST_SUITE("freshet") {
  TEST_CASE("CACHESTATS holds the figures it promises") {
    const TestServer server;
    Client client(server);
    const Reply stats = client.call({"CACHESTATS"});
    for (const char* name :
         {"hit_rate", "miss_rate", "hits", "misses", "total_keys", "memory_usage", "memory_bytes",
          "evictions", "expirations", "invalidations", "ops_per_sec", "error_rate"}) {
      CHECK_MESSAGE(stats.field(name) != nullptr, name);
    }
  }

  TEST_CASE("DEBUG TURNS tells what the longest turn took of the cpu, and not what it slept") {
    const TestServer server;
    Client client(server);
    CHECK(client("DEBUG TURNS 1") == "OK");
    CHECK(client("DEBUG POPULATE 200000") == "OK");
    const Reply busy = client.call({"DEBUG", "TURNS", "0"});
    REQUIRE(busy.items.size() == 2);
    CHECK(busy.items[0].integer > 1000);  // no machine stores 200 keys in a microsecond
    CHECK(busy.items[1].integer >= busy.items[0].integer);
    CHECK(client("DEBUG TURNS 1") == "OK");
    CHECK(client("DEBUG SLEEP 1") == "OK");
    const Reply asleep = client.call({"DEBUG", "TURNS", "0"});
    REQUIRE(asleep.items.size() == 2);
    CHECK(asleep.items[1].integer < 1'000'000);
    const Reply off = client.call({"DEBUG", "TURNS", "0"});
    REQUIRE(off.items.size() == 2);
    CHECK(off.items[1].integer == 0);
  }

  TEST_CASE("hits, misses and kills on every connection are counted, and RESET begins anew") {
    const TestServer server;
    std::vector<Client> clients = several_clients(server);
    const auto figure = [&clients](std::string_view name) {
      const Reply stats = clients[0].call({"CACHESTATS"});
      const Reply* found = stats.field(name);
      return found == nullptr ? -1 : found->integer;
    };
    REQUIRE(clients[0]("DEPSET k v TAGS 1 t") == "OK");
    REQUIRE(clients[0]("DEPSET top v DEPS 1 k") == "OK");
    for (Client& client : clients) {
      CHECK(client("GET k") == "v");
      CHECK(client("GET missing") == "(nil)");
    }
    CHECK(figure("hits") == 8);
    CHECK(figure("misses") == 8);
    CHECK(figure("total_keys") == 2);
    CHECK(clients[1]("INVALIDATE TAG t CASCADE") == "(integer) 2");
    CHECK(figure("invalidations") >= 1);
    CHECK(clients[2]("CACHESTATS RESET") == "OK");
    CHECK(figure("hits") == 0);
    CHECK(figure("misses") == 0);
  }

  TEST_CASE("CACHESTATS narrows to a tag or a key") {
    const TestServer server;
    Client client(server);
    REQUIRE(client("DEPSET page:1 v TAGS 1 t") == "OK");
    for (const char* question : {"CACHESTATS TAG t", "CACHESTATS KEY page:1"}) {
      CAPTURE(question);
      const Reply reply = client.call(split(question));
      CHECK(reply.kind == Reply::Kind::kArray);
      CHECK(reply.items.size() % 2 == 0);
    }
  }
}

}  // namespace freshet::e2e
