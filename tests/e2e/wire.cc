#include "wire.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace freshet::e2e {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kChunk = 1 << 20;

int remaining_ms(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::max<long long>(left, 0));
}

// The poll events that came, 0 when the deadline did first.
int wait_for(int fd, short events, Clock::time_point deadline) {
  pollfd entry{fd, events, 0};
  while (true) {
    const int ready = ::poll(&entry, 1, remaining_ms(deadline));
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0 ? entry.revents : 0;
  }
}

int connected(int fd, const sockaddr* address, socklen_t size) {
  if (fd < 0) return -1;
  if (::connect(fd, address, size) == 0) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

Wire Wire::tcp(const std::string& address, int port) {
  const bool six = address.find(':') != std::string::npos;
  const int fd = ::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (six) {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(static_cast<uint16_t>(port));
    ::inet_pton(AF_INET6, address.c_str(), &to.sin6_addr);
    return Wire(connected(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)));
  }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  return Wire(connected(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)));
}

Wire Wire::local(const std::string& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::strncpy(to.sun_path, path.c_str(), sizeof(to.sun_path) - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return Wire(connected(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)));
}

Wire::Wire(Wire&& other) noexcept : fd_(std::exchange(other.fd_, -1)), closed_(other.closed_) {}

Wire& Wire::operator=(Wire&& other) noexcept {
  if (this == &other) return *this;
  close();
  fd_ = std::exchange(other.fd_, -1);
  closed_ = other.closed_;
  return *this;
}

Wire::~Wire() { close(); }

void Wire::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Wire::end_sending() { ::shutdown(fd_, SHUT_WR); }

bool Wire::send(std::string_view bytes) {
  const auto deadline = Clock::now() + kPatience;
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return false;
    } else if (wait_for(fd_, POLLOUT, deadline) == 0) {
      return false;
    }
  }
  return true;
}

// One recv of what is there. False when the peer hung up; a reset counts as that.
bool Wire::receive(std::string* into, std::size_t limit) {
  const std::size_t before = into->size();
  const std::size_t want = std::min(limit, kChunk);
  into->resize(before + want);
  const ssize_t got = ::recv(fd_, into->data() + before, want, MSG_DONTWAIT);
  into->resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
  if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) return true;
  closed_ = true;
  return false;
}

std::string Wire::read(std::size_t size, milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  std::string bytes;
  while (bytes.size() < size && wait_for(fd_, POLLIN, deadline) != 0) {
    if (!receive(&bytes, size - bytes.size())) break;
  }
  return bytes;
}

std::string Wire::read_to_close(milliseconds patience) { return read(std::string::npos, patience); }

std::string Wire::read_line() {
  std::string line;
  while (!line.ends_with("\r\n")) {
    const std::string next = read(1);
    if (next.empty()) break;
    line += next;
  }
  return line;
}

std::string Wire::exchange(std::string_view bytes, std::size_t reply_size) {
  const auto deadline = Clock::now() + kPatience;
  std::string reply;
  while (reply.size() < reply_size) {
    const short out = bytes.empty() ? 0 : POLLOUT;
    const int events = wait_for(fd_, static_cast<short>(POLLIN | out), deadline);
    if (events == 0) break;
    if ((events & POLLOUT) != 0) {
      const ssize_t sent =
          ::send(fd_, bytes.data(), std::min(bytes.size(), kChunk), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 &&
        !receive(&reply, reply_size - reply.size())) {
      break;
    }
  }
  return reply;
}

bool Wire::readable(milliseconds patience) {
  return wait_for(fd_, POLLIN, Clock::now() + patience) != 0;
}

bool Wire::wait_until_read() {
  const auto deadline = Clock::now() + kPatience;
  int unread = 0;
  while (::ioctl(fd_, SIOCOUTQ, &unread) == 0 && unread > 0) {
    if (Clock::now() > deadline) return false;
    ::poll(nullptr, 0, 0);
  }
  return unread == 0;
}

std::string command(const std::vector<std::string>& args) {
  std::string bytes = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) {
    bytes += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  }
  return bytes;
}

}  // namespace freshet::e2e
