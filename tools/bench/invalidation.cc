#include "invalidation.h"

#include <poll.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "client.h"
#include "clock.h"
#include "load.h"
#include "progress.h"
#include "throughput.h"

namespace freshet {

namespace {

constexpr char kTable[] = "invalidation";
constexpr size_t kValueBytes = 32;
constexpr uint64_t kWatchNs =
    200'000'000;  // before and after: reclaiming may go on after the reply
constexpr uint64_t kGiveUpNs = 120'000'000'000;

// Redis has no command for it: the application keeps a set of the keys, and a script empties it.
// UNLINK in chunks, since Lua's unpack has a limit.
constexpr char kUnlinkMembers[] =
    "local keys = redis.call('SMEMBERS', KEYS[1]) "
    "for i = 1, #keys, 5000 do "
    "redis.call('UNLINK', unpack(keys, i, math.min(i + 4999, #keys))) "
    "end "
    "redis.call('UNLINK', KEYS[1]) "
    "return #keys";

// What to send next, and how many replies it has; the script sees the last of them.
struct Step {
  std::string bytes;
  int replies = 1;
};
using Script = std::function<std::optional<Step>(const Reply* last)>;

Script once(const Args& args) {
  return [bytes = encode(args)](const Reply* last) -> std::optional<Step> {
    if (last != nullptr) return std::nullopt;
    return Step{bytes};
  };
}

// SCAN and UNLINK what it found, one round trip for both.
Script scan_and_unlink(const std::string& pattern) {
  return [pattern](const Reply* last) -> std::optional<Step> {
    std::string cursor = "0";
    Step step;
    if (last != nullptr) {
      if (last->items.size() != 2) return std::nullopt;
      cursor = last->items[0].text;
      Args unlink = {"UNLINK"};
      for (const Reply& key : last->items[1].items) unlink.push_back(key.text);
      if (unlink.size() > 1) step = {encode(unlink), 2};
      if (cursor == "0") {
        step.replies = 1;
        return unlink.size() > 1 ? std::optional(step) : std::nullopt;
      }
    }
    step.bytes += encode({"SCAN", cursor, "MATCH", pattern, "COUNT", "1000"});
    return step;
  };
}

struct Method {
  Operation fill;
  std::function<Script()> kill;
};

struct InvalidationRow {
  std::string name;
  bool among_others;  // as many keys that must stay are there as well
  Method freshet;
  Method redis;
};

std::vector<InvalidationRow> invalidation_rows() {
  const Operation set{{{"SET", "%k", "%v"}}};
  const Operation tagged{{{"DEPSET", "%k", "%v", "TAGS", "1", "hot"}}};
  const Operation listed{{{"SET", "%k", "%v"}, {"SADD", "hot", "%k"}}};
  return {
      {"one tag of all keys",
       false,
       {tagged,
        [] {
          return once({"INVALIDATE", "TAG", "hot"});
        }},
       {listed,
        [] {
          return once({"EVAL", kUnlinkMembers, "1", "hot"});
        }}},
      {"pattern user:* that half the keys match",
       true,
       {set,
        [] {
          return once({"INVALIDATE", "PATTERN", "user:*"});
        }},
       {set, [] { return scan_and_unlink("user:*"); }}},
  };
}

// Another client: one GET after the other on its own connection.
class Watcher {
 public:
  explicit Watcher(int port) : client_(Client::connect(port)) {}

  bool ok() const { return client_ != nullptr; }
  int fd() const { return client_->fd(); }

  bool ask() {
    asked_at_ = now_ns();
    return client_->send(get_);
  }

  // Call when readable; false if the server is gone.
  bool answer_came() {
    if (!client_->pump()) return false;
    if (!client_->take()) return true;
    longest_ = std::max(longest_, now_ns() - asked_at_);
    return ask();
  }

  uint64_t take_longest() { return std::exchange(longest_, 0); }

 private:
  std::unique_ptr<Client> client_;
  const std::string get_ = encode({"GET", "watched"});
  uint64_t asked_at_ = 0;
  uint64_t longest_ = 0;
};

struct Timing {
  double ms = 0;
  double pause_ms = 0;
  double quiet_ms = 0;
  std::string error;
};

// Drives a script on one connection while the watcher goes round on another, from one thread: both
// only ever wait for the server.
class Race {
 public:
  Race(int port, Script script)
      : watcher_(port), actor_(Client::connect(port)), script_(std::move(script)) {}

  Timing run() {
    if (!watcher_.ok() || actor_ == nullptr || !watcher_.ask()) return {.error = "cannot connect"};
    Timing timing;
    watch_until(now_ns() + kWatchNs);
    timing.quiet_ms = static_cast<double>(watcher_.take_longest()) / 1e6;
    const uint64_t begin = now_ns();
    const uint64_t end = act(begin + kGiveUpNs);
    timing.ms = static_cast<double>(end - begin) / 1e6;
    watch_until(now_ns() + kWatchNs);
    timing.pause_ms = static_cast<double>(watcher_.take_longest()) / 1e6;
    timing.error = error_;
    return timing;
  }

 private:
  // Returns when the actor can be read, the time is up, or a connection is lost.
  void watch(uint64_t until) {
    while (error_.empty()) {
      const uint64_t now = now_ns();
      if (now >= until) return;
      pollfd ready[2] = {{watcher_.fd(), POLLIN, 0}, {actor_->fd(), POLLIN, 0}};
      poll(ready, 2, static_cast<int>((until - now) / 1000000 + 1));
      if (ready[0].revents != 0 && !watcher_.answer_came()) error_ = "connection lost";
      if (ready[1].revents != 0) return;
    }
  }

  void watch_until(uint64_t until) {
    while (error_.empty() && now_ns() < until) watch(until);
  }

  std::optional<Reply> next_reply(uint64_t until) {
    for (;;) {
      if (const auto raw = actor_->take()) return parse_reply(*raw);
      watch(until);
      if (error_.empty() && now_ns() >= until) error_ = "no reply for two minutes";
      if (error_.empty() && !actor_->pump()) error_ = "connection lost";
      if (!error_.empty()) return std::nullopt;
    }
  }

  // When the last reply came.
  uint64_t act(uint64_t until) {
    std::optional<Reply> last;
    uint64_t last_at = now_ns();
    while (const auto step = script_(last ? &*last : nullptr)) {
      if (!actor_->send(step->bytes)) error_ = "connection lost";
      for (int i = 0; i < step->replies; ++i) {
        last = next_reply(until);
        last_at = now_ns();
        if (last && last->is_error()) error_ = last->text;
        if (!error_.empty()) return last_at;
      }
    }
    return last_at;
  }

  Watcher watcher_;
  std::unique_ptr<Client> actor_;
  Script script_;
  std::string error_;
};

// Empty if the first, middle and last key of `space` are there (or gone) as they should be.
std::string check_keys(const Server& server, const Space& space, const std::string& expected) {
  const auto client = Client::connect(server.port());
  if (client == nullptr) return "the server is gone";
  const auto count = client->call({"EXISTS", name_of(space, 0), name_of(space, space.keys / 2),
                                   name_of(space, space.keys - 1)});
  if (count && count->text == expected) return {};
  return space.prefix + " keys should number " + expected + " of 3, not " +
         (count ? count->text : "nothing");
}

Timing one_round(const Server& server, const Method& method, const InvalidationRow& row,
                 uint64_t keys) {
  const Space doomed{"user:", keys, kValueBytes};
  const Space others{"other:", keys, kValueBytes};
  for (const Args& args : method.fill.requests) {
    const std::string answer = answer_to(server, args, doomed);
    if (answer.starts_with('-')) return {.error = answer.substr(1, answer.find('\r') - 1)};
  }
  std::string error;
  if (row.among_others) error = fill(server, {{{"SET", "%k", "%v"}}}, others);
  if (error.empty()) error = fill(server, method.fill, doomed);
  if (error.empty()) error = check_keys(server, doomed, "3");
  if (!error.empty()) return {.error = error};
  Timing timing = Race(server.port(), method.kill()).run();
  if (timing.error.empty()) timing.error = check_keys(server, doomed, "0");
  if (timing.error.empty() && row.among_others) timing.error = check_keys(server, others, "3");
  return timing;
}

struct Contender {
  const Seat* seat;
  std::unique_ptr<Server> server;
  std::vector<double> ms, pause_ms, quiet_ms;
  std::string error;
};

void run_row(const InvalidationRow& row, const Scale& scale, std::vector<Contender>& contenders,
             Results& results) {
  progress("invalidation: " + row.name);
  for (int round = 0; round < scale.invalidate_rounds; ++round) {
    for (Contender& contender : contenders) {
      if (!contender.error.empty()) continue;
      const bool freshet = contender.seat->kind == Kind::kFreshet;
      const Method& method = freshet ? row.freshet : row.redis;
      const Timing timing = one_round(*contender.server, method, row, scale.invalidate_keys);
      contender.error = timing.error;
      contender.ms.push_back(timing.ms);
      contender.pause_ms.push_back(timing.pause_ms);
      contender.quiet_ms.push_back(timing.quiet_ms);
    }
  }
  for (const Contender& contender : contenders) {
    const Line line{row.name, contender.seat->name};
    if (!contender.error.empty()) {
      results.absent(line, kTable, contender.error);
      continue;
    }
    const double ms = median(contender.ms);
    results.set(line, kTable, "ms", ms);
    results.set(line, kTable, "pause_ms", median(contender.pause_ms));
    results.set(line, kTable, "quiet_ms", median(contender.quiet_ms));
    results.set(line, kTable, "keys_per_s", static_cast<double>(scale.invalidate_keys) * 1000 / ms);
  }
}

}  // namespace

void measure_invalidation(const Options& options, const std::vector<Seat>& seats,
                          Results& results) {
  for (const InvalidationRow& row : invalidation_rows()) {
    if (!options.selects(kTable, row.name)) continue;
    std::vector<Contender> contenders;
    for (const Seat& seat : seats) {
      if (seat.kind == Kind::kPing || !options.selects_seat(seat.name)) continue;
      Server::Started started = Server::start(seat);
      contenders.push_back(
          {.seat = &seat, .server = std::move(started.server), .error = started.why});
    }
    run_row(row, options.scale, contenders, results);
  }
}

}  // namespace freshet
