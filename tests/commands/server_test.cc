#include <cstdlib>

#include "harness.h"

namespace freshet {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The number of a field of CACHESTATS, whatever RESP2 type it has.
double field(Cache& cache, std::string_view name) {
  const std::string reply = cache("CACHESTATS");
  const std::string key = "\r\n" + std::string(name) + "\r\n";
  const size_t at = reply.find(key);
  REQUIRE_MESSAGE(at != std::string::npos, std::string(name));
  std::string value = reply.substr(at + key.size());
  if (value[0] == '$') value = value.substr(value.find('\n'));
  return std::strtod(value.c_str() + 1, nullptr);
}

}  // namespace

TEST_CASE("CONFIG reads and changes options") {
  Cache cache;
  CHECK_EQ(cache("CONFIG GET timeout TIMEOU*"), "*2\r\n$7\r\ntimeout\r\n$1\r\n0\r\n");
  CHECK_EQ(cache("CONFIG GET nosuch"), "*0\r\n");
  CHECK_EQ(cache("CONFIG SET timeout 7 maxclients 99"), "+OK\r\n");
  CHECK_EQ(cache("CONFIG GET timeout"), "*2\r\n$7\r\ntimeout\r\n$1\r\n7\r\n");
  CHECK_EQ(cache("CONFIG SET timeout 7 maxclients"), "-ERR syntax error\r\n");
  CHECK_EQ(cache("CONFIG SET timeout"),
           "-ERR wrong number of arguments for 'config|set' command\r\n");
  CHECK_EQ(cache("CONFIG SET nosuch 1"),
           "-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'\r\n");
  CHECK_EQ(cache("CONFIG REWRITE"), "-ERR The server is running without a config file\r\n");
  CHECK_EQ(cache("CONFIG"), "-ERR wrong number of arguments for 'config' command\r\n");
  CHECK(cache("CONFIG HELP").starts_with("*11\r\n+CONFIG <subcommand>"));
  cache.session.resp = 3;
  CHECK_EQ(cache("CONFIG GET timeout"), "%1\r\n$7\r\ntimeout\r\n$1\r\n7\r\n");
}

TEST_CASE("CONFIG RESETSTAT sets what shards and cores count to zero") {
  Cache cache;
  cache("SET a 1");
  cache("GET a");
  cache("GET none");
  CHECK(has(cache("INFO stats"), "\r\nkeyspace_hits:1\r\nkeyspace_misses:1\r\n"));
  CHECK_EQ(cache("CONFIG RESETSTAT"), "+OK\r\n");
  CHECK(has(cache("INFO stats"), "\r\nkeyspace_hits:0\r\nkeyspace_misses:0\r\n"));
  CHECK_EQ(cache.host.resets, 1);
}

TEST_CASE("INFO writes the sections it is asked for, in its own order and once") {
  Cache cache;
  const std::string two = cache("INFO keyspace CLUSTER cluster nosuch");
  CHECK_EQ(two, "$44\r\n# Cluster\r\ncluster_enabled:0\r\n\r\n# Keyspace\r\n\r\n");
  CHECK_EQ(cache("INFO nosuch"), "$0\r\n\r\n");
  const std::string all = cache("INFO all"), usual = cache("INFO");
  for (const std::string_view heading :
       {"# Server", "# Clients", "# Memory", "# Persistence", "# Stats", "# Replication", "# CPU",
        "# Modules", "# Errorstats", "# Cluster", "# Keyspace", "# Freshet"}) {
    CHECK(has(usual, heading));
    CHECK(has(all, heading));
  }
  for (const std::string_view heading : {"# Commandstats", "# Latencystats"}) {
    CHECK_FALSE(has(usual, heading));
    CHECK(has(all, heading));
    CHECK(has(cache("INFO everything"), heading));
    CHECK(has(cache("INFO default commandstats latencystats"), heading));
  }
  cache.session.resp = 3;
  CHECK(cache("INFO cluster").starts_with("=34\r\ntxt:# Cluster\r\n"));
}

TEST_CASE("INFO tells versions, figures and keys") {
  Cache cache;
  cache.host.process.clients = 3;
  cache.host.process.started = cache.session.now - 90'000'000;
  cache.host.process.ops_per_second = 12;
  const std::string server = cache("INFO server");
  CHECK(has(server, "# Server\r\nredis_version:7.0.15\r\nfreshet_version:" FRESHET_VERSION "\r\n"));
  CHECK(has(server, "\r\nuptime_in_seconds:90000\r\nuptime_in_days:1\r\n"));
  CHECK(has(cache("INFO clients"), "\r\nconnected_clients:3\r\n"));
  CHECK(has(cache("INFO stats"), "\r\ninstantaneous_ops_per_sec:12\r\n"));
  cache("SET a 1");
  cache("SET b 1");
  cache("SELECT 2");
  cache("SET a 1");
  CHECK(has(cache("INFO keyspace"),
            "\r\ndb0:keys=2,expires=0,avg_ttl=0\r\n"
            "db2:keys=1,expires=0,avg_ttl=0\r\n"));
}

TEST_CASE("INFO's average time to live is that of keys with a deadline") {
  Cache cache(1);
  cache.router.at(0, [&](Shard& shard) {
    Space space(shard, 0, cache.session.now);
    const Key key = cache.router.hasher().key("a");
    space.assign(key, Value::of(std::string_view("v")), cache.session.now + 5000, nullptr);
  });
  CHECK(has(cache("INFO keyspace"), "\r\ndb0:keys=1,expires=1,avg_ttl=5000\r\n"));
}

TEST_CASE("INFO's memory is what the shards hold") {
  Cache cache;
  const std::string big(1 << 20, 'x');
  cache.run({"SET", "big", big});
  const std::string memory = cache("INFO memory");
  const size_t at = memory.find("\r\nused_memory:");
  REQUIRE(at != std::string::npos);
  CHECK(std::atoll(memory.c_str() + at + 14) >= (1 << 20) - 64 * 1024);
  CHECK(has(memory, "\r\nmaxmemory:0\r\nmaxmemory_human:0B\r\nmaxmemory_policy:noeviction\r\n"));
  CHECK(has(memory, "\r\nmem_allocator:" FRESHET_ALLOCATOR_NAME));
}

TEST_CASE("INFO counts calls by command and errors by code") {
  Cache cache;
  cache("GET a");
  cache("GET");
  cache("HELLO 9");
  cache("NOSUCH");
  CHECK(
      has(cache("INFO commandstats"),
          "\r\ncmdstat_get:calls=1,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0\r\n"));
  CHECK(
      has(cache("INFO errorstats"), "\r\nerrorstat_ERR:count=2\r\nerrorstat_NOPROTO:count=1\r\n"));
}

TEST_CASE("TIME is the clock of the turn") {
  Cache cache;
  cache.pass(250);
  CHECK_EQ(cache("TIME"), "*2\r\n$10\r\n1700000000\r\n$6\r\n250000\r\n");
}

TEST_CASE("LOLWUT draws and names the version") {
  Cache cache;
  const std::string drawing = cache("LOLWUT");
  CHECK(drawing.ends_with("\n\nFreshet ver. " FRESHET_VERSION "\n\r\n"));
  CHECK(has(drawing, "~~"));
  CHECK_EQ(cache("LOLWUT VERSION 5 1 2"), drawing);
  CHECK_EQ(cache("LOLWUT foo"), drawing);
  CHECK_EQ(cache("LOLWUT VERSION a"), "-ERR value is not an integer or out of range\r\n");
}

TEST_CASE("SHUTDOWN ends the server without a reply") {
  for (const std::string_view how : {"SHUTDOWN", "SHUTDOWN NOSAVE", "SHUTDOWN SAVE NOW FORCE"}) {
    Cache cache;
    CHECK_EQ(cache(how), "");
    CHECK(cache.host.stopped);
  }
}

TEST_CASE("SHUTDOWN with broken words, or ABORT, ends nothing") {
  Cache cache;
  for (const std::string_view wrong :
       {"SHUTDOWN foo", "SHUTDOWN SAVE NOSAVE", "SHUTDOWN ABORT NOW", "SHUTDOWN NOSAVE ABORT"}) {
    CHECK_EQ(cache(wrong), "-ERR syntax error\r\n");
  }
  CHECK_EQ(cache("SHUTDOWN ABORT"), "-ERR No shutdown in progress.\r\n");
  CHECK_FALSE(cache.host.stopped);
}

TEST_CASE("SLOWLOG shows the entries that the host keeps") {
  Cache cache;
  for (uint64_t id = 1; id <= 12; ++id) {
    cache.host.slow({.id = id,
                     .unix_seconds = 5,
                     .micros = 7,
                     .args = {"GET", "a"},
                     .address = "1.2.3.4:5",
                     .name = "n"});
  }
  CHECK_EQ(cache("SLOWLOG LEN"), ":12\r\n");
  CHECK_EQ(cache("SLOWLOG GET 1"),
           "*1\r\n*6\r\n:1\r\n:5\r\n:7\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n"
           "$9\r\n1.2.3.4:5\r\n$1\r\nn\r\n");
  CHECK(cache("SLOWLOG GET").starts_with("*10\r\n"));
  CHECK(cache("SLOWLOG GET -1").starts_with("*12\r\n"));
  CHECK_EQ(cache("SLOWLOG GET 0"), "*0\r\n");
  for (const std::string_view wrong : {"SLOWLOG GET a", "SLOWLOG GET -2"}) {
    CHECK_EQ(cache(wrong), "-ERR count should be greater than or equal to -1\r\n");
  }
  CHECK_EQ(cache("SLOWLOG GET 1 2"),
           "-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.\r\n");
  CHECK_EQ(cache("SLOWLOG RESET"), "+OK\r\n");
  CHECK_EQ(cache("SLOWLOG LEN"), ":0\r\n");
  CHECK(cache("SLOWLOG HELP").starts_with("*12\r\n+SLOWLOG <subcommand>"));
}

TEST_CASE("LATENCY shows the events that the host remembers") {
  Cache cache;
  CHECK_EQ(cache("LATENCY LATEST"), "*0\r\n");
  CHECK_EQ(cache("LATENCY HISTORY command"), "*0\r\n");
  CHECK(has(cache("LATENCY DOCTOR"), "latency-monitor-threshold"));
  cache.host.events = {{"command", {{10, 40}, {11, 20}}}, {"fork", {}}};
  CHECK_EQ(cache("LATENCY LATEST"), "*1\r\n*4\r\n$7\r\ncommand\r\n:11\r\n:20\r\n:40\r\n");
  CHECK_EQ(cache("LATENCY HISTORY command"), "*2\r\n*2\r\n:10\r\n:40\r\n*2\r\n:11\r\n:20\r\n");
  CHECK_EQ(cache("LATENCY RESET command"), ":1\r\n");
  cache("CONFIG SET latency-monitor-threshold 10");
  CHECK(has(cache("LATENCY DOCTOR"), "command: 2 spikes, 30 ms on average, 40 ms at most.\n"));
  CHECK_EQ(cache("LATENCY GRAPH command"),
           "-ERR unknown subcommand 'GRAPH'. Try LATENCY HELP.\r\n");
}

TEST_CASE("CACHESTATS adds hits, misses and keys of all shards up") {
  Cache cache;
  for (const std::string_view key : {"a", "b", "c", "d", "e"}) cache.run({"SET", key, "v"});
  for (const std::string_view key : {"a", "b", "c", "none"}) cache.run({"GET", key});
  CHECK_EQ(field(cache, "hits"), 3);
  CHECK_EQ(field(cache, "misses"), 1);
  CHECK_EQ(field(cache, "hit_rate"), doctest::Approx(0.75));
  CHECK_EQ(field(cache, "miss_rate"), doctest::Approx(0.25));
  CHECK_EQ(field(cache, "total_keys"), 5);
  CHECK_EQ(field(cache, "fills"), 5);
  CHECK_EQ(field(cache, "misses_never_set"), 1);
  CHECK_EQ(cache("CACHESTATS RESET"), "+OK\r\n");
  CHECK_EQ(field(cache, "hits"), 0);
  CHECK_EQ(field(cache, "total_keys"), 5);
}

TEST_CASE("the causes of CACHESTATS' misses add up to the misses") {
  Cache cache;
  const auto with = [&](std::string_view name, auto&& act) {
    const Key key = cache.router.hasher().key(name);
    cache.router.at(cache.keyspace.id_of(key.hash), [&](Shard& shard) {
      Space space(shard, 0, cache.session.now);
      act(space, key);
    });
  };
  const auto dies = [&](std::string_view name, Cause cause) {
    cache.run({"SET", name, "v"});
    with(name, [&](Space& space, const Key& key) { space.remove(key, space.peek(key), cause); });
    cache.run({"GET", name});
  };
  dies("deleted", Cause::kDeleted);
  dies("evicted", Cause::kEvicted);
  dies("invalidated", Cause::kInvalidated);
  with("expired", [&](Space& space, const Key& key) {
    space.assign(key, Value::of(std::string_view("v")), cache.session.now + 10, nullptr);
  });
  cache.pass(10);
  cache("GET expired");
  cache("GET none");
  double sum = 0;
  for (const std::string_view cause :
       {"never_set", "expired", "evicted", "deleted", "invalidated"}) {
    CHECK_EQ(field(cache, "misses_" + std::string(cause)), 1);
    sum += field(cache, "misses_" + std::string(cause));
  }
  CHECK_EQ(field(cache, "misses"), sum);
  CHECK_EQ(cache("CACHESTATS KEY evicted"),
           "*8\r\n$3\r\nkey\r\n$7\r\nevicted\r\n$5\r\nalive\r\n:0\r\n$5\r\ncause\r\n$"
           "7\r\nevicted\r\n$4\r\nkill\r\n$-1\r\n");
}

TEST_CASE("CACHESTATS KEY tells a live key from one that never was") {
  Cache cache;
  cache("SET a 1");
  CHECK_EQ(cache("CACHESTATS KEY a"),
           "*8\r\n$3\r\nkey\r\n$1\r\na\r\n$5\r\nalive\r\n:1\r\n$5\r\ncause\r\n$-1\r\n$"
           "4\r\nkill\r\n$-1\r\n");
  CHECK_EQ(cache("CACHESTATS KEY b"),
           "*8\r\n$3\r\nkey\r\n$1\r\nb\r\n$5\r\nalive\r\n:0\r\n$5\r\ncause\r\n$9\r\nnever_set\r\n$"
           "4\r\nkill\r\n$-1\r\n");
  CHECK_EQ(field(cache, "misses"), 0);  // asking is not missing
}

TEST_CASE("CACHESTATS TAG counts the keys of a tag over all shards") {
  Cache cache;
  for (const std::string_view name : {"a", "b", "c", "d", "e", "f"}) {
    const Key key = cache.router.hasher().key(name);
    cache.router.at(cache.keyspace.id_of(key.hash), [&](Shard& shard) {
      Space space(shard, 0, cache.session.now);
      const Key tags[] = {cache.router.hasher().key("t")};
      space.assign(key, Value::of(std::string_view("v")), kNever, nullptr,
                   {space.db().graph.declare({}, tags, {.created = cache.session.now})});
    });
  }
  CHECK(
      cache("CACHESTATS TAG t").starts_with("*12\r\n$3\r\ntag\r\n$1\r\nt\r\n$4\r\nkeys\r\n:6\r\n"));
  CHECK(
      cache("CACHESTATS TAG u").starts_with("*12\r\n$3\r\ntag\r\n$1\r\nu\r\n$4\r\nkeys\r\n:0\r\n"));
  CHECK_EQ(field(cache, "edges"), 6);
}

TEST_CASE("CACHESTATS has sections, and refuses what is none") {
  Cache cache;
  CHECK(cache("CACHESTATS misses").starts_with("*10\r\n$16\r\nmisses_never_set\r\n:0\r\n"));
  const std::string two = cache("CACHESTATS LATENCY graph");
  CHECK(has(two, "p999_latency_us"));
  CHECK(has(two, "graph_bytes"));
  CHECK_FALSE(has(two, "hit_rate"));
  for (const std::string_view wrong : {"CACHESTATS foo", "CACHESTATS TAG", "CACHESTATS PREFIX",
                                       "CACHESTATS KEY a b", "CACHESTATS RESET now"}) {
    CHECK_EQ(cache(wrong), "-ERR syntax error\r\n");
  }
  cache.session.resp = 3;
  CHECK(has(cache("CACHESTATS summary"), "%15\r\n$8\r\nhit_rate\r\n,0.0000\r\n"));
}

TEST_CASE("latency percentiles come from the cores' histograms") {
  Cache cache;
  cache.host.process.ticks_per_micro = 10;
  cache.host.buckets.assign(Histogram::kBuckets, 0);
  cache.host.buckets[static_cast<size_t>(Histogram::bucket_of(100))] = 98;   // about 10 µs
  cache.host.buckets[static_cast<size_t>(Histogram::bucket_of(10000))] = 2;  // about 1 ms
  CHECK_EQ(field(cache, "p50_latency_us"), doctest::Approx(10).epsilon(0.07));
  CHECK_EQ(field(cache, "p95_latency_us"), doctest::Approx(10).epsilon(0.07));
  CHECK_EQ(field(cache, "p99_latency_us"), doctest::Approx(1000).epsilon(0.07));
  CHECK_EQ(field(cache, "avg_latency_us"), doctest::Approx(29.8).epsilon(0.07));
}

TEST_CASE("a command over the latency threshold is told to LATENCY, by its kind") {
  Cache cache;
  cache.dispatcher.watch(-1, 1, 1e-9);  // a clock on which everything is slow
  cache("GET a");
  cache("KEYS *");
  REQUIRE_EQ(cache.host.latency_noted.size(), 2u);
  CHECK_EQ(cache.host.latency_noted[0], "fast-command");
  CHECK_EQ(cache.host.latency_noted[1], "command");
  CHECK(cache.host.slow_entries.empty());
}

}  // namespace freshet
