// The HTTP side of the server: a lobby thread and some workers, apart from the reactors. A worker
// has a desk of its own and serves one request at a time, from its head to its last byte.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http/api.h"
#include "http/desk.h"
#include "http/lobby.h"
#include "http/protocol.h"

namespace freshet {

class HttpServer {
 public:
  HttpServer(Keyspace& keyspace, Host& host);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Takes the listening sockets, and makes the workers' desks.
  void open(std::vector<int> listeners);
  // The counters of all desks; for the host, which adds them to the cores'.
  std::vector<CoreStats*> stats();
  void start();
  // Asks for the end: what is under way is answered, for a while. Any thread; returns at once.
  void stop();
  // Waits for it.
  void join();

 private:
  struct Worker {
    Worker(Keyspace& keyspace, Host& host) : desk(keyspace, host) {}
    Desk desk;
    std::thread thread;
  };

  void work(Desk& desk);
  void serve(Desk& desk, std::unique_ptr<Visitor> visitor);
  std::unique_ptr<Visitor> next();
  void look_after();
  std::shared_ptr<const Health> health() const;

  Keyspace& keyspace_;
  Host& host_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Protocol> protocol_;
  std::unique_ptr<Lobby> lobby_;

  std::mutex mutex_;  // guards the two below
  std::condition_variable arrived_;
  std::deque<std::unique_ptr<Visitor>> queue_;  // who has a whole head
  bool stopping_ = false;

  Desk lobby_desk_;  // the lobby thread's
  // The lobby's: what it has seen of the cores, and for how many seconds it was the same.
  std::vector<uint64_t> turns_;
  std::vector<int> still_;
  mutable std::mutex health_mutex_;
  std::shared_ptr<const Health> health_ = std::make_shared<Health>();  // guarded by it
};

}  // namespace freshet
