// The HTTP side next to the RESP side: one cache, one set of rights, and nothing that a stranger
// sends to one harms the other. tests/http asks every endpoint through curl.
#include "http.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <memory>
#include <random>
#include <thread>

#include "family.h"

namespace freshet::e2e {
namespace {

const std::string kJson = "Content-Type: application/json\r\n";

// A server with HTTP on a port that was free a moment ago.
struct HttpServer {
  explicit HttpServer(Words options = {}) : port(free_port()) {
    options.insert(options.end(),
                   {"--http-port", std::to_string(port), "--http-bind", "127.0.0.1"});
    server = std::make_unique<TestServer>(options);
  }
  // One that died on the way (of a sanitizer's finding, say) is a failure, too.
  ~HttpServer() { CHECK_MESSAGE(server->stop() == 0, server->log()); }
  int port;
  std::unique_ptr<TestServer> server;
};

size_t open_files(pid_t pid) {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

// Without those that the allocator starts when it sees fit.
size_t own_threads(pid_t pid) {
  size_t count = 0;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task"))
    count += read_file(task.path() / "comm") != "jemalloc_bg_thd\n";
  return count;
}

// What a broken client, a scanner or an attacker may send. Each seed is one request.
std::string malformed(unsigned seed) {
  std::mt19937 random(seed);
  const auto pick = [&](std::initializer_list<const char*> words) {
    return std::string(*(words.begin() + random() % words.size()));
  };
  std::string request = pick({"GET", "POST", "PUT", "DELETE", "PATCH", "BREW", "", "get", "GET GET",
                              "\x16\x03\x01"}) +
                        pick({" ", "  ", "\t", ""}) +
                        pick({"/api/cache/k", "/api/cache/%", "/api/cache/%zz", "/api/cache/%00%ff",
                              "/api/cache/warm/x", "/api/cache/dependencies?key=%f",
                              "/../../etc/passwd", "*", "http://[", "/?", "/metrics?db=x",
                              "/api/cache/invalidate", "/api/cache/clear", "/api/keys?count=-1"}) +
                        pick({" HTTP/1.1", " HTTP/9.9", " HTTP/1.0", "", " FTP/1.1"}) +
                        pick({"\r\n", "\n", "\r"});
  for (unsigned i = random() % 4; i != 0; --i) {
    request +=
        pick({"Host: localhost", "Content-Length: -1", "Content-Length: 99999999999999999999",
              "Content-Length: 5", "Transfer-Encoding: chunked", "Range: bytes=0-,1-,2-,-9",
              "Content-Encoding: gzip", "Expect: 100-continue", "Authorization: Basic !!!",
              "Content-Type: multipart/form-data; boundary=x", ": empty", "no colon",
              "Connection: upgrade", "Content-Type: application/json", "Origin: null"}) +
        pick({"\r\n", "\n"});
  }
  request += pick({"\r\n", "\n\n", "\r\n\r\n"});
  const std::string bodies[] = {"",
                                "{",
                                "[[[[[[",
                                "{\"value\":}",
                                "5\r\nab",
                                "zz\r\n",
                                "{\"keys\":[1]}",
                                "null",
                                "\xff\xfe{",
                                "{\"confirm\":\"yes\"}",
                                std::string(5000, '['),
                                "ffffffffffffffff\r\n"};
  request += bodies[random() % std::size(bodies)];
  if (random() % 3 == 0) request[random() % request.size()] = static_cast<char>(random());
  return request;
}

}  // namespace

TEST_SUITE("freshet") {
  TEST_CASE("what is put by HTTP is read by RESP, and the other way round") {
    const HttpServer it;
    Client client(*it.server);
    CHECK(
        http(it.port, "PUT", "/api/cache/user", "{\"value\":\"Ada\",\"ttl\":100}", kJson).status ==
        200);
    CHECK(client("GET user") == "Ada");
    CHECK(client("TTL user") == "(integer) 100");
    CHECK(client("DEPSET page v1 DEPS 1 user TAGS 1 home") == "OK");
    const HttpAnswer page = http(it.port, "GET", "/api/cache/page");
    CHECK(page.status == 200);
    CHECK(page.body ==
          "{\"key\":\"page\",\"value\":\"v1\",\"ttl\":100,\"tags\":[\"home\"],"
          "\"dependencies\":[\"user\"]}");
    // A change by HTTP kills what RESP stored, before the answer.
    CHECK(http(it.port, "POST", "/api/cache/user", "{\"value\":\"Grace\"}", kJson).status == 200);
    CHECK(client("GET page") == "(nil)");
    CHECK(client("TTL user") == "(integer) 3600");
    CHECK(http(it.port, "DELETE", "/api/cache/user").status == 204);
    CHECK(http(it.port, "DELETE", "/api/cache/user").status == 404);
    CHECK(client("EXISTS user") == "(integer) 0");
    // Any bytes are a key, and a fixed word, too.
    CHECK(http(it.port, "PUT", "/api/keys/%00%ff%2F+", "raw").status == 200);
    CHECK(show(client.call({"GET", std::string("\0\xff/+", 4)})) == "raw");
    CHECK(http(it.port, "PUT", "/api/keys/stats", "mine").status == 200);
    CHECK(client("GET stats") == "mine");
    CHECK(
        http(it.port, "GET", "/api/keys/stats", "", "Accept: application/octet-stream\r\n").body ==
        "mine");
  }

  TEST_CASE(
      "an invalidation by HTTP is a cascade like any other, and a dry run counts a union once") {
    const HttpServer it;
    Client client(*it.server);
    REQUIRE(fill_users(client));
    REQUIRE(fill_pages(client));
    const std::string both = "{\"keys\":[\"user:0\"],\"pattern\":\"user:*\",\"cascade\":true";
    CHECK(http(it.port, "POST", "/api/cache/invalidate", both + ",\"dryRun\":true}", kJson).body ==
          "{\"invalidated\":220,\"dryRun\":true}");
    CHECK(living_pages(client) == kPages);
    CHECK(http(it.port, "POST", "/api/cache/invalidate", both + "}", kJson).body ==
          "{\"invalidated\":220}");
    CHECK(living_pages(client) == 0);
    const std::string log = show(client.call({"CACHESTATS", "LOG", "1"}));
    CHECK(log.find("http:127.0.0.1") != std::string::npos);
    CHECK(http(it.port, "POST", "/api/cache/invalidate", "{}", kJson).status == 400);
    CHECK(http(it.port, "POST", "/api/cache/invalidate", "{\"tag\":\"x\"}", kJson).status == 400);
  }

  TEST_CASE("several selectors kill and count their union, each key once") {
    const HttpServer it;
    Client client(*it.server);
    // `both` is hit by all four selectors, and by the cascade of `base`.
    const auto fill = [&] {
      REQUIRE(client("SET base 1") == "OK");
      REQUIRE(client("DEPSET both v DEPS 2 base other TAGS 2 a b") == "OK");
      REQUIRE(client("DEPSET tagged v TAGS 1 a") == "OK");
      REQUIRE(client("DEPSET twice v TAGS 2 a b") == "OK");
      REQUIRE(client("DEPSET made v DEPS 1 other") == "OK");
      REQUIRE(client("DEPSET top v DEPS 1 both") == "OK");
      REQUIRE(client("SET bystander v") == "OK");
    };
    const std::string all =
        "{\"keys\":[\"base\",\"both\",\"both\"],\"pattern\":\"bo*\",\"tags\":[\"a\",\"b\"],"
        "\"dependencies\":[\"other\",\"base\"]";
    const auto ask = [&](const std::string& more) {
      return http(it.port, "POST", "/api/cache/invalidate", all + more + "}", kJson).body;
    };
    fill();
    CHECK(ask(",\"dryRun\":true") == "{\"invalidated\":5,\"dryRun\":true}");
    CHECK(ask(",\"cascade\":true,\"dryRun\":true") == "{\"invalidated\":6,\"dryRun\":true}");
    CHECK(client("DBSIZE") == "(integer) 7");
    CHECK(ask(",\"cascade\":true") == "{\"invalidated\":6}");
    CHECK(client("KEYS *") == "[bystander]");
    fill();
    // What was killed softly is dead for the next selector, too.
    CHECK(ask(",\"cascade\":true,\"soft\":60000") == "{\"invalidated\":6}");
    CHECK(client("KEYS *") == "[bystander]");
  }

  TEST_CASE("the password that guards RESP guards every path of HTTP") {
    const HttpServer it({"--requirepass", "secret"});
    for (const char* path : {"/api/cache/k", "/api/cache/stats", "/metrics", "/healthz",
                             "/api/openapi.json", "/no/such/path"}) {
      CAPTURE(path);
      CHECK(http(it.port, "GET", path).status == 401);
      CHECK(http(it.port, "GET", path, "", "Authorization: Bearer wrong\r\n").status == 401);
    }
    CHECK(http(it.port, "GET", "/healthz", "", "Authorization: Bearer secret\r\n").status == 200);
    // default:secret
    CHECK(http(it.port, "GET", "/healthz", "", "Authorization: Basic ZGVmYXVsdDpzZWNyZXQ=\r\n")
              .status == 200);
    CHECK(http(it.port, "GET", "/healthz", "", "Authorization: Basic ZGVmYXVsdDp3cm9uZw==\r\n")
              .status == 401);
  }

  TEST_CASE("a page of another site may not ask, unless http-cors-origin names its site") {
    const HttpServer it({"--protected-mode", "yes"});
    Client client(*it.server);
    const std::string evil = "Origin: https://evil.example\r\n";
    REQUIRE(client("SET k v") == "OK");
    CHECK(http(it.port, "POST", "/api/cache/clear", "{\"confirm\":true}", evil).status == 403);
    CHECK(http(it.port, "GET", "/api/cache/k", "", "Origin: http://localhost\r\n").status == 200);
    HttpClient rebound(it.port);
    REQUIRE(rebound.wire().send("GET /api/cache/k HTTP/1.1\r\nHost: evil.example\r\n\r\n"));
    CHECK(rebound.read().status == 403);
    CHECK(client("CONFIG SET http-cors-origin https://evil.example") == "OK");
    const HttpAnswer allowed = http(it.port, "GET", "/api/cache/k", "", evil);
    CHECK(allowed.status == 200);
    CHECK(allowed.head.find("Access-Control-Allow-Origin: https://evil.example") !=
          std::string::npos);
  }

  TEST_CASE("a thousand malformed requests harm nothing") {
    const HttpServer it({"--http-timeout", "1", "--http-max-connections", "1024"});
    Client client(*it.server);
    REQUIRE(client("SET k v") == "OK");
    std::vector<Wire> open;  // left as they are: the server has to get rid of them
    unsigned answered = 0;
    const unsigned requests = slow_server() ? 250 : 1000;
    for (unsigned seed = 0; seed < requests; ++seed) {
      CAPTURE(seed);
      Wire wire = Wire::tcp("127.0.0.1", it.port);
      wire.send(malformed(seed));
      if (seed % 10 == 0) {
        open.push_back(std::move(wire));
        continue;
      }
      wire.end_sending();
      const std::string answer = wire.read_to_close();
      CHECK(wire.closed());
      CHECK((answer.empty() || answer.starts_with("HTTP/1.1 ")));
      answered += !answer.empty();
    }
    CHECK(answered > requests * 48 / 100);
    open.clear();
    CHECK(eventually([&] { return http(it.port, "GET", "/healthz").status == 200; }));
    CHECK(client("EXISTS k").starts_with("(integer) "));
    CHECK(client("PING") == "PONG");
  }

  TEST_CASE("slow clients are shown out, and keep nobody from being served") {
    const HttpServer it({"--http-timeout", "1", "--http-threads", "2", "--http-idle-timeout", "1"});
    std::vector<Wire> slow;
    for (int i = 0; i < 30; ++i) {
      slow.push_back(Wire::tcp("127.0.0.1", it.port));
      REQUIRE(slow.back().send("GET /api/cache/k HTTP/1.1\r\nHost: "));
    }
    Wire idle = Wire::tcp("127.0.0.1", it.port);
    HttpClient half_body(it.port);
    REQUIRE(half_body.wire().send(
        "PUT /api/cache/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf"));
    CHECK(http(it.port, "GET", "/healthz").status == 200);
    for (Wire& wire : slow) CHECK(wire.read_to_close().starts_with("HTTP/1.1 408"));
    CHECK(idle.read_to_close().empty());
    CHECK(half_body.read().status == 408);
  }

  TEST_CASE("what is too long or too many is refused") {
    const HttpServer it({"--http-max-body", "1kb", "--http-max-connections", "3"});
    {
      // All three are in: what asked whether the server is up may be one too many for a moment.
      std::unique_ptr<HttpClient> in[3];
      REQUIRE(eventually([&] {
        return std::all_of(std::begin(in), std::end(in), [&](auto& one) {
          one = std::make_unique<HttpClient>(it.port);
          return one->ask("GET", "/healthz").status == 200;
        });
      }));
      HttpClient &client = *in[0], &chunked = *in[1], &head = *in[2];
      CHECK(client.ask("PUT", "/api/cache/k", std::string(1024, 'x')).status == 200);
      CHECK(client.ask("PUT", "/api/cache/k", std::string(1025, 'x')).status == 413);
      REQUIRE(
          chunked.wire().send("PUT /api/cache/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
                              "chunked\r\n\r\n800\r\n" +
                              std::string(2048, 'x') + "\r\n0\r\n\r\n"));
      CHECK(chunked.read().status == 413);
      CHECK(head.ask("GET", "/healthz", "", "X: " + std::string(40000, 'x') + "\r\n").status ==
            431);
      CHECK(http(it.port, "GET", "/healthz").status == 503);
    }
    const auto refused = [&](const std::string& path, const std::string& header) {
      HttpAnswer answer;
      eventually([&] {  // the three are still leaving: 503
        answer = http(it.port, "GET", path, "", header);
        return answer.status != 503 && answer.status != 0;
      });
      CHECK(answer.body.starts_with("{\"error\":"));
      return answer.status;
    };
    CHECK(refused("/api/cache/" + std::string(8200, 'k'), "") == 414);
    CHECK(refused("/api/cache/k", "X: " + std::string(8200, 'x') + "\r\n") == 400);
    CHECK(eventually([&] { return http(it.port, "GET", "/healthz").status == 200; }));
    // Ranges by the thousand are not looked at.
    std::string ranges = "Range: bytes=0-";
    for (int i = 0; i < 2000; ++i) ranges += ",0-";
    const int status = http(it.port, "GET", "/api/cache/k", "", ranges + "\r\n").status;
    CHECK((status == 200 || status == 400));
  }

  TEST_CASE("HTTP threads and cores use the same shards at the same time") {
    const HttpServer it;
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        HttpClient client(it.port);
        for (int i = 0; i < 150; ++i) {
          const std::string key = "/api/cache/page:" + std::to_string(i % 10);
          HttpAnswer answer;
          switch ((i + t) % 5) {
            case 0:
              answer = client.ask(
                  "PUT", key, "{\"value\":1,\"tags\":[\"t\"],\"dependencies\":[\"user\"]}", kJson);
              break;
            case 1:
              answer = client.ask("GET", key);
              break;
            case 2:
              answer =
                  client.ask("POST", "/api/cache/invalidate",
                             "{\"tags\":[\"t\"],\"pattern\":\"page:1*\",\"cascade\":true}", kJson);
              break;
            case 3:
              answer = client.ask("GET", i % 2 ? "/metrics" : "/api/cache/stats");
              break;
            default:
              answer = client.ask("GET", "/api/cache/dependencies?name=user&depth=3");
          }
          if (answer.status != 200 && answer.status != 404) ++wrong;
        }
      });
    }
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&] {
        Client client(*it.server);
        for (int i = 0; i < 500; ++i) {
          if (client("SET user " + std::to_string(i)) != "OK") ++wrong;
          client("DEPSET page:" + std::to_string(i % 10) + " v DEPS 1 user TAGS 1 t EX 1");
          if (i % 50 == 0) client("CACHESTATS");
          if (i % 100 == 0) client("CACHESTATS LOG 100");
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
    CHECK(http(it.port, "GET", "/healthz").status == 200);
  }

  TEST_CASE("scrapes, pages that do not read, and a flood leave RESP served, and nothing behind") {
    const HttpServer it({"--http-max-connections", "200"});
    Client client(*it.server);
    REQUIRE(client("SET k v") == "OK");
    CHECK(http(it.port, "GET", "/metrics").status == 200);
    const size_t threads_before = own_threads(it.server->pid());
    const size_t files_before = open_files(it.server->pid());
    {
      // Pages that ask for events and read none of them.
      std::vector<HttpClient> pages;
      for (int i = 0; i < 30; ++i) {
        pages.emplace_back(it.port);
        REQUIRE(pages.back().wire().send("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
      }
      CHECK(pages[0].wire().read_line().starts_with("HTTP/1.1 200"));
      std::atomic<int> wrong{0};
      std::atomic<bool> flooding{true};
      std::vector<std::thread> scrapers;
      for (int t = 0; t < 8; ++t) {
        scrapers.emplace_back([&, t] {
          for (int i = 0; flooding; ++i) {
            // A connection for each, as a flood has it; each third is left before its answer.
            HttpClient scraper(it.port);
            const std::string path = t % 2 ? "/metrics" : "/api/cache/stats";
            if (i % 3 == 0) {
              scraper.wire().send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
            } else if (scraper.ask("GET", path).status != 200) {
              ++wrong;
            }
          }
        });
      }
      for (int i = 0; i < (slow_server() ? 300 : 2000); ++i) REQUIRE(client("GET k") == "v");
      flooding = false;
      for (std::thread& thread : scrapers) thread.join();
      CHECK(wrong == 0);
    }
    CHECK(eventually([&] { return open_files(it.server->pid()) <= files_before; }));
    CHECK(own_threads(it.server->pid()) == threads_before);
    CHECK(http(it.port, "GET", "/metrics").status == 200);
    CHECK(client("GET k") == "v");
  }

  TEST_CASE("a page that does not read its events is dropped, one that does is not") {
    const HttpServer it({"--slowlog-log-slower-than", "0", "--slowlog-max-len", "20"});
    Client client(*it.server);
    // Large events: the slow log's newest entries are shown with 31 arguments each.
    Words set = {"MSET"};
    for (int i = 0; i < 40; ++i) set.push_back(std::string(128, 'k'));
    for (int i = 0; i < 12; ++i) REQUIRE(show(client.call(set)) == "OK");
    REQUIRE(client("CONFIG SET slowlog-log-slower-than -1") == "OK");
    const std::string listen = "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const size_t files_before = open_files(it.server->pid());
    HttpClient reader(it.port), sleeper(it.port);
    REQUIRE(reader.wire().send(listen));
    REQUIRE(sleeper.wire().send(listen));
    REQUIRE(eventually([&] { return open_files(it.server->pid()) == files_before + 2; }));
    size_t read = 0;
    const bool dropped = eventually([&] {
      read += reader.wire().read(1 << 20, milliseconds(200)).size();
      return open_files(it.server->pid()) == files_before + 1;
    });
    CHECK(dropped);
    CHECK(read > 0);
    CHECK_FALSE(reader.wire().closed());
    CHECK(client("PING") == "PONG");
  }

  TEST_CASE("the server leaves with code 0 while HTTP clients wait, ask and send") {
    const HttpServer it;
    std::vector<HttpClient> clients;
    for (int i = 0; i < 10; ++i) clients.emplace_back(it.port);
    CHECK(clients[0].ask("GET", "/healthz").status == 200);
    REQUIRE(clients[1].wire().send("GET /healthz HTTP/1.1\r\nHo"));
    REQUIRE(clients[2].wire().send(
        "PUT /api/cache/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf"));
    it.server->signal(SIGTERM);
    CHECK(it.server->wait() == 0);
    CHECK(clients[0].wire().read_to_close().empty());
  }

  TEST_CASE("a port that is taken is one clear line and code 1") {
    const HttpServer it;
    const Ending ending = run_to_end({"--http-port", std::to_string(it.port)});
    CHECK(ending.code == 1);
    CHECK(ending.output.find("can't listen on 127.0.0.1:" + std::to_string(it.port)) !=
          std::string::npos);
  }

  // Whoever waits for a server tries the port of RESP.
  TEST_CASE("HTTP listens before RESP does") {
    const HttpServer it;
    const Ending ending = run_to_end({"--port", std::to_string(it.server->port()), "--http-port",
                                      std::to_string(free_port()), "--http-bind", "127.0.0.1"});
    CHECK(ending.code == 1);
    const std::size_t http = ending.output.find("HTTP on 127.0.0.1:");
    const std::size_t resp = ending.output.find("can't listen on");
    CHECK_MESSAGE(http != std::string::npos, ending.output);
    CHECK_MESSAGE(resp != std::string::npos, ending.output);
  }
}

}  // namespace freshet::e2e
