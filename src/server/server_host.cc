#include "server/server_host.h"

#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "freshet/base/allocator.h"
#include "freshet/base/ticks.h"
#include "freshet/commands/options.h"
#include "server/core.h"

namespace freshet {
namespace {

uint64_t nanos_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

Millis wall_clock() { return static_cast<Millis>(nanos_of(CLOCK_REALTIME) / 1'000'000); }

// 40 random hex digits, as Redis's run_id.
std::string random_id() {
  uint8_t bytes[20] = {};
  [[maybe_unused]] const ssize_t got = getrandom(bytes, sizeof bytes, 0);
  std::string text;
  for (const uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string own_path() {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  return size < 0 ? "" : std::string(path, static_cast<size_t>(size));
}

uint64_t resident_bytes() {
  uint64_t total = 0, resident = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%lu %lu", &total, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

bool matches(const ClientFilter& filter, const Card& card, const std::string& unix_path) {
  if (card.killed.load(std::memory_order_relaxed)) return false;
  if (filter.skip_me && card.id == filter.me) return false;
  if (!filter.ids.empty() &&
      std::find(filter.ids.begin(), filter.ids.end(), card.id) == filter.ids.end()) {
    return false;
  }
  if (filter.address && card.peer.text(unix_path) != *filter.address) return false;
  if (filter.local_address && card.local.text(unix_path) != *filter.local_address) return false;
  return filter.type.empty() || filter.type == "normal";
}

}  // namespace

ServerHost::ServerHost(Options& options, Keyspace& keyspace, Log& log)
    : options_(options),
      keyspace_(keyspace),
      log_(log),
      unix_path_(options.text("unixsocket")),
      run_id_(random_id()),
      executable_(own_path()),
      started_(wall_clock()),
      figures_(cores_),
      warmer_(options),
      waste_(keyspace.settings, static_cast<int64_t>(resident_bytes())),
      first_ticks_(ticks()),
      first_nanos_(nanos_of(CLOCK_MONOTONIC)) {
  // A millisecond makes the first figure good to a tenth of a percent; time makes it better.
  while (nanos_of(CLOCK_MONOTONIC) - first_nanos_ < 1'000'000) {
  }
  calibrate();
}

ServerHost::~ServerHost() = default;

void ServerHost::make_cores(int count, bool shared) {
  for (int i = 0; i < count; ++i)
    cores_.push_back(std::make_unique<Core>(i, count, shared, *this, keyspace_));
  Core* home = cores_[0].get();
  warmer_.settle({home->loop(), &home->router(),
                  [home](Mailbox::Job job) { home->mailbox().send(std::move(job)); }, wall_clock});
}

void ServerHost::calibrate() {
  const auto spent = static_cast<double>(nanos_of(CLOCK_MONOTONIC) - first_nanos_) / 1000;
  ticks_per_micro_.store(static_cast<double>(ticks() - first_ticks_) / spent,
                         std::memory_order_relaxed);
}

// --- Clients -------------------------------------------------------------------------------------

std::string ServerHost::client_list(const ClientFilter& filter) {
  const Millis now = wall_clock();
  std::vector<std::pair<uint64_t, std::string>> lines;
  for (auto& core : cores_) {
    core->roster().each([&](const Card& card, Roster::Name) {
      if (matches(filter, card, unix_path_))
        lines.emplace_back(card.id, client_line(card, now, unix_path_));
    });
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const auto& [id, line] : lines) all += line + '\n';
  return all;
}

size_t ServerHost::client_kill(const ClientFilter& filter, Session& self) {
  size_t count = 0;
  for (auto& core : cores_) {
    std::vector<Roster::Name> names;
    core->roster().each([&](Card& card, Roster::Name name) {
      if (!matches(filter, card, unix_path_)) return;
      ++count;
      if (card.id == self.id) {
        self.close_after_reply = true;
        return;
      }
      card.killed.store(true, std::memory_order_relaxed);
      names.push_back(name);
    });
    if (names.empty()) continue;
    core->mailbox().send([core = core.get(), names] {
      for (const Roster::Name name : names) core->kill(name);
    });
  }
  return count;
}

void ServerHost::session_changed(const Session& session) {
  const auto publish = [&](Card& card) {
    card.name = session.name;
    card.db = session.db;
    card.resp = session.resp;
    card.no_evict = session.no_evict;
  };
  for (auto& core : cores_) {
    if (core->roster().with(session.id, publish)) return;
  }
}

bool ServerHost::clients_over_limit() const {
  int64_t limit = options_.maxmemory_clients.load(std::memory_order_relaxed);
  if (limit == 0) [[likely]]
    return false;
  if (limit < 0) limit = options_.settings.maxmemory.load(std::memory_order_relaxed) / 100 * -limit;
  return limit != 0 && client_memory_.used() > limit;
}

Core* ServerHost::core_of_larger(const Core& self, uint64_t bytes) {
  Core* larger = nullptr;
  for (auto& core : cores_) {
    if (core.get() == &self) continue;
    core->roster().each([&](const Card& card, Roster::Name) {
      if (evictable_bytes(card) <= bytes) return;
      bytes = evictable_bytes(card);
      larger = core.get();
    });
  }
  return larger;
}

Core* ServerHost::core_of(uint64_t client) {
  for (auto& core : cores_) {
    if (core->roster().with(client, [](Card&) {})) return core.get();
  }
  return nullptr;
}

namespace {

void reply_to_warm(Reply& reply, const WarmStatus& status) {
  if (status.state == "failed") {
    reply.error("ERR WARM job " + std::to_string(status.job) + " failed: " + status.reason);
    return;
  }
  const WarmCounts& counts = status.counts;
  reply.map(5);
  for (const auto& [name, count] : {std::pair("read", counts.read),
                                    {"stored", counts.stored},
                                    {"skipped", counts.skipped},
                                    {"fenced", counts.fenced},
                                    {"failed", counts.failed}}) {
    reply.bulk(std::string_view(name));
    reply.integer(static_cast<int64_t>(count));
  }
}

}  // namespace

std::string ServerHost::warm(const WarmRequest& request, Session& session, uint64_t& job) {
  Core* core = request.sync ? core_of(session.id) : nullptr;
  if (core == nullptr) return warmer_.start(request, nullptr, job);
  session.suspended = true;
  const auto answer = [core, id = session.id](const WarmStatus& status) {
    core->mailbox().send([core, id, status] {
      core->answer(id, [&](Reply& reply) { reply_to_warm(reply, status); });
    });
  };
  std::string error = warmer_.start(request, answer, job);
  if (!error.empty()) session.suspended = false;
  return error;
}

void ServerHost::pause(Millis until, Pause mode) {
  // A later pause may lengthen and harden an earlier one, not soften it (Redis 7.0, pauseClients).
  int64_t old = pause_.load(std::memory_order_relaxed);
  for (;;) {
    const Millis end = std::max<Millis>(old >> 1, until);
    const int64_t all = (old & 1) | (mode == Pause::kAll ? 1 : 0);
    if (pause_.compare_exchange_weak(old, end * 2 + all, std::memory_order_relaxed)) return;
  }
}

void ServerHost::unpause() {
  pause_.store(0, std::memory_order_relaxed);
  for (auto& core : cores_) {
    core->mailbox().send([core = core.get()] { core->resume_held(); });
  }
}

bool ServerHost::paused(Millis now, bool writes) {
  int64_t pause = pause_.load(std::memory_order_relaxed);
  if (pause == 0) return false;
  if (now >= pause >> 1) {
    pause_.compare_exchange_strong(pause, 0, std::memory_order_relaxed);
    return false;
  }
  return writes || (pause & 1);
}

void ServerHost::shutdown() {
  if (!ending_.exchange(true)) on_shutdown();
}

// --- Figures -------------------------------------------------------------------------------------

void ServerHost::sample(Millis now) {
  calibrate();
  figures_.sample(now);
  note_peak();
}

void ServerHost::weigh(Millis now) {
  const Settings& settings = keyspace_.settings;
  // What can't be evicted makes no room.
  const bool evicts =
      kGivesBack && settings.policy.load(std::memory_order_relaxed) != EvictionPolicy::kNoEviction;
  const int64_t limit = evicts ? settings.maxmemory.load(std::memory_order_relaxed) : 0;
  const Millis elapsed = now - std::exchange(weighed_, now);
  const int64_t before = waste_.bytes();
  const auto resident = static_cast<int64_t>(resident_bytes());
  const int64_t used = keyspace_.budget.used() - before;
  keyspace_.budget.add(waste_.look(limit, used, resident, elapsed) - before);
  if (kGivesBack) keyspace_.sparse.store(waste_.sparse(used, resident), std::memory_order_relaxed);
}

void ServerHost::note_peak() {
  const int64_t used = keyspace_.budget.used();
  if (used > peak_memory_.load(std::memory_order_relaxed)) {
    peak_memory_.store(used, std::memory_order_relaxed);
  }
}

ProcessFigures ServerHost::figures() {
  note_peak();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  ProcessFigures f;
  figures_.fill(f);
  f.executable = executable_;
  f.config_file = options_.file();
  f.run_id = run_id_;
  f.pid = getpid();
  f.port = static_cast<int>(options_.number("port"));
  f.started = started_;
  f.counted_since = counted_since_.load(std::memory_order_relaxed);
  f.max_clients = static_cast<uint64_t>(options_.maxclients.load(std::memory_order_relaxed));
  f.rss = resident_bytes();
  f.peak_memory = static_cast<uint64_t>(peak_memory_.load(std::memory_order_relaxed));
  f.cpu_user = seconds(usage.ru_utime);
  f.cpu_system = seconds(usage.ru_stime);
  f.ticks_per_micro = ticks_per_micro();
  return f;
}

Host::CommandFigures ServerHost::command_figures(size_t row) {
  return figures_.command(row, ticks_per_micro());
}

std::vector<uint64_t> ServerHost::turns_by_core() {
  std::vector<uint64_t> turns;
  for (auto& core : cores_) turns.push_back(core->stats().turns.get());
  return turns;
}

void ServerHost::watch_turns() {
  const uint32_t number = turn_watches_.fetch_add(1, std::memory_order_relaxed) + 1;
  turn_watch_.store(number, std::memory_order_relaxed);
}

Host::LongestTurns ServerHost::end_turn_watch() {
  const uint32_t number = turn_watch_.exchange(0, std::memory_order_relaxed);
  LongestTurns longest;
  for (auto& core : cores_) {
    const LongestTurns own = core->turn_watch().longest(number);
    longest = {std::max(longest.one, own.one), std::max(longest.two, own.two)};
  }
  return longest;
}

std::vector<uint64_t> ServerHost::latency_buckets() { return figures_.latency(); }
std::vector<uint64_t> ServerHost::errors_by_code() { return figures_.errors_by_code(); }

void ServerHost::reset_stats() {
  figures_.reset();
  counted_since_.store(wall_clock(), std::memory_order_relaxed);
  peak_memory_.store(keyspace_.budget.used(), std::memory_order_relaxed);
}

void ServerHost::slow(SlowEntry entry) {
  const uint64_t id = std::strtoull(entry.address.c_str(), nullptr, 10);
  for (auto& core : cores_) {
    const bool found =
        core->roster().with(id, [&](Card& card) { entry.address = card.peer.text(unix_path_); });
    if (found) break;
    if (core == cores_.back()) entry.address = entry.name;  // of no connection: HTTP
  }
  const int64_t most = options_.slowlog_max_len.load(std::memory_order_relaxed);
  journal_.slow(std::move(entry), static_cast<size_t>(std::max<int64_t>(0, most)));
}

void ServerHost::latency_event(std::string_view event, int64_t millis) {
  const int64_t threshold = options_.latency_threshold.load(std::memory_order_relaxed);
  if (threshold == 0 || millis < threshold) return;
  journal_.event(event, wall_clock() / 1000, millis);
}

}  // namespace freshet
