#include "http/lobby.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "freshet/base/check.h"
#include "http/clock.h"

namespace freshet {
namespace {

constexpr int kEvents = 64;
constexpr int kAtOnce = 32;            // accepted in one turn
constexpr Millis kLeaveWithin = 2000;  // for a client to read its last answer
constexpr size_t kChunk = 16 << 10;
// Bytes of events that the system keeps for who does not read; the largest event has to fit.
constexpr int kUnread = 128 << 10;

Peer peer_of(const sockaddr_storage& from) {
  Peer peer;
  char text[INET6_ADDRSTRLEN] = "?";
  if (from.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(from);
    inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    peer.port = ntohs(in.sin_port);
    peer.local = ntohl(in.sin_addr.s_addr) >> 24 == 127;
  } else if (from.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(from);
    inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
    peer.port = ntohs(in6.sin6_port);
    peer.local = IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
  }
  peer.ip = text;
  return peer;
}

}  // namespace

Visitor::~Visitor() { ::close(fd); }

void Visitor::leave() {
  leaving = true;
  ::shutdown(fd, SHUT_WR);
}

size_t Visitor::head_size() const { return std::min(input.find("\r\n\r\n"), input.find("\n\n")); }

Lobby::Lobby(std::vector<int> listeners, const Limits& limits,
             std::function<void(std::unique_ptr<Visitor>)> ready,
             std::function<std::string(size_t)> tick)
    : listeners_(std::move(listeners)),
      limits_(limits),
      ready_(std::move(ready)),
      tick_(std::move(tick)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(epoll_ >= 0 && bell_ >= 0);
  CHECK(watch(bell_));
  for (const int fd : listeners_) CHECK(watch(fd));
}

Lobby::~Lobby() {
  stop();
  for (const int fd : listeners_) ::close(fd);
  ::close(bell_);
  ::close(epoll_);
}

bool Lobby::watch(int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Lobby::start() {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "http-lobby");
}

void Lobby::ring() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t rung = ::write(bell_, &one, sizeof one);
}

void Lobby::ask_to_stop() {
  stopping_.store(true, std::memory_order_release);  // pairs with run's acquire
  ring();
}

void Lobby::stop() {
  ask_to_stop();
  if (thread_.joinable()) thread_.join();
}

void Lobby::come_back(std::unique_ptr<Visitor> visitor) {
  {
    const std::lock_guard lock(mutex_);
    back_.push_back(std::move(visitor));
  }
  ring();
}

void Lobby::run() {
  Millis swept = monotonic_millis();
  while (!stopping_.load(std::memory_order_acquire)) {
    epoll_event events[kEvents];
    const int count = epoll_wait(epoll_, events, kEvents, 1000);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == bell_) {
        uint64_t rings = 0;
        [[maybe_unused]] const ssize_t got = ::read(bell_, &rings, sizeof rings);
      } else if (waiting_.contains(fd)) {
        received(fd);
      } else {
        accept_some(fd);
      }
    }
    take_back();
    const Millis now = monotonic_millis();
    if (now - swept < 1000) continue;
    swept = now;
    sweep(now);
    tell();
  }
  for (const int fd : listeners_) ::close(fd);
  listeners_.clear();
  waiting_.clear();
}

void Lobby::accept_some(int listener) {
  for (int i = 0; i < kAtOnce; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = ::accept4(listener, reinterpret_cast<sockaddr*>(&from), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      // Out of descriptors: the listener stays readable, so a moment's rest keeps this from
      // spinning.
      if (errno == EMFILE || errno == ENFILE)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      return;
    }
    if (present_.load(std::memory_order_relaxed) >= limits_.connections) {
      turn_away(fd, "503 Service Unavailable");
      ::close(fd);
      continue;
    }
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    present_.fetch_add(1, std::memory_order_relaxed);
    auto visitor = std::make_unique<Visitor>(fd);
    visitor->peer = peer_of(from);
    wait_for(std::move(visitor));
  }
}

void Lobby::take_back() {
  std::vector<std::unique_ptr<Visitor>> back;
  {
    const std::lock_guard lock(mutex_);
    back.swap(back_);
  }
  for (auto& visitor : back) {
    if (!visitor->leaving && !visitor->listening && visitor->has_head()) {
      ready_(std::move(visitor));
    } else {
      wait_for(std::move(visitor));
    }
  }
}

void Lobby::wait_for(std::unique_ptr<Visitor> visitor) {
  const int fd = visitor->fd;
  visitor->since = monotonic_millis();
  if (visitor->listening) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kUnread, sizeof kUnread);
  if (!watch(fd)) {
    gone();
    return;
  }
  waiting_.emplace(fd, std::move(visitor));
}

// What arrived joins the input; a whole head goes to the workers.
void Lobby::received(int fd) {
  Visitor& visitor = *waiting_.find(fd)->second;
  char chunk[kChunk];
  const ssize_t size = ::recv(fd, chunk, sizeof chunk, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return drop(fd);
  if (visitor.leaving || visitor.listening) return;
  if (visitor.input.empty()) visitor.since = monotonic_millis();  // the head's first byte
  visitor.input.append(chunk, static_cast<size_t>(size));
  const size_t size_of_head = std::min(visitor.head_size(), visitor.input.size());
  if (size_of_head > kMostHead) {
    turn_away(fd, "431 Request Header Fields Too Large");
    visitor.leave();
    visitor.since = monotonic_millis();
  } else if (visitor.has_head()) {
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    auto found = waiting_.extract(fd);
    ready_(std::move(found.mapped()));
  }
}

// One event for all. Who has not read the last ones, so that this one does not fit into his socket,
// is dropped: the others are not kept waiting, and nothing is stored for him.
void Lobby::tell() {
  std::vector<int> listening;
  for (const auto& [fd, visitor] : waiting_) {
    if (visitor->listening) listening.push_back(fd);
  }
  const std::string event = tick_(listening.size());
  for (const int fd : listening) {
    const ssize_t sent = ::send(fd, event.data(), event.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(event.size())) drop(fd);
  }
}

void Lobby::turn_away(int fd, const char* status) {
  const std::string reason = status + 4;
  const std::string body = "{\"error\":\"" + reason + "\"}";
  const std::string answer = std::string("HTTP/1.1 ") + status +
                             "\r\nContent-Type: application/json\r\nConnection: close\r\n"
                             "Content-Length: " +
                             std::to_string(body.size()) + "\r\n\r\n" + body;
  // Not waited for: a socket that has sent nothing yet has room for it.
  [[maybe_unused]] const ssize_t sent =
      ::send(fd, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void Lobby::drop(int fd) {
  waiting_.erase(fd);  // closing the socket takes it out of epoll, too
  gone();
}

void Lobby::sweep(Millis now) {
  std::vector<int> late;
  for (const auto& [fd, visitor] : waiting_) {
    if (visitor->listening) continue;
    const Millis waited = now - visitor->since;
    if (visitor->leaving) {
      if (waited > kLeaveWithin) late.push_back(fd);
    } else if (waited > (visitor->input.empty() ? limits_.idle_within : limits_.head_within)) {
      if (!visitor->input.empty()) turn_away(fd, "408 Request Timeout");
      late.push_back(fd);
    }
  }
  for (const int fd : late) drop(fd);
}

}  // namespace freshet
