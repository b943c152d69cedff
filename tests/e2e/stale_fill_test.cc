// The stale-fill race, provoked: readers that dawdle between reading the database and storing what
// they read, and a writer that changes the database and then invalidates. With FETCH and FENCE no
// read is stale; with plain GET and SET some must be, or the test shows nothing. Freshet only.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <random>
#include <thread>

#include "family.h"

namespace freshet::e2e {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr int kRows = 8, kReaders = 32;
constexpr milliseconds kTime{2'000};

class Dice {
 public:
  explicit Dice(int seed) : engine_(static_cast<unsigned>(seed)) {}
  int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(engine_); }
  void dawdle(int most_micros) { std::this_thread::sleep_for(microseconds(below(most_micros))); }

 private:
  std::mt19937 engine_;
};

// The truth: one version number a row. settled() is the latest version whose invalidation has been
// answered; who begins to read after that must not see an older one.
class Database {
 public:
  long read(int row) const {
    const std::lock_guard lock(mutex_);
    return versions_[static_cast<std::size_t>(row)];
  }
  long bump(int row) {
    const std::lock_guard lock(mutex_);
    return ++versions_[static_cast<std::size_t>(row)];
  }
  long settled(int row) const { return settled_[static_cast<std::size_t>(row)].load(); }
  void settle(int row, long version) { settled_[static_cast<std::size_t>(row)].store(version); }

 private:
  mutable std::mutex mutex_;
  std::array<long, kRows> versions_{};
  std::array<std::atomic<long>, kRows> settled_{};
};

struct Tally {
  std::atomic<long> hits{0}, stale{0}, filled{0}, refused{0}, odd{0}, changes{0};
};

std::string page_of(int row) { return "page:" + std::to_string(row); }

void note_hit(const Reply& value, long settled, Tally& tally) {
  ++tally.hits;
  if (std::stol(value.text) < settled) ++tally.stale;
}

// As applications do it on Redis: look, and store what was missing.
void read_plainly(Client& client, Database& database, int row, Dice& dice, Tally& tally) {
  const long settled = database.settled(row);
  const Reply found = client.call({"GET", page_of(row)});
  if (found.kind == Reply::Kind::kBulk) {
    note_hit(found, settled, tally);
    return;
  }
  const std::string value = std::to_string(database.read(row));
  dice.dawdle(3'000);
  ++(show(client.call({"SET", page_of(row), value})) == "OK" ? tally.filled : tally.odd);
}

void read_fenced(Client& client, Database& database, int row, Dice& dice, Tally& tally) {
  const std::string id = std::to_string(row);
  const long settled = database.settled(row);
  const Reply found = client.call({"FETCH", page_of(row)});
  const std::string state = found.items.size() == 4 ? found.items[0].text : "";
  if (state == "HIT") {
    note_hit(found.items[1], settled, tally);
  } else if (state == "WAIT") {
    dice.dawdle(1'000);
  } else if (state == "LEASE") {
    const std::string value = std::to_string(database.read(row));
    dice.dawdle(3'000);
    const std::string answer =
        show(client.call({"DEPSET", page_of(row), value, "DEPS", "2", "row:" + id, "signal:" + id,
                          "TAGS", "1", "rows:" + id, "FENCE", found.items[2].text}));
    ++(answer == "OK" ? tally.filled : answer == "(nil)" ? tally.refused : tally.odd);
  } else {
    ++tally.odd;
  }
}

// Every way to say that a row has changed. The row's own key always holds another value.
Words invalidation(int way, int row, long version) {
  const std::string id = std::to_string(row);
  switch (way) {
    case 0:
      return {"INVALIDATE", "KEY", page_of(row)};
    case 1:
      return {"INVALIDATE", "TAG", "rows:" + id};
    case 2:
      return {"INVALIDATE", "DEPS", "signal:" + id};
    case 3:
      return {"INVALIDATE", "PATTERN", "pa?e:" + id};
    case 4:
      return {"INVALIDATE", "TAG", "rows:" + id, "SOFT", "1000", "ASYNC"};
    case 5:
      return {"SET", "row:" + id, std::to_string(version)};
    default:
      return {"DEL", page_of(row)};
  }
}
constexpr int kDel = 6, kWays = 7;

void write(Client& client, Database& database, Dice& dice, int way, Tally& tally) {
  const int row = dice.below(kRows);
  const long version = database.bump(row);
  const int chosen = way < 0 ? dice.below(kWays) : way;
  if (client.call(invalidation(chosen, row, version)).is_error()) ++tally.odd;
  database.settle(row, version);
  ++tally.changes;
  dice.dawdle(2'000);
}

using Reader = void (*)(Client&, Database&, int, Dice&, Tally&);

// way: how the writer invalidates; -1: each time another.
void race(const TestServer& server, Reader read, int way, Tally& tally) {
  Database database;
  Client setup(server);
  for (int row = 0; row < kRows; ++row) setup("SET row:" + std::to_string(row) + " 0");
  const Clock::time_point end = Clock::now() + kTime;
  std::vector<std::thread> threads;
  for (int reader = 0; reader < kReaders; ++reader) {
    threads.emplace_back([&, reader] {
      Client client(server);
      Dice dice(reader);
      while (Clock::now() < end) read(client, database, dice.below(kRows), dice, tally);
    });
  }
  Client writer(server);
  Dice dice(kReaders);
  while (Clock::now() < end) write(writer, database, dice, way, tally);
  for (std::thread& thread : threads) thread.join();
}

// Invalidates names that nobody fills, about ten thousand a second, until told to stop.
long make_noise(const TestServer& server, const std::atomic<bool>& stop) {
  constexpr int kBatch = 50;
  Client client(server);
  long sent = 0;
  for (Clock::time_point next = Clock::now(); !stop; next += milliseconds(5)) {
    for (int i = 0; i < kBatch; ++i, ++sent) {
      const std::string name = "noise:" + std::to_string(sent);
      const char* selectors[] = {"KEY", "TAG", "DEPS"};
      const bool pattern = sent % 20 == 0;
      client.append(
          {"INVALIDATE", pattern ? "PATTERN" : selectors[sent % 3], pattern ? name + "*" : name});
    }
    for (int i = 0; i < kBatch; ++i) client.next();
    std::this_thread::sleep_until(next);
  }
  return sent;
}

// Fetches some keys that nobody else knows, takes two milliseconds to compute them, and fills them.
void fill_in_peace(Client& client, int filler, int round, Tally& tally) {
  constexpr int kAtOnce = 16;
  const auto name = [&](const char* kind, int i) {
    return kind + std::to_string(filler) + ":" + std::to_string(round * kAtOnce + i);
  };
  for (int i = 0; i < kAtOnce; ++i) client.append({"FETCH", name("key:", i)});
  std::vector<std::string> tokens;
  for (int i = 0; i < kAtOnce; ++i) {
    const Reply lease = client.next();
    tokens.push_back(lease.items.size() == 4 ? lease.items[2].text : "none");
  }
  std::this_thread::sleep_for(milliseconds(2));
  for (int i = 0; i < kAtOnce; ++i) {
    client.append({"DEPSET", name("key:", i), "v", "PX", "500", "DEPS", "1", name("dep:", i),
                   "TAGS", "1", name("tag:", i), "FENCE", tokens[static_cast<std::size_t>(i)]});
  }
  for (int i = 0; i < kAtOnce; ++i) {
    const std::string answer = show(client.next());
    ++(answer == "OK" ? tally.filled : answer == "(nil)" ? tally.refused : tally.odd);
  }
}

}  // namespace

TEST_SUITE("freshet") {
  TEST_CASE("with plain GET and SET stale reads happen, or these tests show nothing") {
    const TestServer server;
    Tally tally;
    race(server, read_plainly, kDel, tally);
    CHECK(tally.odd == 0);
    CHECK(tally.stale > 0);
  }

  TEST_CASE("with FETCH and FENCE no read that began after an invalidation's reply is stale") {
    const TestServer server;
    Tally tally;
    race(server, read_fenced, -1, tally);
    CHECK(tally.odd == 0);
    CHECK(tally.stale == 0);
    // Both outcomes were common: values were read, and late ones refused.
    CHECK(tally.hits > tally.changes / 10);
    CHECK(tally.filled > tally.changes / 10);
    CHECK(tally.refused > tally.changes / 100);
  }

  TEST_CASE("each way to invalidate keeps stale fills out by itself") {
    const TestServer server;
    for (int way = 0; way < kWays; ++way) {
      CAPTURE(way);
      Client reader(server);
      Client writer(server);
      writer("FLUSHALL");
      writer("SET row:3 0");
      const Reply lease = reader.call({"FETCH", page_of(3)});
      REQUIRE(lease.items.size() == 4);
      CHECK_FALSE(writer.call(invalidation(way, 3, 1)).is_error());
      CHECK(show(reader.call({"DEPSET", page_of(3), "0", "DEPS", "2", "row:3", "signal:3", "TAGS",
                              "1", "rows:3", "FENCE", lease.items[2].text})) == "(nil)");
      CHECK(reader("GET page:3") == "(nil)");
    }
  }

  TEST_CASE(
      "at ten thousand unrelated invalidations a second at most one fill in a thousand is "
      "refused") {
    constexpr int kFillers = 2;
    const TestServer server;
    Tally tally;
    std::atomic<bool> stop{false};
    long sent = 0;
    std::thread noise([&] { sent = make_noise(server, stop); });
    const Clock::time_point begin = Clock::now(), end = begin + kTime;
    std::vector<std::thread> fillers;
    for (int filler = 0; filler < kFillers; ++filler) {
      fillers.emplace_back([&, filler] {
        Client client(server);
        for (int round = 0; Clock::now() < end; ++round)
          fill_in_peace(client, filler, round, tally);
      });
    }
    for (std::thread& filler : fillers) filler.join();
    stop = true;
    noise.join();
    const std::chrono::duration<double> took = Clock::now() - begin;
    const long fills = tally.filled + tally.refused;
    MESSAGE(fills, " fills, ", tally.refused.load(), " refused, ", sent / took.count(),
            " invalidations a second");
    CHECK(tally.odd == 0);
    CHECK(tally.filled > 0);
    if (!slow_server()) {
      CHECK(fills > 2'000);
      CHECK(static_cast<double>(sent) > 5'000 * took.count());
      CHECK(tally.refused * 1'000 <= fills);
    }
  }
}

}  // namespace freshet::e2e
