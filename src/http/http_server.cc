#include "http/http_server.h"

#include <pthread.h>

#include "freshet/base/numbers.h"
#include "freshet/commands/options.h"
#include "http/clock.h"

namespace freshet {
namespace {

constexpr Millis kStopWithin = 4000;
constexpr int kStillFor = 5;  // seconds without a turn: a core is stuck

}  // namespace

HttpServer::HttpServer(Keyspace& keyspace, Host& host)
    : keyspace_(keyspace), host_(host), lobby_desk_(keyspace, host) {}

HttpServer::~HttpServer() {
  stop();
  join();
}

void HttpServer::open(std::vector<int> listeners) {
  const Options& options = host_.options();
  const Millis patience = options.number("http-timeout") * 1000;
  const Millis idle = options.number("http-idle-timeout") * 1000;
  protocol_ = std::make_unique<Protocol>(
      Protocol::Limits{static_cast<size_t>(options.number("http-max-body")), patience, idle});
  for (int64_t i = 0; i < options.number("http-threads"); ++i)
    workers_.push_back(std::make_unique<Worker>(keyspace_, host_));
  const Lobby::Limits limits{static_cast<size_t>(options.number("http-max-connections")), patience,
                             idle};
  const auto ready = [this](std::unique_ptr<Visitor> visitor) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(visitor));
    }
    arrived_.notify_one();
  };
  const auto tick = [this](size_t listening) {
    look_after();
    return listening == 0 ? "" : next_event(lobby_desk_, *health());
  };
  lobby_ = std::make_unique<Lobby>(std::move(listeners), limits, ready, tick);
}

std::vector<CoreStats*> HttpServer::stats() {
  std::vector<CoreStats*> all;
  for (auto& worker : workers_) all.push_back(&worker->desk.stats());
  all.push_back(&lobby_desk_.stats());
  return all;
}

void HttpServer::start() {
  for (auto& worker : workers_) {
    worker->thread = std::thread([this, &worker] { work(worker->desk); });
    pthread_setname_np(worker->thread.native_handle(), "http");
  }
  lobby_->start();
}

void HttpServer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  if (lobby_ != nullptr) lobby_->ask_to_stop();
  lobby_desk_.stop_at(monotonic_millis());
  for (auto& worker : workers_) worker->desk.stop_at(monotonic_millis() + kStopWithin);
  if (protocol_ != nullptr) protocol_->hurry();
}

void HttpServer::join() {
  if (lobby_ != nullptr) lobby_->stop();
  for (auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

std::unique_ptr<Visitor> HttpServer::next() {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  if (queue_.empty()) return nullptr;
  std::unique_ptr<Visitor> visitor = std::move(queue_.front());
  queue_.pop_front();
  return visitor;
}

void HttpServer::work(Desk& desk) {
  while (std::unique_ptr<Visitor> visitor = next()) {
    serve(desk, std::move(visitor));
    desk.finish();
  }
}

void HttpServer::serve(Desk& desk, std::unique_ptr<Visitor> visitor) {
  const auto present = health();
  const auto after = protocol_->serve(
      *visitor, [&](const HttpRequest& request) { return serve_api(request, desk, *present); });
  if (after == Protocol::After::kGone) {
    visitor.reset();
    lobby_->gone();
    return;
  }
  if (after == Protocol::After::kLeave) visitor->leave();
  visitor->listening = after == Protocol::After::kListen;
  lobby_->come_back(std::move(visitor));
}

std::shared_ptr<const Health> HttpServer::health() const {
  const std::lock_guard lock(health_mutex_);
  return health_;
}

// Once a second: a core that does not turn, memory that is full, an end that is near.
void HttpServer::look_after() {
  auto found = std::make_shared<Health>();
  const std::vector<uint64_t> turns = host_.turns_by_core();
  still_.resize(turns.size());
  turns_.resize(turns.size());
  for (size_t i = 0; i < turns.size(); ++i) {
    still_[i] = turns[i] == turns_[i] ? still_[i] + 1 : 0;
    turns_[i] = turns[i];
    if (still_[i] >= kStillFor)
      found->sick.push_back("core " + std::to_string(i) + " has not turned for " +
                            std::to_string(still_[i]) + " seconds");
  }
  if (host_.ending()) found->unready.push_back("the server is shutting down");
  const Settings& settings = host_.options().settings;
  const int64_t limit = settings.maxmemory.load(std::memory_order_relaxed);
  const bool evicts =
      settings.policy.load(std::memory_order_relaxed) != EvictionPolicy::kNoEviction;
  if (limit != 0 && keyspace_.budget.used() > limit && !evicts)
    found->unready.push_back("memory is over maxmemory and nothing is evicted: writes are refused");
  const std::lock_guard lock(health_mutex_);
  health_ = std::move(found);
}

}  // namespace freshet
