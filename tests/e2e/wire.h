// A bare socket: bytes out, bytes in, and whether the peer has hung up. It knows no protocol, so a
// test can send what no client library would. Every read and write is bounded by kPatience.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "process.h"

namespace freshet::e2e {

class Wire {
 public:
  static Wire tcp(const std::string& address, int port);
  static Wire local(const std::string& path);  // a unix socket

  Wire(Wire&& other) noexcept;
  Wire& operator=(Wire&& other) noexcept;
  ~Wire();

  bool is_open() const { return fd_ >= 0; }
  void close();
  // No more will be sent; what the peer still answers can be read.
  void end_sending();

  // False when the peer hung up or did not read in time.
  bool send(std::string_view bytes);
  // Up to `size` bytes; fewer when the peer hung up or patience ended first.
  std::string read(std::size_t size, milliseconds patience = kPatience);
  // All that comes until the peer hangs up. `closed()` tells whether it did.
  std::string read_to_close(milliseconds patience = kPatience);
  bool closed() const { return closed_; }
  // One line with its CRLF.
  std::string read_line();
  // Sends and reads at the same time, so that neither side's full buffers can stall the other.
  std::string exchange(std::string_view bytes, std::size_t reply_size);
  // Whether anything, a hang-up included, can be read within `patience`.
  bool readable(milliseconds patience);

  // Unix sockets only: returns once the peer has read every byte sent so far, so that the next
  // bytes cannot join them in one read.
  bool wait_until_read();

 private:
  explicit Wire(int fd) : fd_(fd) {}
  bool receive(std::string* into, std::size_t limit);

  int fd_ = -1;
  bool closed_ = false;
};

// A command as RESP's array of bulk strings.
std::string command(const std::vector<std::string>& args);

}  // namespace freshet::e2e
