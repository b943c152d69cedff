#include "client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace freshet {

namespace {

constexpr int kSilenceMs = 60000;

// Walks one reply. Depth is the server's own nesting, which for the commands used here is two at
// most.
class Walker {
 public:
  explicit Walker(std::string_view raw) : raw_(raw) {}

  Reply next() {
    Reply reply;
    const std::string_view line = take_line();
    if (line.empty()) return reply;
    reply.type = line[0];
    reply.text = line.substr(1);
    const int64_t length = reply.number();
    if (reply.type == '$' || reply.type == '=' || reply.type == '!') {
      if (length < 0) return Reply{};
      reply.text = raw_.substr(at_, length);
      at_ += length + 2;
    } else if (reply.type == '*' || reply.type == '~' || reply.type == '%') {
      const int64_t items = reply.type == '%' ? 2 * length : length;
      for (int64_t i = 0; i < items; ++i) reply.items.push_back(next());
    }
    return reply;
  }

 private:
  std::string_view take_line() {
    const size_t end = raw_.find("\r\n", at_);
    if (end == std::string_view::npos) return {};
    const std::string_view line = raw_.substr(at_, end - at_);
    at_ = end + 2;
    return line;
  }

  std::string_view raw_;
  size_t at_ = 0;
};

}  // namespace

int64_t Reply::number() const { return std::strtoll(text.c_str(), nullptr, 10); }

Reply parse_reply(std::string_view raw) { return Walker(raw).next(); }

int connect_loopback(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(fd);
    return -1;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

std::unique_ptr<Client> Client::connect(int port) {
  const int fd = connect_loopback(port);
  return fd < 0 ? nullptr : std::unique_ptr<Client>(new Client(fd));
}

Client::~Client() { close(fd_); }

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(sent);
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return false;
    pollfd wait{fd_, POLLOUT, 0};
    if (poll(&wait, 1, kSilenceMs) == 0) return false;
  }
  return true;
}

bool Client::pump() {
  char buffer[1 << 16];
  const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
  if (got > 0) in_.append(buffer, got);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

std::optional<std::string> Client::take() {
  const Skipper::Skipped skipped = skipper_.skip(std::string_view(in_).substr(skipped_));
  skipped_ += skipped.bytes;
  if (!skipped.complete) return std::nullopt;
  std::string reply = in_.substr(0, skipped_);
  in_.erase(0, skipped_);
  skipped_ = 0;
  return reply;
}

// Reads while it sends: a server with many replies to deliver may stop to read.
bool Client::exchange(std::string_view requests, int replies) {
  while (!requests.empty() || replies > 0) {
    pollfd wait{fd_, static_cast<short>(requests.empty() ? POLLIN : POLLIN | POLLOUT), 0};
    if (poll(&wait, 1, kSilenceMs) == 0) return false;
    if (wait.revents & POLLOUT) {
      const ssize_t sent = ::send(fd_, requests.data(), requests.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
      requests.remove_prefix(static_cast<size_t>(std::max<ssize_t>(sent, 0)));
    }
    if (!(wait.revents & ~POLLOUT)) continue;
    char buffer[1 << 16];
    const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
    for (std::string_view in(buffer, static_cast<size_t>(std::max<ssize_t>(got, 0)));
         !in.empty();) {
      const Skipper::Skipped skipped = skipper_.skip(in);
      in.remove_prefix(skipped.bytes);
      replies -= skipped.complete ? 1 : 0;
    }
  }
  return true;
}

std::optional<std::string> Client::call_raw(const Args& args) {
  if (!send(encode(args))) return std::nullopt;
  for (;;) {
    if (auto reply = take()) return reply;
    pollfd wait{fd_, POLLIN, 0};
    if (poll(&wait, 1, kSilenceMs) == 0 || !pump()) return std::nullopt;
  }
}

std::optional<Reply> Client::call(const Args& args) {
  const auto raw = call_raw(args);
  if (!raw) return std::nullopt;
  return parse_reply(*raw);
}

}  // namespace freshet
