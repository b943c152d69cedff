// The acceptor takes connections in, on core 0's loop, and hands each to the core with the fewest.
// It turns away those over maxclients and those that protected-mode keeps out. Core 0's thread
// only.
#pragma once

#include <uv.h>

#include <memory>
#include <vector>

#include "server/address.h"
#include "server/listener.h"

namespace freshet {

class Core;
class ServerHost;

class Acceptor {
 public:
  Acceptor(ServerHost& host, std::vector<Listener> listeners);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  void start();
  // No more connections. The memory must stay until the loop has ended.
  void close();

 private:
  struct Gate;  // a listener and its poll handle

  static void on_readable(uv_poll_t* poll, int status, int events);
  static void on_rested(uv_timer_t* timer);
  void accept_some(const Listener& listener);
  void rest(int error);
  void welcome(Socket socket);
  void turn_away(int fd, std::string_view why);
  Core& least_loaded(int& clients);

  ServerHost& host_;
  Core& own_;
  std::vector<std::unique_ptr<Gate>> gates_;
  uv_timer_t rest_;
  uint64_t next_id_ = 1;
  bool closed_ = false;
};

}  // namespace freshet
