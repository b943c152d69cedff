#include <map>
#include <set>

#include "harness.h"

namespace freshet {
namespace {

// Stores `key` with a value made from `deps`, as DEPSET does.
void declare(Cache& cache, std::string_view key, std::vector<std::string_view> deps,
             std::vector<std::string_view> tags = {}, Millis deadline = kNever) {
  const Hasher& hasher = cache.router.hasher();
  std::vector<Key> dep_keys, tag_keys;
  for (const std::string_view dep : deps) dep_keys.push_back(hasher.key(dep));
  for (const std::string_view tag : tags) tag_keys.push_back(hasher.key(tag));
  const Key name = hasher.key(key);
  const int db = cache.session.db;
  Shard& home = cache.keyspace.home(name);
  Space space(home, db, cache.session.now);
  Millis bound = kNever;
  for (const Key& dep : dep_keys) {
    Space at(cache.keyspace.home(dep), db, cache.session.now);
    bound = std::min(bound, at.attach(dep, home));
  }
  const Pool::Ref made = home.db(db).graph.declare(dep_keys, tag_keys, {cache.session.now, bound});
  space.assign(name, Value::of("made"), deadline, space.write(name),
               {.declarations = made, .priority = 5});
}

const Entry* entry_of(Cache& cache, std::string_view key, int db = 0) {
  const Key name = cache.router.hasher().key(key);
  return cache.keyspace.home(name).db(db).keys.find(name);
}

const Declarations* declarations(Cache& cache, std::string_view key, int db = 0) {
  const Entry* entry = entry_of(cache, key, db);
  if (entry == nullptr) return nullptr;
  return cache.keyspace.home(cache.router.hasher().key(key)).db(db).graph.of(entry);
}

size_t edges(Cache& cache) {
  size_t sum = 0;
  for (uint32_t id = 0; id < cache.keyspace.size(); ++id) {
    for (int db = 0; db < 16; ++db) sum += cache.keyspace.shard(id).db(db).graph.edges();
  }
  return sum;
}

}  // namespace

TEST_CASE("DEL and UNLINK count what was there, each key once") {
  Cache cache;
  cache("SET a 1");
  cache("SET b 1");
  CHECK_EQ(cache("DEL a b a c"), ":2\r\n");
  cache("SET a 1");
  CHECK_EQ(cache("UNLINK a"), ":1\r\n");
  CHECK_EQ(cache("GET a"), "$-1\r\n");
  CHECK_EQ(cache("DEL"), "-ERR wrong number of arguments for 'del' command\r\n");
}

TEST_CASE("EXISTS and TOUCH count repeats, and count hits and misses") {
  Cache cache(1);
  cache("SET a 1");
  CHECK_EQ(cache("EXISTS a a b"), ":2\r\n");
  CHECK_EQ(cache("TOUCH a a b"), ":2\r\n");
  CHECK_EQ(cache.keyspace.shard(0).stats.hits, 4);
  CHECK_EQ(cache.keyspace.shard(0).stats.misses, 2);
}

TEST_CASE("TOUCH stamps even for a client that asked for no touch, EXISTS never does") {
  Cache cache;
  cache("SET a 1");
  cache.pass(10'000);
  cache("EXISTS a");
  cache("TYPE a");
  cache("TTL a");
  cache("OBJECT ENCODING a");
  CHECK_EQ(cache("OBJECT IDLETIME a"), ":10\r\n");
  cache.session.no_touch = true;
  cache("GET a");
  CHECK_EQ(cache("OBJECT IDLETIME a"), ":10\r\n");
  cache("TOUCH a");
  CHECK_EQ(cache("OBJECT IDLETIME a"), ":0\r\n");
}

TEST_CASE("TYPE says string or none") {
  Cache cache;
  cache("SET a 1");
  CHECK_EQ(cache("TYPE a"), "+string\r\n");
  CHECK_EQ(cache("TYPE b"), "+none\r\n");
}

TEST_CASE("RENAME carries value and deadline, and overwrites") {
  Cache cache(16);
  CHECK_EQ(cache("RENAME a b"), "-ERR no such key\r\n");
  CHECK_EQ(cache("RENAME a a"), "-ERR no such key\r\n");
  cache("SET a 1");
  cache("EXPIRE a 100");
  cache("SET b 2");
  CHECK_EQ(cache("RENAME a b"), "+OK\r\n");
  CHECK_EQ(cache("EXISTS a"), ":0\r\n");
  CHECK_EQ(cache("GET b"), "$1\r\n1\r\n");
  CHECK_EQ(cache("TTL b"), ":100\r\n");
  CHECK_EQ(cache("RENAME b b"), "+OK\r\n");
  cache("SET c 3");
  CHECK_EQ(cache("RENAME c b"), "+OK\r\n");
  CHECK_EQ(cache("TTL b"), ":-1\r\n");
}

TEST_CASE("RENAMENX leaves an existing key alone, but not one that has expired") {
  Cache cache(16);
  CHECK_EQ(cache("RENAMENX a b"), "-ERR no such key\r\n");
  cache("SET a 1");
  cache("SET b 2");
  CHECK_EQ(cache("RENAMENX a b"), ":0\r\n");
  CHECK_EQ(cache("RENAMENX a a"), ":0\r\n");
  cache("PEXPIRE b 5");
  cache.pass(5);
  CHECK_EQ(cache("RENAMENX a b"), ":1\r\n");
  CHECK_EQ(cache("GET b"), "$1\r\n1\r\n");
}

TEST_CASE("RENAME moves declarations, wherever the new name lives") {
  Cache cache(64);
  for (int i = 0; i < 50; ++i) {
    const std::string to = "to" + std::to_string(i);
    declare(cache, "from", {"user", "signal"}, {"blue"}, cache.session.now + 50'000);
    for (int hit = 0; hit < 9; ++hit) cache("GET from");
    const Millis created = cache.session.now;
    cache.pass(5);
    CHECK_EQ(cache.run({"RENAME", "from", to}), "+OK\r\n");
    const Declarations* moved = declarations(cache, to);
    REQUIRE_NE(moved, nullptr);
    CHECK_EQ(moved->deps(), 2);
    CHECK_EQ(moved->tags(), 1);
    CHECK_EQ(stamp::priority(entry_of(cache, to)->stamp), 5);
    CHECK_EQ(moved->created(), created);
    CHECK_GE(entry_of(cache, to)->hits(), 9);
    CHECK_EQ(edges(cache), 3);
    // A change of the dependency finds the key under its new name.
    cache("SET user 1");
    cache("SET user 2");
    CHECK_EQ(cache.run({"EXISTS", to}), ":0\r\n");
    CHECK_EQ(edges(cache), 0);
    cache("DEL user");
  }
}

TEST_CASE("RENAME is a change of both names") {
  Cache cache(64);
  cache("SET a 1");
  cache("SET b 2");
  declare(cache, "of-a", {"a"});
  declare(cache, "of-b", {"b"});
  cache("RENAME a b");
  CHECK_EQ(cache("EXISTS of-a of-b b"), ":1\r\n");
}

TEST_CASE("a key renamed to one of its own dependencies does not depend on itself") {
  Cache cache(64);
  declare(cache, "page", {"user", "other"});
  CHECK_EQ(cache("RENAME page user"), "+OK\r\n");
  CHECK_EQ(declarations(cache, "user")->deps(), 1);
  CHECK_EQ(cache("EXISTS user"), ":1\r\n");
}

TEST_CASE("COPY copies value, deadline and declarations, to any database") {
  Cache cache(64);
  CHECK_EQ(cache("COPY a b"), ":0\r\n");
  cache("SET a 1");
  CHECK_EQ(cache("COPY a a"), "-ERR source and destination objects are the same\r\n");
  CHECK_EQ(cache("COPY a b DB 16"), "-ERR DB index is out of range\r\n");
  CHECK_EQ(cache("COPY a b DB x"), "-ERR value is not an integer or out of range\r\n");
  CHECK_EQ(cache("COPY a b DB"), "-ERR syntax error\r\n");
  CHECK_EQ(cache("COPY a b DB 99999999999"),
           "-ERR value is out of range, value must between -2147483648 and 2147483647\r\n");
  cache("EXPIRE a 7");
  CHECK_EQ(cache("COPY a b"), ":1\r\n");
  CHECK_EQ(cache("COPY a b"), ":0\r\n");
  CHECK_EQ(cache("COPY a b REPLACE"), ":1\r\n");
  CHECK_EQ(cache("TTL b"), ":7\r\n");
  declare(cache, "page", {"user"}, {"blue"});
  CHECK_EQ(cache("COPY page copy"), ":1\r\n");
  CHECK_EQ(cache("COPY page page DB 3"), ":1\r\n");
  CHECK_EQ(edges(cache), 6);
  cache("SET user 1");
  cache("SET user 2");
  CHECK_EQ(cache("EXISTS page copy"), ":0\r\n");
  cache.session.db = 3;
  CHECK_EQ(cache("EXISTS page"), ":1\r\n");
  cache("SET user 1");  // database 3 has a user of its own: its first fill, then a change
  CHECK_EQ(cache("EXISTS page"), ":1\r\n");
  cache("SET user 2");
  CHECK_EQ(cache("EXISTS page"), ":0\r\n");
}

TEST_CASE("a copied value lives no longer than its dependency in the new database") {
  Cache cache(64);
  cache.session.db = 3;
  cache("SET user 1");
  cache("EXPIRE user 20");
  cache.session.db = 0;
  declare(cache, "page", {"user"});
  cache("COPY page page DB 3");
  cache.session.db = 3;
  CHECK_EQ(cache("TTL page"), ":20\r\n");
  CHECK_EQ(cache("PERSIST page"), ":0\r\n");
  CHECK_EQ(cache("EXPIRE page 50"), ":1\r\n");
  CHECK_EQ(cache("TTL page"), ":20\r\n");
}

TEST_CASE("COPY with declarations counts one hit, though it runs twice") {
  Cache cache(64);
  declare(cache, "page", {"user"});
  cache("COPY page copy DB 2");
  uint64_t hits = 0;
  for (uint32_t id = 0; id < 64; ++id) hits += cache.keyspace.shard(id).stats.hits;
  CHECK_EQ(hits, 1);
}

TEST_CASE("MOVE takes a key to another database unless it exists there") {
  Cache cache(8);
  CHECK_EQ(cache("MOVE a 0"), "-ERR source and destination objects are the same\r\n");
  CHECK_EQ(cache("MOVE a 16"), "-ERR DB index is out of range\r\n");
  CHECK_EQ(cache("MOVE a x"), "-ERR value is not an integer or out of range\r\n");
  CHECK_EQ(cache("MOVE a 1"), ":0\r\n");
  cache("SET a 1");
  cache("EXPIRE a 9");
  CHECK_EQ(cache("MOVE a 1"), ":1\r\n");
  CHECK_EQ(cache("EXISTS a"), ":0\r\n");
  cache("SET a 2");
  CHECK_EQ(cache("MOVE a 1"), ":0\r\n");
  cache.session.db = 1;
  CHECK_EQ(cache("GET a"), "$1\r\n1\r\n");
  CHECK_EQ(cache("TTL a"), ":9\r\n");
  declare(cache, "page", {"user"});
  CHECK_EQ(cache("MOVE page 2"), ":1\r\n");
  cache.session.db = 2;
  CHECK_EQ(declarations(cache, "page", 2)->deps(), 1);
  cache("SET user 1");
  cache("SET user 2");
  CHECK_EQ(cache("EXISTS page"), ":0\r\n");
}

TEST_CASE("SWAPDB swaps values and dependents") {
  Cache cache(8);
  CHECK_EQ(cache("SWAPDB x 1"), "-ERR invalid first DB index\r\n");
  CHECK_EQ(cache("SWAPDB 0 99999999999"), "-ERR invalid second DB index\r\n");
  CHECK_EQ(cache("SWAPDB 0 16"), "-ERR DB index is out of range\r\n");
  cache("SET a 1");
  declare(cache, "page", {"a"});
  CHECK_EQ(cache("SWAPDB 0 5"), "+OK\r\n");
  CHECK_EQ(cache("DBSIZE"), ":0\r\n");
  cache.session.db = 5;
  CHECK_EQ(cache("DBSIZE"), ":2\r\n");
  cache("SET a 2");
  CHECK_EQ(cache("EXISTS page"), ":0\r\n");
}

TEST_CASE("a flush empties one database or all, and gives all memory back") {
  Cache cache(8);
  const auto fill = [&] {
    for (const int db : {0, 3}) {
      cache.session.db = db;
      for (int i = 0; i < 500; ++i) cache.run({"SET", "k" + std::to_string(i), "v"});
      for (int i = 0; i < 500; ++i) cache.run({"EXPIRE", "k" + std::to_string(i), "100"});
      declare(cache, "page", {"k1", "signal"}, {"tag"});
    }
  };
  CHECK_EQ(cache("FLUSHDB foo"), "-ERR syntax error\r\n");
  CHECK_EQ(cache("FLUSHALL ASYNC SYNC"), "-ERR syntax error\r\n");
  fill();
  CHECK_EQ(cache("FLUSHDB"), "+OK\r\n");
  CHECK_EQ(cache("DBSIZE"), ":0\r\n");
  cache.session.db = 0;
  CHECK_EQ(cache("DBSIZE"), ":501\r\n");
  CHECK_EQ(cache("FLUSHALL ASYNC"), "+OK\r\n");
  CHECK_EQ(cache("DBSIZE"), ":0\r\n");
  fill();
  CHECK_EQ(cache("FLUSHALL SYNC"), "+OK\r\n");
  cache.background();
  for (uint32_t id = 0; id < 8; ++id) CHECK_EQ(cache.keyspace.shard(id).meter.bytes(), 0);
}

TEST_CASE("RANDOMKEY is fair over shards, and skips and removes what has expired") {
  Cache cache(16);
  CHECK_EQ(cache("RANDOMKEY"), "$-1\r\n");
  for (int i = 0; i < 40; ++i) cache.run({"SET", "k" + std::to_string(i), "v"});
  std::map<std::string, int> drawn;
  for (int i = 0; i < 20'000; ++i) ++drawn[cache("RANDOMKEY")];
  CHECK_EQ(drawn.size(), 40);
  for (const auto& [key, times] : drawn) {
    CHECK_GT(times, 300);  // 500 on average
    CHECK_LT(times, 750);
  }
  for (int i = 0; i < 3000; ++i) {
    const std::string key = "gone" + std::to_string(i);
    cache.run({"SET", key, "v"});
    cache.run({"PEXPIRE", key, "10"});
  }
  for (int i = 1; i < 40; ++i) cache.run({"DEL", "k" + std::to_string(i)});
  cache.pass(10);
  CHECK_EQ(cache("RANDOMKEY"), "$2\r\nk0\r\n");
  cache("DEL k0");
  CHECK_EQ(cache("RANDOMKEY"), "$-1\r\n");
}

TEST_CASE("OBJECT says how a value is kept") {
  Cache cache;
  const std::string short_text(44, 'x'), long_text(45, 'x'), large(9000, 'x');
  const auto encoding = [&](std::string_view value) {
    cache.run({"SET", "a", value});
    return cache("OBJECT ENCODING a");
  };
  CHECK_EQ(encoding("12345"), "$3\r\nint\r\n");
  CHECK_EQ(encoding(short_text), "$6\r\nembstr\r\n");
  CHECK_EQ(encoding(long_text), "$3\r\nraw\r\n");
  CHECK_EQ(encoding(large), "$3\r\nraw\r\n");
  CHECK_EQ(cache("OBJECT REFCOUNT a"), ":1\r\n");
  cache("SET a 9999");
  CHECK_EQ(cache("OBJECT REFCOUNT a"), ":2147483647\r\n");
  cache("SET a 10000");
  CHECK_EQ(cache("OBJECT REFCOUNT a"), ":1\r\n");
  CHECK_EQ(cache("OBJECT FREQ a").substr(0, 38), "-ERR An LFU maxmemory policy is not se");
  for (const char* line :
       {"OBJECT FREQ b", "OBJECT ENCODING b", "OBJECT IDLETIME b", "OBJECT REFCOUNT b"}) {
    CHECK_EQ(cache(line), "$-1\r\n");
  }
  CHECK_EQ(cache("OBJECT HELP").substr(0, 5), "*15\r\n");
  CHECK_EQ(cache("OBJECT foo a"), "-ERR unknown subcommand 'foo'. Try OBJECT HELP.\r\n");
  CHECK_EQ(cache("OBJECT ENCODING"),
           "-ERR wrong number of arguments for 'object|encoding' command\r\n");
}

TEST_CASE("MEMORY USAGE is what a key costs, its declarations included") {
  Cache cache;
  const auto usage = [&](std::string_view key) {
    return std::stoi(cache.run({"MEMORY", "USAGE", key}).substr(1));
  };
  cache.run({"SET", "a", std::string(100'000, 'x')});
  CHECK_GT(usage("a"), 100'000);
  CHECK_LT(usage("a"), 120'000);
  declare(cache, "page", {"x", "y", "z"});
  cache("SET bare made");
  CHECK_GE(usage("page"), usage("bare") + static_cast<int>(sizeof(Declarations)));
  CHECK_EQ(cache("MEMORY USAGE nope"), "$-1\r\n");
  CHECK_EQ(cache("MEMORY USAGE nope SAMPLES -1"), "-ERR syntax error\r\n");
  CHECK_EQ(cache("MEMORY USAGE a SAMPLES"), "-ERR syntax error\r\n");
  CHECK_EQ(cache("MEMORY USAGE a SAMPLES x"), "-ERR value is not an integer or out of range\r\n");
}

TEST_CASE("MEMORY's reports are whole replies in both protocols") {
  Cache cache;
  cache("SET a 1");
  CHECK_EQ(cache("MEMORY STATS").substr(0, 5), "*56\r\n");
  CHECK_EQ(cache("MEMORY PURGE"), "+OK\r\n");
  CHECK_EQ(cache("MEMORY HELP").substr(0, 5), "*14\r\n");
  CHECK_EQ(cache("MEMORY DOCTOR").substr(0, 1), "$");
  CHECK_GT(cache("MEMORY MALLOC-STATS").size(), 40);
  cache.session.resp = 3;
  const std::string stats = cache("MEMORY STATS");
  CHECK_EQ(stats.substr(0, 5), "%28\r\n");
  // 28 fields and the three of db.0, each with its name.
  size_t names = 0;
  for (size_t at = 0; (at = stats.find("\r\n$", at)) != std::string::npos; ++at) ++names;
  CHECK_EQ(names, 31);
}

TEST_CASE("DEBUG offers what the tests of clients use") {
  Cache cache;
  CHECK_EQ(cache("DEBUG SLEEP 0"), "+OK\r\n");
  CHECK_EQ(cache("DEBUG SET-ACTIVE-EXPIRE 0"), "+OK\r\n");
  CHECK_FALSE(cache.options.settings.active_expire.load());
  cache("DEBUG SET-ACTIVE-EXPIRE 1");
  CHECK(cache.options.settings.active_expire.load());
  CHECK_EQ(cache("DEBUG OBJECT a"), "-ERR no such key\r\n");
  cache("SET a hello");
  const std::string text = cache("DEBUG OBJECT a");
  CHECK_NE(text.find("refcount:1 encoding:embstr serializedlength:6 lru:"), std::string::npos);
  CHECK_EQ(cache("DEBUG POPULATE 10 p 9"), "+OK\r\n");
  CHECK_EQ(cache("DBSIZE"), ":11\r\n");
  CHECK_EQ(cache("GET p:3"), std::string("$9\r\nvalue:3\0\0\r\n", 15));
  CHECK_EQ(cache("DEBUG ERROR ERRX-it"), "-ERRX-it\r\n");
  CHECK_EQ(cache("DEBUG PROTOCOL double"), "$5\r\n3.141\r\n");
  CHECK_EQ(cache("DEBUG QUICKLIST-PACKED-THRESHOLD 100b"), "+OK\r\n");
  CHECK_EQ(cache("DEBUG TURNS 1"), "+OK\r\n");
  CHECK_EQ(cache.host.turn_watches, 1);
  CHECK_EQ(cache("DEBUG TURNS 0"), "*2\r\n:1500\r\n:2700\r\n");
  CHECK_EQ(cache("DEBUG foo"),
           "-ERR unknown subcommand or wrong number of arguments for 'foo'. Try DEBUG HELP.\r\n");
}

}  // namespace freshet
