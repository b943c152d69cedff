// Where HTTP connections wait: one thread that accepts them, gathers the head of a request, and
// hands over who has a whole head. So no worker waits for a slow head or for an idle connection,
// and whoever is too slow, too long or too many is sent away here.
//
// All that is in the lobby belongs to its thread; come_back() and stop() may be called by any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "freshet/base/time.h"
#include "http/message.h"

namespace freshet {

// A connection. Its owner (the lobby, the queue, a worker) closes the socket by dropping it.
struct Visitor {
  explicit Visitor(int fd_) : fd(fd_) {}
  ~Visitor();
  Visitor(const Visitor&) = delete;
  Visitor& operator=(const Visitor&) = delete;

  const int fd;
  Peer peer;
  std::string input;       // received, and not yet used
  Millis since = 0;        // when the lobby began to wait: for a head, or for a next request
  bool listening = false;  // for events
  bool leaving = false;    // answered for the last time; what it still sends is thrown away

  // It was answered for the last time: it is told so, and may finish what it sends.
  void leave();
  // The bytes of a request's head that the input begins with; npos if it is not whole.
  size_t head_size() const;
  bool has_head() const { return head_size() != std::string::npos; }
};

class Lobby {
 public:
  struct Limits {
    size_t connections = 256;
    Millis head_within = 10'000;
    Millis idle_within = 60'000;
  };
  static constexpr size_t kMostHead = 32 << 10;  // bytes

  // `ready` gets who has a head, on the lobby's thread. `tick` is called there once a second; what
  // it returns is sent to those who listen, if there are any.
  Lobby(std::vector<int> listeners, const Limits& limits,
        std::function<void(std::unique_ptr<Visitor>)> ready,
        std::function<std::string(size_t listeners)> tick);
  ~Lobby();
  Lobby(const Lobby&) = delete;
  Lobby& operator=(const Lobby&) = delete;

  void start();
  // Asks for the end: no more are accepted, and who waits is dropped. Any thread.
  void ask_to_stop();
  // The same, and waits until the thread has ended.
  void stop();
  // A worker is done with a visitor, who may have a next request or is leaving.
  void come_back(std::unique_ptr<Visitor> visitor);
  // Somebody left elsewhere: a worker closed the connection.
  void gone() { present_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  void run();
  void ring();
  void accept_some(int listener);
  void take_back();
  void wait_for(std::unique_ptr<Visitor> visitor);
  void received(int fd);
  void turn_away(int fd, const char* status);
  void drop(int fd);
  void sweep(Millis now);
  void tell();
  bool watch(int fd);

  std::vector<int> listeners_;
  const Limits limits_;
  const std::function<void(std::unique_ptr<Visitor>)> ready_;
  const std::function<std::string(size_t)> tick_;
  int epoll_ = -1;
  int bell_ = -1;  // an eventfd: somebody came back, or it is time to stop
  std::atomic<bool> stopping_{false};
  std::atomic<size_t> present_{0};                             // connections, wherever they are
  std::unordered_map<int, std::unique_ptr<Visitor>> waiting_;  // by socket
  std::mutex mutex_;
  std::vector<std::unique_ptr<Visitor>> back_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace freshet
