// CACHESTATS LOG, KEY and ORIGINS: who killed what.
#include "freshet/engine/invalidation_log.h"

#include "probe.h"

namespace freshet {
namespace {

// CACHESTATS LOG: one map of names and texts (numbers as decimals) an entry, the newest first.
using Fields = std::vector<std::pair<std::string, std::string>>;

Fields entry_of(const ReplyValue& map) {
  Fields entry;
  for (size_t i = 0; i + 1 < map.items.size(); i += 2) {
    const ReplyValue& value = map.items[i + 1];
    entry.emplace_back(map.items[i].text, value.kind == ReplyValue::Kind::kInteger
                                              ? std::to_string(value.integer)
                                              : std::string(value.text));
  }
  return entry;
}

std::vector<Fields> log_of(Cache& cache, const std::string& command = "CACHESTATS LOG 100") {
  const std::string reply = cache(command);
  ReplyValue value;
  size_t used = 0;
  REQUIRE(ReplyReader::read(reply, value, used) == ReplyReader::Status::kReply);
  std::vector<Fields> entries;
  for (const ReplyValue& item : value.items) entries.push_back(entry_of(item));
  return entries;
}

std::string field(const Fields& entry, std::string_view name) {
  for (const auto& [known, value] : entry) {
    if (known == name) return value;
  }
  FAIL("no such field: ", name);
  return "";
}

// The field of the kill that CACHESTATS KEY names; "" if it names none.
std::string killer(Cache& cache, const std::string& key, std::string_view name) {
  const std::string reply = cache("CACHESTATS KEY " + key);
  ReplyValue value;
  size_t used = 0;
  REQUIRE(ReplyReader::read(reply, value, used) == ReplyReader::Status::kReply);
  REQUIRE_EQ(value.items.size(), 8);
  REQUIRE_EQ(value.items[6].text, "kill");
  if (value.items[7].kind == ReplyValue::Kind::kNil) return "";
  return field(entry_of(value.items[7]), name);
}

}  // namespace

TEST_CASE("each kind of INVALIDATE is logged with its client, names, count and depth") {
  on_all_caches([](Cache& cache) {
    cache.session.name = "shop";
    cache("SET a 1");
    cache("DEPSET b 1 DEPS 1 a TAGS 1 t");
    cache("DEPSET c 1 DEPS 1 b");
    CHECK_EQ(cache("INVALIDATE KEY a CASCADE"), integer(3));
    cache("DEPSET b 1 DEPS 1 a TAGS 1 t");
    CHECK_EQ(cache("INVALIDATE TAG t u"), integer(1));
    cache("DEPSET b 1 DEPS 1 a");
    CHECK_EQ(cache("INVALIDATE DEPS a"), integer(1));
    cache("SET b 1");
    CHECK_EQ(cache("INVALIDATE PATTERN b* ASYNC"), kOk);
    cache.background();

    const auto log = log_of(cache);
    REQUIRE_EQ(log.size(), 4);
    const char* kinds[] = {"pattern", "deps", "tag", "key"};
    const char* whats[] = {"b*", "a", "t u", "a"};
    for (size_t i = 0; i < 4; ++i) {
      CHECK_EQ(field(log[i], "kind"), kinds[i]);
      CHECK_EQ(field(log[i], "what"), whats[i]);
      CHECK_EQ(field(log[i], "keys"), i == 3 ? "3" : "1");
      CHECK_EQ(field(log[i], "depth"), i == 3 ? "2" : "0");
      CHECK_EQ(field(log[i], "name"), "shop");
      CHECK_EQ(field(log[i], "client"), "1");
      CHECK_EQ(field(log[i], "time_ms"), std::to_string(cache.session.now));
    }
    CHECK_EQ(log_of(cache, "CACHESTATS LOG 2").size(), 2);
    CHECK_EQ(figure(cache, "CACHESTATS INVALIDATIONS", "invalidate_key_calls"), 1);
    CHECK_EQ(figure(cache, "CACHESTATS INVALIDATIONS", "invalidate_key_keys"), 3);
    CHECK_EQ(figure(cache, "CACHESTATS INVALIDATIONS", "change_calls"), 0);
    cache("CACHESTATS RESET");
    CHECK_EQ(figure(cache, "CACHESTATS INVALIDATIONS", "invalidate_key_keys"), 0);
    CHECK_EQ(log_of(cache).size(), 4);
  });
}

TEST_CASE(
    "a change that kills is logged under the name that changed, one that kills nothing isn't") {
  on_all_caches([](Cache& cache) {
    cache("SET plain 1");
    cache("SET plain 2");
    cache("DEL plain");
    CHECK(log_of(cache).empty());
    cache("SET user 1");
    cache("DEPSET page 1 DEPS 1 user");
    cache("DEPSET site 1 DEPS 1 page");
    cache("SET user 1");
    CHECK(log_of(cache).empty());
    cache("SET user 2");
    const auto log = log_of(cache);
    REQUIRE_EQ(log.size(), 1);
    CHECK_EQ(field(log[0], "kind"), "change");
    CHECK_EQ(field(log[0], "what"), "user");
    CHECK_EQ(field(log[0], "keys"), "2");
    CHECK_EQ(field(log[0], "depth"), "2");
    CHECK_EQ(field(log[0], "client"), "1");
  });
}

TEST_CASE("what expired in the background was the server's own doing") {
  Cache cache;
  cache("SET user 1 PX 100");
  cache("DEPSET page 1 DEPS 1 user");
  cache.pass(1000);
  cache.background();
  for (const Fields& entry : log_of(cache)) CHECK_EQ(field(entry, "client"), "0");
}

TEST_CASE("CACHESTATS KEY names the kill that took a missing key") {
  on_all_caches([](Cache& cache) {
    cache.session.name = "deploy";
    cache("SET gone 1");
    cache("DEL gone");
    CHECK_EQ(killer(cache, "gone", "what"), "");
    CHECK_EQ(killer(cache, "never", "what"), "");
    for (int i = 0; i < 100; ++i) cache("DEPSET k" + std::to_string(i) + " 1 TAGS 1 t DEPS 1 d");
    CHECK_EQ(cache("INVALIDATE TAG t"), integer(100));
    CHECK_EQ(killer(cache, "k7", "kind"), "tag");
    CHECK_EQ(killer(cache, "k7", "name"), "deploy");
    CHECK_EQ(killer(cache, "k7", "keys"), "100");
    cache("DEPSET k7 1 DEPS 1 d");
    CHECK_EQ(killer(cache, "k7", "kind"), "");
    cache("SET d 1");
    cache("SET d 2");
    CHECK_EQ(killer(cache, "k7", "kind"), "change");
    CHECK_EQ(killer(cache, "k7", "what"), "d");
    cache("SET kk 1");
    CHECK_EQ(cache("INVALIDATE PATTERN kk*"), integer(1));
    CHECK_EQ(killer(cache, "kk", "what"), "kk*");
    cache("DEPSET deep 1 DEPS 1 d");
    CHECK_EQ(cache("INVALIDATE KEY d CASCADE"), integer(2));
    CHECK_EQ(killer(cache, "deep", "kind"), "key");
    CHECK_EQ(killer(cache, "d", "kind"), "key");
  });
}

TEST_CASE(
    "the log keeps invalidation-log-len INVALIDATEs, and a flood of changes pushes none out") {
  Cache cache;
  CHECK_EQ(cache("CONFIG SET invalidation-log-len 3"), kOk);
  for (int i = 0; i < 5; ++i) cache("INVALIDATE KEY k" + std::to_string(i));
  for (int i = 0; i < 20; ++i) {
    cache("DEPSET page 1 DEPS 1 user");
    cache("SET user " + std::to_string(i));
  }
  const auto log = log_of(cache);
  REQUIRE_EQ(log.size(), 6);
  CHECK_EQ(log_of(cache, "CACHESTATS LOG 100 INVALIDATE").size(), 3);
  for (const Fields& entry : log_of(cache, "CACHESTATS LOG 100 CHANGE"))
    CHECK_EQ(field(entry, "kind"), "change");
  std::vector<std::string> names;
  for (const Fields& entry : log) {
    if (field(entry, "kind") == "key") names.push_back(field(entry, "what"));
  }
  CHECK_EQ(names, std::vector<std::string>{"k4", "k3", "k2"});
  CHECK_EQ(cache("CONFIG SET invalidation-log-len 0"), kOk);
  cache("INVALIDATE KEY k9");
  for (const Fields& entry : log_of(cache)) CHECK_EQ(field(entry, "kind"), "change");
  CHECK_EQ(figure(cache, "CACHESTATS INVALIDATIONS", "invalidate_key_calls"), 6);
}

TEST_CASE("ORIGINS counts by client name, and beyond invalidation-origins all others as one") {
  Cache cache;
  CHECK_EQ(cache("CONFIG SET invalidation-origins 2"), kOk);
  for (const char* name : {"a", "b", "c", "d", "b"}) {
    Session session(7, cache.host);
    session.now = cache.session.now;
    session.name = name;
    cache.run({"SET", "k", "1"});
    CHECK_EQ(cache.run(session, {"INVALIDATE", "KEY", "k"}), integer(1));
  }
  const auto origins = log_of(cache, "CACHESTATS ORIGINS");
  REQUIRE_EQ(origins.size(), 3);
  CHECK_EQ(field(origins[0], "name"), "b");
  CHECK_EQ(field(origins[0], "calls"), "2");
  CHECK_EQ(field(origins[1], "name"), "(others)");
  CHECK_EQ(field(origins[1], "keys"), "2");
  CHECK_EQ(field(origins[2], "name"), "a");
}

TEST_CASE("CACHESTATS LOG refuses what is no count") {
  Cache cache;
  for (const char* count : {"0", "-1", "x", "1.5"}) {
    CHECK(cache(std::string("CACHESTATS LOG ") + count).starts_with("-ERR"));
  }
  CHECK_EQ(cache("CACHESTATS LOG"), "*0\r\n");
  CHECK_EQ(cache("CACHESTATS LOG 1 2"), "-ERR syntax error\r\n");
  CHECK_EQ(cache("CACHESTATS LOG 1 CHANGE 2"), "-ERR syntax error\r\n");
}

TEST_CASE("latencies are told apart by family, and the longest call of each is known exactly") {
  Cache cache;
  cache("SET k v");
  CHECK_EQ(figure(cache, "CACHESTATS FAMILIES", "string_calls"), 1);
  for (int i = 0; i < 40; ++i) cache("GET k");
  cache("DEPINFO k");
  CHECK_EQ(figure(cache, "CACHESTATS FAMILIES", "string_calls"), 41);
  CHECK_EQ(figure(cache, "CACHESTATS FAMILIES", "graph_calls"), 1);
  uint64_t sampled = 0;
  for (int i = 0; i < Histogram::kBuckets; ++i)
    sampled += cache.stats.latency[family_index("string")].count(i);
  CHECK_GE(sampled, 2);
  CHECK_LE(sampled, 4);
  const auto get = CommandTable::all().find_name("get");
  CHECK_GT(cache.stats.by_command[CommandTable::all().index_of(get)].worst.get(), 0);
  CHECK_EQ(family_index("sorted-set"), 6);
  CHECK_EQ(family_index("no such group"), kFamilies.size() - 1);
}

}  // namespace freshet
