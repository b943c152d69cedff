// What tests of the graph ask a cache beside commands: what it holds, what it counted, what a reply
// says. And the caches that such a test runs on.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "freshet/resp/reply_reader.h"
#include "harness.h"

namespace freshet {

inline constexpr auto kNil = "$-1\r\n";
inline constexpr auto kOk = "+OK\r\n";

inline std::string integer(uint64_t number) { return ":" + std::to_string(number) + "\r\n"; }
inline std::string bulk(const std::string& bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + bytes + "\r\n";
}

// Runs body(cache) on one shard and on eight, with kills that bury their victims at once (all of
// these tests are smaller than that) and with kills whose victims all lie in the table until the
// background work comes to them.
template <class F>
void on_all_caches(F&& body) {
  for (const uint32_t shards : {1u, 8u}) {
    for (const uint32_t at_once : {64u, 0u}) {
      CAPTURE(shards);
      CAPTURE(at_once);
      Cache cache(shards);
      cache.options.settings.invalidate_at_once = at_once;
      body(cache);
    }
  }
}

// Calls f(Database&) for every database of every shard.
template <class F>
void each_database(Cache& cache, F&& f) {
  cache.router.each([&](Shard& shard) {
    for (int db = 0; db < shard.databases(); ++db) f(shard.db(db));
  });
}

// Everything that the engine keeps beside keys.
struct Held {
  size_t nodes = 0, names = 0, edges = 0, bytes = 0, kills = 0;
  bool none() const { return nodes + names + edges + bytes + kills == 0; }
};
inline Held held(Cache& cache) {
  Held held;
  each_database(cache, [&](Database& db) {
    held.nodes += db.graph.tags() + db.graph.dependencies();
    held.names += db.graph.names();
    held.edges += db.graph.edges();
    held.bytes += db.graph.memory();
    held.kills += db.kills.size();
  });
  return held;
}

// Entries in the tables, the dead ones too.
inline size_t entries(Cache& cache) {
  size_t sum = 0;
  each_database(cache, [&](Database& db) { sum += db.keys.size(); });
  return sum;
}

inline ShardStats counted(Cache& cache) {
  ShardStats sum;
  cache.router.each([&](Shard& shard) { sum.add(shard.stats); });
  return sum;
}

// The texts of a reply's bulk strings and statuses, in order, at any depth.
inline std::vector<std::string> texts(const std::string& reply) {
  std::vector<std::string> found;
  ReplyValue value;
  size_t used = 0;
  REQUIRE(ReplyReader::read(reply, value, used) == ReplyReader::Status::kReply);
  std::vector<const ReplyValue*> open = {&value};
  while (!open.empty()) {
    const ReplyValue* one = open.back();
    open.pop_back();
    if (one->kind == ReplyValue::Kind::kBulk || one->kind == ReplyValue::Kind::kStatus) {
      found.emplace_back(one->text);
    }
    for (size_t i = one->items.size(); i-- > 0;) open.push_back(&one->items[i]);
  }
  return found;
}

// One figure of CACHESTATS or the like: a flat array of names and values.
inline int64_t figure(Cache& cache, const std::string& command, std::string_view name) {
  const std::string reply = cache(command);
  ReplyValue value;
  size_t used = 0;
  REQUIRE(ReplyReader::read(reply, value, used) == ReplyReader::Status::kReply);
  for (size_t i = 0; i + 1 < value.items.size(); i += 2) {
    if (value.items[i].text == name) return value.items[i + 1].integer;
  }
  FAIL("no such figure: ", name);
  return -1;
}

// What FETCH says.
struct Fetched {
  std::string state;
  std::optional<std::string> value, token;
  std::optional<int64_t> wait;
};
inline Fetched fetched(const std::string& reply) {
  ReplyValue value;
  size_t used = 0;
  REQUIRE(ReplyReader::read(reply, value, used) == ReplyReader::Status::kReply);
  REQUIRE_EQ(value.items.size(), 4);
  const auto text = [&](size_t at) -> std::optional<std::string> {
    if (value.items[at].kind == ReplyValue::Kind::kNil) return std::nullopt;
    return std::string(value.items[at].text);
  };
  Fetched fetched{std::string(value.items[0].text), text(1), text(2), std::nullopt};
  if (value.items[3].kind == ReplyValue::Kind::kInteger) fetched.wait = value.items[3].integer;
  return fetched;
}

// A command that is taken one step at a time, so that others may run in between.
class Slow {
 public:
  Slow(Cache& cache, std::string_view line) : cache_(cache), session_(2, cache.host) {
    cache.dispatcher.watch(-1, 0, 0);  // a turn is over when its first step is
    session_.now = cache.session.now;
    session_.db = cache.session.db;
    std::vector<std::string_view> args;
    while (!line.empty()) {
      const size_t end = line.find(' ');
      args.push_back(line.substr(0, end));
      line = end == std::string_view::npos ? std::string_view{} : line.substr(end + 1);
    }
    cache.dispatcher.run(session_, args, out_);
  }

  // The reply is still to come.
  bool waits() const { return session_.suspended; }
  // One step of one task.
  void step() {
    cache_.dispatcher.work(cache_.session.now, 0, [&](uint64_t client, const Task& task) {
      if (client != session_.id) return;
      Reply reply(out_, session_.resp);
      if (session_.resume()) task.reply(reply);
    });
  }
  // The reply's bytes, after all steps that are left.
  std::string reply() {
    while (waits()) step();
    return out_.text();
  }

 private:
  Cache& cache_;
  Session session_;
  Output out_;
};

}  // namespace freshet
