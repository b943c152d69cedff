// The search for loops: what it looks at, and that it is exact though it takes many turns and
// others draw edges between two of them.
#include <memory>

#include "edges.h"
#include "freshet/resp/parser.h"
#include "probe.h"

namespace freshet {
namespace {

constexpr int kChain = 200;

std::string name(const std::string& chain, int i) { return chain + ":" + std::to_string(i); }

// chain:0 a plain value, each of the others made from the one before it.
void build_chain(Cache& cache, const std::string& chain, int length = kChain) {
  cache.run({"SET", name(chain, 0), "v"});
  for (int i = 1; i <= length; ++i) {
    const std::string key = name(chain, i), dep = name(chain, i - 1);
    REQUIRE_EQ(cache.run({"DEPSET", key, "v", "DEPS", "1", dep}), kOk);
  }
}

// A cache whose searches go on in slices after `at_once` names. `user` is made from `key`.
struct Scene : Cache {
  explicit Scene(uint32_t shards, uint32_t at_once = 8) : Cache(shards) {
    options.settings.loop_check_at_once = at_once;
    build_chain(*this, "c");
    (*this)("SET key 1");
    (*this)("DEPSET user v DEPS 1 key");
  }
  uint64_t examined() { return counted(*this).ancestors_examined; }
  bool watched() {
    bool watched = false;
    router.each([&](Shard& shard) { watched |= shard.redrawn.watched(); });
    return watched;
  }
};

// Nothing of a search is left behind.
void check_clean(Scene& scene) {
  scene.background();
  CHECK_FALSE(scene.dispatcher.has_tasks());
  CHECK_FALSE(scene.watched());
  for (int db = 0; db < 2; ++db) CHECK_FALSE(has_loop(scene.keyspace, db));
}

const std::string kClose = "DEPSET key w DEPS 1 " + name("c", kChain);

bool is_loop(const std::string& reply) { return reply.starts_with("-CYCLE key <- "); }

// Clients whose commands are worked on in turn.
class Clients {
 public:
  explicit Clients(Cache& cache) : cache_(cache) { cache.dispatcher.watch(-1, 0, 0); }

  void begin(const std::vector<std::string_view>& args) {
    all_.push_back(std::make_unique<Client>(10 + all_.size(), cache_.host));
    all_.back()->session.now = cache_.session.now;
    cache_.dispatcher.run(all_.back()->session, args, all_.back()->out);
  }
  // The replies, in the order of the commands.
  std::vector<std::string> finish() {
    while (cache_.dispatcher.has_tasks()) {
      cache_.dispatcher.work(cache_.session.now, 0, [&](uint64_t id, const Task& task) {
        Client& client = *all_[id - 10];
        Reply reply(client.out, client.session.resp);
        if (client.session.resume()) task.reply(reply);
      });
    }
    std::vector<std::string> replies;
    for (const auto& client : all_) replies.push_back(client->out.text());
    return replies;
  }

 private:
  struct Client {
    Client(uint64_t id, Host& host) : session(id, host) {}
    Session session;
    Output out;
  };
  Cache& cache_;
  std::vector<std::unique_ptr<Client>> all_;
};

}  // namespace

// --- What is looked at ---------------------------------------------------------------------------

TEST_CASE("dependencies that the value declares already are not searched again") {
  for (const uint32_t shards : {1u, 8u}) {
    Scene scene(shards);
    const std::string key = name("c", kChain / 2), dep = name("c", kChain / 2 - 1);
    const uint64_t before = scene.examined();
    CHECK_EQ(scene.run({"DEPSET", key, "v", "DEPS", "1", dep}), kOk);
    CHECK_EQ(scene.run({"DEPADD", key, "DEPS", "1", dep}), integer(0));
    CHECK_EQ(scene.run({"DEPSET", key, "v", "DEPS", "2", dep, "signal"}), kOk);
    CHECK_EQ(scene.examined(), before);
    CHECK_EQ(scene.run({"DEPSET", key, "v", "DEPS", "2", dep, name("c", 7)}), kOk);
    CHECK(scene.examined() >= before + 7);
    CHECK(scene.examined() <= before + 2 * 8);
    check_clean(scene);
  }
}

TEST_CASE("a loop is found whether the search is short, sliced, or begins with a slice") {
  for (const uint32_t shards : {1u, 8u}) {
    for (const uint32_t at_once : {0u, 1u, 64u, 4096u}) {
      CAPTURE(at_once);
      Scene scene(shards, at_once);
      const std::string last = name("c", kChain);
      CHECK_EQ(scene.run({"DEPADD", "c:0", "DEPS", "1", "user"}), integer(1));
      const std::string error = scene(kClose);
      CHECK(error.starts_with("-CYCLE key <- " + last + " <- " + name("c", kChain - 1) + " <- "));
      CHECK(error.ends_with(" <- " + name("c", kChain - 62) + " <- ... <- key\r\n"));
      CHECK_EQ(scene("GET key"), bulk("1"));
      CHECK(is_loop(scene.run({"DEPADD", "key", "DEPS", "2", "signal", last})));
      CHECK_EQ(scene("DEPREM c:0 DEPS 1 user"), integer(1));
      CHECK_EQ(scene.run({"DEPADD", "key", "DEPS", "2", "signal", last}), integer(2));
      check_clean(scene);
    }
  }
}

TEST_CASE("the depth is found in slices as well, by the longest way") {
  for (const uint32_t at_once : {4u, 4096u}) {
    Scene scene(4, at_once);
    scene("DEPSET short v DEPS 2 c:0 c:100");
    scene.options.settings.max_dependency_depth = 102;
    CHECK_EQ(scene("DEPSET key w DEPS 2 short c:50"), kOk);
    CHECK_EQ(scene("DEPSET other w DEPS 1 c:101"), kOk);
    CHECK_EQ(scene("DEPSET other w DEPS 1 c:102").substr(0, 29), "-ERR more than max-dependency");
    scene.options.settings.max_dependency_depth = 101;
    CHECK_EQ(scene("DEPSET other w DEPS 2 short c:50").substr(0, 4), "-ERR");
    check_clean(scene);
  }
}

// --- Others at work meanwhile --------------------------------------------------------------------

TEST_CASE("an edge that is drawn between two slices is seen, wherever the search is") {
  for (const uint32_t shards : {1u, 5u}) {
    for (const int at : {0, 1, kChain / 2, kChain}) {
      for (int steps = 0; steps < 14; ++steps) {
        CAPTURE(shards);
        CAPTURE(at);
        CAPTURE(steps);
        Scene scene(shards);
        // With the same bytes, so that `user` lives.
        Slow slow(scene, "DEPSET key 1 DEPS 1 " + name("c", kChain));
        for (int i = 0; i < steps && slow.waits(); ++i) slow.step();
        const bool waits = slow.waits();
        const std::string drawn = scene.run({"DEPADD", name("c", at), "DEPS", "1", "user"});
        if (waits) {
          CHECK_EQ(drawn, integer(1));
          CHECK(is_loop(slow.reply()));
          CHECK_EQ(scene("GET key"), bulk("1"));
        } else {
          CHECK(drawn.starts_with("-CYCLE " + name("c", at)));
          CHECK_EQ(slow.reply(), kOk);
        }
        check_clean(scene);
      }
    }
  }
}

TEST_CASE("values that are stored anew, renamed or copied between two slices are seen") {
  for (const char* way : {"DEPSET c:199 v DEPS 2 c:198 user", "RENAME part c:199",
                          "COPY part c:199 REPLACE", "MOVE c:199 0"}) {
    Scene scene(5);
    scene.options.settings.triggers = 0;  // so that the chain above c:199 lives
    scene("DEPSET part v DEPS 1 user");
    const bool moves = std::string_view(way).starts_with("MOVE");
    if (moves) {
      CHECK_EQ(scene("COPY part c:199 DB 1"), integer(1));
      CHECK_EQ(scene("DEL c:199"), integer(1));
      scene.session.db = 1;
    }
    Session other(7, scene.host);
    other.now = scene.session.now;
    other.db = scene.session.db;
    scene.session.db = 0;
    if (moves) scene("DEPSET c:200 v DEPS 2 c:199 c:198");
    Slow slow(scene, kClose);
    for (int i = 0; i < 3; ++i) slow.step();
    REQUIRE(slow.waits());
    scene.session.db = other.db;
    const std::string reply = scene(way);
    INFO(reply);
    CHECK(reply[0] != '-');
    scene.session.db = 0;
    CHECK(is_loop(slow.reply()));
    check_clean(scene);
  }
}

TEST_CASE("an edge that is gone before the search comes to it closes no loop") {
  Scene scene(5);
  scene("DEPADD c:0 DEPS 1 user");
  Slow slow(scene, kClose);
  slow.step();
  REQUIRE(slow.waits());
  CHECK_EQ(scene("DEPREM c:0 DEPS 1 user"), integer(1));
  CHECK_EQ(slow.reply(), kOk);
  check_clean(scene);
}

TEST_CASE("when nobody depends on the key any more, the search is over") {
  Scene scene(5);
  scene("DEPADD c:0 DEPS 1 user");
  Slow slow(scene, kClose);
  slow.step();
  CHECK_EQ(scene("DEL user"), integer(1));
  CHECK_EQ(slow.reply(), kOk);
  check_clean(scene);
}

TEST_CASE("two that would close a loop together: one is refused, whoever is first") {
  for (const uint32_t shards : {1u, 5u}) {
    for (const int length : {20, 100, 180}) {
      Scene scene(shards);
      build_chain(scene, "d", length);
      const std::string last = name("d", length), all = name("c", kChain);
      Clients clients(scene);
      clients.begin({"DEPSET", "c:0", "v", "DEPS", "1", last});
      clients.begin({"DEPSET", "d:0", "v", "DEPS", "1", all});
      clients.begin({"DEPADD", "c:0", "DEPS", "1", last});
      const std::vector<std::string> replies = clients.finish();
      int loops = 0;
      for (const std::string& reply : replies) loops += reply.starts_with("-CYCLE");
      CHECK(loops >= 1);
      CHECK(loops <= 2);
      check_clean(scene);
    }
  }
}

TEST_CASE("a search that falls too far behind begins anew") {
  for (const uint32_t shards : {1u, 3u}) {
    Scene scene(shards);
    scene.options.settings.triggers = 0;
    Slow slow(scene, kClose);
    for (int i = 0; i < 3; ++i) slow.step();
    CHECK_EQ(scene("DEPADD c:199 DEPS 1 user"), integer(1));
    const uint64_t before = scene.examined();
    for (size_t i = 0; i < 2 * Redrawn::kMost; ++i) {
      for (uint32_t shard = 0; shard < shards; ++shard) {
        scene.run({"DEPSET", "x" + std::to_string(shard), "v", "DEPS", "1", "y"});
      }
    }
    for (uint32_t id = 0; id < shards; ++id) {
      scene.router.at(id, [](Shard& shard) { CHECK(shard.redrawn.end() <= 6 * Redrawn::kMost); });
    }
    CHECK_EQ(scene("DEPADD c:0 DEPS 1 user"), integer(1));
    CHECK(is_loop(slow.reply()));
    CHECK(scene.examined() > before);
    check_clean(scene);
  }
}

TEST_CASE("databases that change places or are emptied in the middle of a search") {
  for (const char* way : {"SWAPDB 0 1", "FLUSHALL", "FLUSHDB"}) {
    for (int steps = 0; steps < 14; ++steps) {
      INFO(std::string(way));
      CAPTURE(steps);
      Scene scene(3);
      scene.session.db = 1;
      build_chain(scene, "c");
      scene("SET key 1");
      scene("DEPSET user v DEPS 1 key");
      scene("DEPADD c:190 DEPS 1 user");
      scene.session.db = 0;
      Slow slow(scene, kClose);
      for (int i = 0; i < steps && slow.waits(); ++i) slow.step();
      const bool waited = slow.waits();
      CHECK_EQ(scene(way), kOk);
      const bool loops = waited && way[0] == 'S';
      CHECK_EQ(is_loop(slow.reply()), loops);
      check_clean(scene);
    }
  }
}

TEST_CASE(
    "what a search finds to have expired is no way to a loop, and takes its dependents along") {
  Scene scene(4, 4);
  scene.options.settings.triggers = kOnAll & ~kOnExpire;
  scene("DEPADD c:50 DEPS 1 user");
  scene("PEXPIRE c:60 10");
  scene.pass(20);
  CHECK_EQ(scene(kClose), kOk);
  CHECK_EQ(scene("EXISTS c:60"), integer(0));
  check_clean(scene);
}

// --- The second run ------------------------------------------------------------------------------

TEST_CASE("the conditions of a DEPSET count when it is decided, not when it was sent") {
  {
    Scene scene(4);
    scene("DEL key");
    scene("DEPSET user v DEPS 1 key");
    Slow slow(scene, kClose + " NX");
    slow.step();
    scene("SET key other");
    CHECK_EQ(slow.reply(), kNil);
    CHECK_EQ(scene("GET key"), bulk("other"));
  }
  {
    Scene scene(4);
    scene("DEL key");
    scene("DEPSET user v DEPS 1 key");
    const std::string token = *fetched(scene("FETCH key")).token;
    Slow slow(scene, kClose + " FENCE " + token);
    slow.step();
    scene("SET c:200 changed");
    CHECK_EQ(slow.reply(), kNil);
    CHECK_EQ(scene("EXISTS key"), integer(0));
  }
  {
    Scene scene(4);
    Slow slow(scene, "DEPADD key DEPS 1 " + name("c", kChain));
    slow.step();
    scene("DEL key");
    CHECK_EQ(slow.reply(), kNil);
  }
  Scene scene(4);
  Slow slow(scene, kClose + " EX 10");
  slow.step();
  scene.pass(5000);
  CHECK_EQ(slow.reply(), kOk);
  CHECK_EQ(scene("TTL key"), integer(10));
  check_clean(scene);
}

TEST_CASE("a change that a search has held up kills its dependents before the reply") {
  Scene scene(4);
  for (int i = 0; i < 700; ++i) scene.run({"DEPSET", name("u", i), "v", "DEPS", "1", "key"});
  Slow slow(scene, kClose);
  CHECK(slow.waits());
  CHECK_EQ(scene("EXISTS u:0 u:699"), integer(2));
  CHECK_EQ(slow.reply(), kOk);
  CHECK_EQ(texts(scene("KEYS u*")).size(), 0);
  check_clean(scene);
}

TEST_CASE("large values are handed over without a copy, and come back by GET") {
  Scene scene(4);
  const std::string first(100'000, 'a'), second(200'000, 'b');
  scene.run({"SET", "key", first});
  scene("DEPSET user v DEPS 1 key");
  Session session(2, scene.host);
  session.now = scene.session.now;
  scene.dispatcher.watch(-1, 0, 0);
  Output out;
  {
    const std::string input = "*7\r\n$6\r\nDEPSET\r\n$3\r\nkey\r\n" + bulk(second) +
                              "$3\r\nGET\r\n$4\r\nDEPS\r\n$1\r\n1\r\n" + bulk(name("c", kChain));
    Parser parser;
    size_t used = 0;
    std::string bytes = input;
    REQUIRE(parser.next(bytes, {int64_t{1} << 30, true}, used) == Parser::Status::kCommand);
    REQUIRE(parser.blob(2) != nullptr);
    scene.dispatcher.run(session, parser.args(), out, &parser);
    bytes.assign(bytes.size(), 'x');
  }
  REQUIRE(session.suspended);
  while (session.suspended) scene.work(session, out, 0);
  CHECK(out.text() == bulk(first));
  CHECK(scene("GET key") == bulk(second));
  CHECK_EQ(figure(scene, "DEPINFO key", "dependents"), 0);
  check_clean(scene);
}

TEST_CASE("a command that is run again is counted once, and so is its error") {
  Scene scene(4);
  scene("DEPADD c:0 DEPS 1 user");
  const auto row = CommandTable::all().index_of(CommandTable::all().find_name("depset"));
  CommandStats& counts = scene.stats.by_command[row];
  const uint64_t calls = counts.calls.get(), commands = scene.stats.commands.get();
  const uint64_t failed = counts.failed.get(), errors = scene.stats.errors.get();
  const size_t code = error_code_index("CYCLE");
  Slow slow(scene, kClose);
  REQUIRE(slow.waits());
  CHECK(is_loop(slow.reply()));
  CHECK_EQ(counts.calls.get(), calls + 1);
  CHECK_EQ(counts.failed.get(), failed + 1);
  CHECK_EQ(scene.stats.commands.get(), commands + 1);
  CHECK_EQ(scene.stats.errors.get(), errors + 1);
  CHECK_EQ(scene.stats.errors_by_code[code].get(), 1);
  CHECK(is_loop(scene(kClose)));  // within its turn, or not
  CHECK_EQ(scene.stats.errors_by_code[code].get(), 2);
  CHECK_EQ(counts.failed.get(), failed + 2);
}

TEST_CASE("a client that is gone has its command done, and one that wants no reply gets none") {
  {
    Scene scene(4);
    { Slow slow(scene, kClose); }
    check_clean(scene);
    CHECK_EQ(scene("GET key"), bulk("w"));
  }
  for (const char* replies : {"CLIENT REPLY OFF", "CLIENT REPLY SKIP"}) {
    Scene scene(4);
    scene.dispatcher.watch(-1, 0, 0);
    CHECK_EQ(scene(replies), "");
    CHECK_EQ(scene(kClose), "");
    CHECK_EQ(scene("GET key"), replies[13] == 'O' ? "" : bulk("w"));
    check_clean(scene);
  }
}

TEST_CASE("the memory of a search counts while it lasts, and comes back") {
  Scene scene(4);
  const int64_t before = scene.keyspace.budget.used();
  Slow slow(scene, "DEPADD key DEPS 1 " + name("c", kChain));
  for (int i = 0; i < 6; ++i) slow.step();
  REQUIRE(slow.waits());
  CHECK(scene.keyspace.budget.used() > before);
  CHECK_EQ(slow.reply(), integer(1));
  check_clean(scene);
  CHECK_EQ(scene("DEPREM key DEPS 1 " + name("c", kChain)), integer(1));
  CHECK(scene.keyspace.budget.used() <= before + 4 * Meter::kLag);
}

}  // namespace freshet
