#include "server/core.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <utility>

#include "freshet/base/check.h"
#include "freshet/base/ticks.h"
#include "server/connection.h"
#include "server/server_host.h"

namespace freshet {
namespace {

constexpr uint64_t kBusyTick = 10, kQuietTick = 100;            // ms between upkeeps of the shards
constexpr int64_t kLongestUpkeep = 500, kShortestUpkeep = 100;  // us
constexpr int64_t kShareOfTurn = 1000;                          // us
constexpr int64_t kShareOfTasks = 400;                          // us
constexpr size_t kWarmOutputs = 64;                             // kept for the next replies
constexpr size_t kWarmOutput = 64 << 10;                        // bytes, at most
constexpr size_t kBackpressure = 1 << 20;
constexpr size_t kHugeReply = 256u << 20;
constexpr Millis kStopWithin = 4000;  // for clients that read slowly
constexpr Millis kReadWithin = 200;   // for what they had sent before

std::vector<uint32_t> own_shards(uint32_t shards, int index, int count) {
  std::vector<uint32_t> own;
  for (auto id = static_cast<uint32_t>(index); id < shards; id += static_cast<uint32_t>(count)) {
    own.push_back(id);
  }
  return own;
}

}  // namespace

Core::Loop::Loop() { CHECK(uv_loop_init(&loop) == 0); }
Core::Loop::~Loop() { uv_loop_close(&loop); }

Core::Core(int index, int count, bool shared, ServerHost& host, Keyspace& keyspace)
    : index_(index),
      host_(host),
      options_(host.options()),
      mailbox_(&loop_.loop),
      stats_(CommandTable::all().count()),
      table_(CommandTable::all()),
      router_(keyspace, shared),
      dispatcher_(router_, host, stats_),
      housekeeper_(router_, own_shards(keyspace.size(), index, count)),
      meter_(keyspace.budget),
      client_meter_(host.client_memory()),
      gathering_(router_),
      parser_(std::make_unique<Parser>()) {
  uv_timer_init(&loop_.loop, &timer_);
  timer_.data = this;
  uv_check_init(&loop_.loop, &read_all_);
  read_all_.data = this;
}

Core::~Core() = default;

Log& Core::log() { return host_.logger(); }

void Core::read_clock() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  now_ = Millis{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
  clock_turn_ = turn_;
}

// --- The turn ------------------------------------------------------------------------------------

void Core::run(int cpu) {
  Log::name_thread(index_);
  if (cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<size_t>(cpu), &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  }
  uv_timer_start(&timer_, on_tick, kBusyTick, 0);
  uv_check_start(&read_all_,
                 [](uv_check_t* check) { static_cast<Core*>(check->data)->gathering_.run(); });
  while (!finished()) turn_once();
  close_all();
}

void Core::turn_once() {
  ++turn_;
  stats_.turns.add();
  turn_watch_.turn(host_.turn_watch());
  refresh_limits();
  router_.new_turn();
  mailbox_.deliver();
  if (!ready_.empty()) [[unlikely]]
    go_on();
  flush_replies();
  if (host_.clients_over_limit()) [[unlikely]]
    evict_clients();
  if (dispatcher_.has_tasks()) [[unlikely]]
    work_on_tasks();
  // Clients wait for tasks; for memory nobody does.
  if (house_due_ | (work_left_ && !dispatcher_.has_tasks())) [[unlikely]]
    keep_house();
  clock_turn_ = UINT64_MAX;  // it may sleep now: who wakes it reads the clock anew
  uv_run(&loop_.loop, may_sleep() ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

void Core::refresh_limits() {
  const int64_t slow = options_.slowlog_slower_than.load(std::memory_order_relaxed);
  const int64_t latency = options_.latency_threshold.load(std::memory_order_relaxed);
  if (slow == slow_limit_ && latency == latency_limit_) [[likely]]
    return;
  slow_limit_ = slow;
  latency_limit_ = latency;
  dispatcher_.watch(slow, latency, host_.ticks_per_micro());
  share_of_turn_ = static_cast<uint64_t>(kShareOfTurn * host_.ticks_per_micro());
}

void Core::flush_replies() {
  flushing_.swap(to_flush_);
  for (size_t i = 0; i < flushing_.size(); ++i) {
    Connection* connection = flushing_[i];
    if (connection == nullptr) continue;
    connection->to_be_flushed = false;
    connection->flush();
  }
  flushing_.clear();
}

void Core::go_on() {
  going_on_.swap(ready_);
  for (size_t i = 0; i < going_on_.size(); ++i) {
    Connection* connection = going_on_[i];
    if (connection == nullptr) continue;
    connection->to_go_on = false;
    connection->go_on();
  }
  going_on_.clear();
}

// Upkeep takes at most half as long as commands had since the last one.
void Core::keep_house() {
  const double micro = host_.ticks_per_micro();
  const auto since = static_cast<int64_t>(static_cast<double>(ticks() - kept_house_) / micro);
  const int64_t most = std::clamp(since / 2, kShortestUpkeep, kLongestUpkeep);
  house_due_ = false;
  work_left_ = housekeeper_.work(now(), static_cast<uint64_t>(static_cast<double>(most) * micro));
  kept_house_ = ticks();
}

// What commands have left to do has its share of each turn.
void Core::work_on_tasks() {
  const uint64_t end =
      ticks() + static_cast<uint64_t>(static_cast<double>(kShareOfTasks) * host_.ticks_per_micro());
  dispatcher_.work(now(), end, [this](uint64_t client, const Task& task) {
    answer(client, [&](Reply& reply) { task.reply(reply); });
  });
}

void Core::on_tick(uv_timer_t* timer) {
  auto* core = static_cast<Core*>(timer->data);
  core->house_due_ = true;
  if (!core->held_.empty()) core->resume_held();
  if (core->now() - core->swept_ >= 1000) core->sweep();
  if (core->index_ == 0) core->host_.weigh(core->now());
  const bool wastes = core->index_ == 0 && core->host_.wastes();
  const bool busy = core->housekeeper_.busy() || !core->held_.empty() || wastes;
  uv_timer_start(timer, on_tick, busy ? kBusyTick : kQuietTick, 0);
  core->clock_turn_ = UINT64_MAX;  // timers run before the loop sleeps, too
}

void Core::sweep() {
  swept_ = now();
  std::vector<Connection*> all;
  all.reserve(roster_.size());
  roster_.each_own([&](Card& card) { all.push_back(card.connection); });
  for (Connection* connection : all) connection->sweep(swept_);
  if (index_ == 0) host_.sample(swept_);
  slow_limit_ = INT64_MIN;  // ticks_per_micro may be known better by now
}

// --- Connections ---------------------------------------------------------------------------------

void Core::adopt(const Socket& socket) {
  stats_.connections.add();
  Connection::open(*this, socket);
}

void Core::kill(Roster::Name name) {
  if (Card* card = roster_.find(name)) card->connection->close();
}

void Core::answer(uint64_t client, const std::function<void(Reply&)>& write) {
  Connection* connection = nullptr;
  roster_.with(client, [&](Card& card) { connection = card.connection; });
  if (connection == nullptr) return;
  connection->answer(write);
  resume_held();
}

void Core::evict_clients() {
  constexpr int kAtOnce = 16;
  for (int i = 0; i < kAtOnce && host_.clients_over_limit(); ++i) {
    uint64_t largest = 0;
    Connection* own = nullptr;
    roster_.each_own([&](const Card& card) {
      if (evictable_bytes(card) <= largest) return;
      largest = evictable_bytes(card);
      own = card.connection;
    });
    if (Core* other = host_.core_of_larger(*this, largest)) {
      other->mailbox().send([other] { other->evict_clients(); });
      return;
    }
    if (own == nullptr) return;
    stats_.evicted_clients.add();
    own->evict();
  }
}

void Core::flush_later(Connection& connection) {
  if (connection.to_be_flushed) return;
  connection.to_be_flushed = true;
  to_flush_.push_back(&connection);
}

void Core::go_on_later(Connection& connection) {
  if (connection.to_go_on) return;
  connection.to_go_on = true;
  ready_.push_back(&connection);
}

void Core::held(Connection& connection) {
  held_.push_back(&connection);
  held_count_.set(held_.size());
}

void Core::resume_held() {
  resuming_.swap(held_);
  for (size_t i = 0; i < resuming_.size(); ++i) {
    Connection* connection = resuming_[i];
    if (connection == nullptr) continue;
    if (connection->may_go_on()) {
      connection->go_on();
    } else {
      held_.push_back(connection);
    }
  }
  resuming_.clear();
  held_count_.set(held_.size());
}

void Core::forget(Connection& connection, Roster::Name name) {
  for (auto* list : {&flushing_, &going_on_, &resuming_}) {  // being walked
    std::replace(list->begin(), list->end(), &connection, static_cast<Connection*>(nullptr));
  }
  if (connection.to_be_flushed) std::erase(to_flush_, &connection);
  if (connection.to_go_on) std::erase(ready_, &connection);
  if (connection.gathered) gathering_.forget(connection);
  if (connection.held()) std::erase(held_, &connection);
  held_count_.set(held_.size());
  roster_.remove(name);
  load_.fetch_sub(1, std::memory_order_relaxed);
}

std::unique_ptr<Parser> Core::take_parser() {
  std::unique_ptr<Parser> taken = std::move(parser_);
  if (parsers_.empty()) {
    parser_ = std::make_unique<Parser>();
  } else {
    parser_ = std::move(parsers_.back());
    parsers_.pop_back();
  }
  return taken;
}

void Core::give_parser(std::unique_ptr<Parser> parser) {
  parser->reset();
  if (parsers_.size() < kWarmOutputs) parsers_.push_back(std::move(parser));
}

std::unique_ptr<Output> Core::take_output() {
  if (outputs_.empty()) return std::make_unique<Output>();
  std::unique_ptr<Output> output = std::move(outputs_.back());
  outputs_.pop_back();
  return output;
}

void Core::give_output(std::unique_ptr<Output> output) {
  if (outputs_.size() == kWarmOutputs || output->memory() > kWarmOutput) return;
  outputs_.push_back(std::move(output));
}

// A client that does not read is waited for, unless its operator wants it closed at a limit that it
// could reach by pipelining; the default limits are for single huge replies.
size_t Core::backpressure() const {
  const auto hard = static_cast<size_t>(options_.output_hard_limit.load(std::memory_order_relaxed));
  const auto soft = static_cast<size_t>(options_.output_soft_limit.load(std::memory_order_relaxed));
  return std::max({kBackpressure, hard < kHugeReply ? hard : 0, soft < kHugeReply ? soft : 0});
}

// --- The end -------------------------------------------------------------------------------------

void Core::stop() {
  if (stopping_) return;
  stopping_ = true;
  stop_by_ = now() + kStopWithin;
  read_by_ = now() + kReadWithin;
}

bool Core::finished() {
  if (!stopping_) [[likely]]
    return false;
  const uint64_t input = stats_.input_bytes.get();
  const bool quiet = std::exchange(last_input_, input) == input;  // a whole turn has read nothing
  if (!quiet && now() < read_by_) return false;
  if (now() >= stop_by_) return true;
  if (!to_flush_.empty() || !ready_.empty() || dispatcher_.has_tasks()) return false;
  bool sending = false;
  roster_.each_own([&](Card& card) { sending |= card.connection->sending(); });
  draining_ = sending;
  return !sending;
}

void Core::close_all() {
  std::vector<Connection*> all;
  roster_.each_own([&](Card& card) { all.push_back(card.connection); });
  for (Connection* connection : all) connection->close();
  mailbox_.close();
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&read_all_), nullptr);
  while (uv_run(&loop_.loop, UV_RUN_NOWAIT) != 0 && now() < stop_by_) ++turn_;
}

}  // namespace freshet
