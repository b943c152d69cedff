// Memory limits of a running server, beside a real redis-server's where there is one: who goes,
// that a lowered limit is reached, and clients that take too much.
#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "client.h"
#include "wire.h"

namespace freshet::e2e {
namespace {

constexpr int kKeys = 4000;

long figure(Client& client, const std::string& section, const std::string& name) {
  const std::string info = client("INFO " + section);
  const std::size_t at = info.find("\n" + name + ":");
  return at == std::string::npos ? -1 : std::atol(info.c_str() + at + name.size() + 2);
}

int size(Client& client) { return static_cast<int>(client.call({"DBSIZE"}).integer); }

std::string key_of(int i) { return "key:" + std::to_string(i); }

// Lowers the limit little by little until half of the keys are gone, in part by timers. Freshet's
// shards tell of what they take in steps of 4 KiB: a step here is more than all of them may not
// have told yet.
void evict_half(Client& client) {
  for (int step = 0; step < 400 && size(client) > kKeys / 2; ++step) {
    const long limit = figure(client, "memory", "used_memory") - 60'000;
    client("CONFIG SET maxmemory " + std::to_string(limit));
    client("SET probe 1");
    CHECK(eventually([&] { return figure(client, "memory", "used_memory") <= limit + 1000; }));
  }
}

// Of the keys that ought to go first (the odd ones), the share among those that went, in percent.
double odd_victims(const TestServer& server, const std::string& policy) {
  Client client(server);
  client("CONFIG SET maxmemory-policy " + policy);
  const std::string value(1000, 'v');
  for (int i = 0; i < kKeys; ++i) {
    const bool odd = i % 2 == 1;
    client.append({"SET", key_of(i), value, "EX", odd ? "1000" : "9000"});
  }
  for (int i = 0; i < kKeys; ++i) client.next();
  if (policy.ends_with("lru")) {  // Redis's clock has seconds, and no other than the real one
    client("SET idle 1 EX 9000");
    REQUIRE(eventually([&] { return client("OBJECT IDLETIME idle") == "(integer) 2"; }));
  }
  const int rounds = policy.ends_with("lfu") ? 10 : 1;
  for (int i = 0; i < kKeys * rounds; ++i) client.append({"TOUCH", key_of(i % kKeys / 2 * 2)});
  for (int i = 0; i < kKeys * rounds; ++i) client.next();
  evict_half(client);
  int odd = 0, even = 0;
  for (int i = 0; i < kKeys; ++i) client.append({"EXISTS", key_of(i)});
  for (int i = 0; i < kKeys; ++i) (i % 2 == 1 ? odd : even) += client.next().integer == 0;
  REQUIRE(odd + even >= kKeys / 2 - 10);
  return 100.0 * odd / (odd + even);
}

}  // namespace

TEST_CASE("who is evicted is who redis-server would evict, about as often") {
  const std::optional<Seat> redis = seat_of_warm_source();
  for (const std::string policy : {"allkeys-random", "volatile-random", "volatile-ttl",
                                   "allkeys-lfu", "volatile-lfu", "allkeys-lru"}) {
    CAPTURE(policy);
    const TestServer server;
    const double ours = odd_victims(server, policy);
    if (policy.ends_with("random")) {
      CHECK(ours > 42);
      CHECK(ours < 58);
    } else {
      CHECK(ours > 80);
    }
    if (!redis) continue;
    const TestServer other(*redis, {});
    const double theirs = odd_victims(other, policy);
    MESSAGE(policy, ": ", ours, " % of those evicted ought to go; of redis-server's ", theirs);
    CHECK(ours > theirs - 8);
  }
}

TEST_CASE("a limit that is halved while nobody writes is reached") {
  const TestServer server({"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"});
  Client client(server);
  const std::string value(1000, 'v');
  for (int i = 0; i < 20'000; ++i) client.append({"SET", key_of(i), value});
  for (int i = 0; i < 20'000; ++i) client.next();
  const long half = figure(client, "memory", "used_memory") / 2;
  client("CONFIG SET maxmemory " + std::to_string(half));
  CHECK(eventually([&] { return figure(client, "memory", "used_memory") < half + 500'000; }));
  CHECK(figure(client, "stats", "evicted_keys") > 5000);
}

TEST_SUITE("freshet") {
  TEST_CASE("what evictions will need counts before memory is at its limit, though nobody writes") {
    const TestServer server({"--maxmemory", "60mb", "--maxmemory-policy", "allkeys-adaptive"});
    Client client(server);
    constexpr long kSmallest = 36'000'000;  // at either limit policies learn from as many keys
    int keys = 0;
    while (figure(client, "memory", "used_memory") < kSmallest) {
      for (int i = 0; i < kKeys; ++i) client.append({"SET", key_of(keys++), "value"});
      for (int i = 0; i < kKeys; ++i) client.next();
    }
    const long before = figure(client, "memory", "used_memory");
    const long limit = before + before / 20, ghosts = limit / 64;
    client("CONFIG SET maxmemory " + std::to_string(limit));
    CHECK(eventually(
        [&] { return figure(client, "memory", "used_memory") > before + ghosts * 3 / 4; }));
    CHECK(figure(client, "memory", "used_memory") <= limit);
    CHECK(figure(client, "stats", "evicted_keys") == 0);
    CHECK(size(client) == keys);
  }
}

// A SET of 60 MB of which a part has arrived, so that its client's buffer holds that.
std::string begun_set(size_t arrived) {
  return "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$60000000\r\n" + std::string(arrived, 'x');
}

std::string answer(Wire& wire, const Words& words) {
  wire.send(command(words));
  return wire.read_line();
}

// How a server with maxmemory-clients 10mb treats clients that said NO-EVICT and others.
Words protection_of(const TestServer& server) {
  constexpr size_t kAll = 60'000'000, kPart = 20'000'000;
  Words seen;
  Client watcher(server);
  seen.push_back(watcher("CLIENT NO-EVICT ON"));
  const auto others_closed = [&](long count) {
    return eventually([&] { return figure(watcher, "stats", "evicted_clients") >= count; });
  };
  Wire idle = Wire::tcp("127.0.0.1", server.port());
  seen.push_back(answer(idle, {"PING"}));
  Wire safe = Wire::tcp("127.0.0.1", server.port());
  seen.push_back(answer(safe, {"CLIENT", "NO-EVICT", "ON"}));
  safe.send(begun_set(kPart));
  // What protected clients hold counts: everybody else has to go.
  seen.push_back(others_closed(1) ? "one closed" : "nobody closed");
  idle.read_to_close();
  seen.push_back(idle.closed() ? "the idle one" : "not the idle one");
  safe.send(std::string(kAll - kPart, 'x') + "\r\n");
  seen.push_back(safe.read_line());
  seen.push_back(answer(safe, {"STRLEN", "k"}));
  safe.close();
  eventually([&] { return figure(watcher, "clients", "connected_clients") == 1; });
  Wire late = Wire::tcp("127.0.0.1", server.port());
  seen.push_back(answer(late, {"CLIENT", "NO-EVICT", "ON"}));
  seen.push_back(answer(late, {"CLIENT", "NO-EVICT", "OFF"}));
  late.send(begun_set(kPart));
  seen.push_back(others_closed(2) ? "closed" : "not closed");
  seen.push_back(watcher("CLIENT NO-EVICT maybe"));
  seen.push_back(watcher("CLIENT NO-EVICT"));
  seen.push_back(std::to_string(figure(watcher, "stats", "evicted_clients")));
  return seen;
}

TEST_CASE("CLIENT NO-EVICT protects a client as redis-server does") {
  const Words limit = {"--maxmemory-clients", "10mb"};
  const TestServer server(limit);
  const Words ours = protection_of(server);
  CHECK(ours[5] == "+OK\r\n");
  CHECK(ours.back() == "2");
  const std::optional<Seat> redis = seat_of_warm_source();
  if (!redis) return;
  const TestServer other(*redis, limit);
  CHECK(ours == protection_of(other));
}

TEST_CASE("the client whose buffers take most is closed at maxmemory-clients") {
  const TestServer server({"--maxmemory-clients", "10mb"});
  Client small(server);
  REQUIRE(small("PING") == "PONG");
  Wire large = Wire::tcp("127.0.0.1", server.port());
  large.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$60000000\r\n" + std::string(20'000'000, 'x'));
  CHECK(eventually([&] { return figure(small, "stats", "evicted_clients") == 1; }));
  CHECK(small("PING") == "PONG");
}

}  // namespace freshet::e2e
