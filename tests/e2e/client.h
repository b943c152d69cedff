// A RESP2 client for tests, over hiredis: a command goes out, a Reply comes back. It owns its
// connection and never reconnects; a lost connection is a reply like any other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "test_server.h"

struct redisContext;

namespace freshet::e2e {

struct Reply {
  enum class Kind { kStatus, kError, kInteger, kBulk, kNil, kArray, kLost };
  Kind kind = Kind::kLost;
  std::string text;
  std::int64_t integer = 0;
  std::vector<Reply> items;

  bool is_error() const { return kind == Kind::kError; }
  bool is_lost() const { return kind == Kind::kLost; }
  // The value that follows `name` in a map written as a flat array; nullptr if it is not there.
  const Reply* field(std::string_view name) const;
};

// A reply in one line: `OK`, `v`, `(nil)`, `(integer) 1`, `(error) ERR …`, `[a (nil)]`, `(lost)`.
std::string show(const Reply& reply);

// The words between single spaces.
Words split(std::string_view text);

class Client {
 public:
  explicit Client(const TestServer& server);  // by the unix socket
  Client(const std::string& address, int port);
  ~Client();
  Client(Client&& other) noexcept;
  Client(const Client&) = delete;

  Reply call(const Words& args);
  // For commands without spaces or odd bytes in their arguments: client("SET k v") == "OK".
  std::string operator()(std::string_view words) { return show(call(split(words))); }

  // A pipeline: append all, then one next() for each.
  void append(const Words& args);
  Reply next();

 private:
  redisContext* context_;
};

}  // namespace freshet::e2e
