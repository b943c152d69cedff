// Where a client comes from, in 20 bytes, and the words for it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace freshet {

struct Address {
  uint16_t family = AF_UNSPEC;
  uint16_t port = 0;
  uint8_t ip[16] = {};

  static Address of(const sockaddr_storage& storage);
  // This end of a connected socket.
  static Address local(int fd);

  bool is_unix() const { return family == AF_UNIX; }
  // From this machine, so that protected-mode lets it in.
  bool is_local() const;
  // "127.0.0.1:6379", "[::1]:6379", "<unix_path>:0": as Redis writes them.
  std::string text(const std::string& unix_path) const;
};

// A connected socket on its way to a core.
struct Socket {
  int fd = -1;
  Address peer;
  uint64_t id = 0;  // CLIENT ID
};

}  // namespace freshet
