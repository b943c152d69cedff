// One blocking connection for what is not measured in bulk: set-up, probes, invalidations.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "request.h"
#include "skipper.h"

namespace freshet {

struct Reply {
  char type = '_';
  std::string text;
  std::vector<Reply> items;

  bool is_error() const { return type == '-' || type == '!'; }
  bool is_null() const { return type == '_'; }
  int64_t number() const;
};

// A non-blocking, TCP_NODELAY socket connected to a loopback port; -1 if that failed.
int connect_loopback(int port);

class Client {
 public:
  // nullptr if nobody listens.
  static std::unique_ptr<Client> connect(int port);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  int fd() const { return fd_; }

  // False if the server is gone.
  bool send(std::string_view bytes);
  // Reads once, without waiting; false if the server is gone.
  bool pump();
  // The next complete reply that was read, as bytes; nothing if none is complete yet.
  std::optional<std::string> take();

  // Sends requests that have so many replies, and lets the replies go by; false if the server is
  // gone. REQUIRES: nothing is left to take.
  bool exchange(std::string_view requests, int replies);
  // Of what went by.
  uint64_t errors() const { return skipper_.errors(); }
  const std::string& first_error() const { return skipper_.first_error(); }

  // Sends and waits. Nothing if the server closed the connection or was silent for a minute.
  std::optional<std::string> call_raw(const Args& args);
  std::optional<Reply> call(const Args& args);

 private:
  explicit Client(int fd) : fd_(fd) {}

  int fd_;
  std::string in_;      // bytes read and not taken
  size_t skipped_ = 0;  // of them, how many the skipper has seen
  Skipper skipper_;
};

// REQUIRES: `raw` is one complete RESP message.
Reply parse_reply(std::string_view raw);

}  // namespace freshet
