#include "server/acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "freshet/commands/options.h"
#include "server/core.h"
#include "server/server_host.h"

namespace freshet {
namespace {

constexpr int kAtOnce = 64;      // accepted in one turn, from one listener
constexpr uint64_t kRest = 100;  // ms without accepting when descriptors ran out

constexpr std::string_view kTooMany = "-ERR max number of clients reached\r\n";
// Word for word Redis 7.0's: clients and people look for it.
constexpr std::string_view kProtected =
    "-DENIED Redis is running in protected mode because protected mode is enabled and no password "
    "is set for "
    "the default user. In this mode connections are only accepted from the loopback interface. If "
    "you want to "
    "connect from external computers to Redis you may adopt one of the following solutions: 1) "
    "Just disable "
    "protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface "
    "by "
    "connecting to Redis from the same host the server is running, however MAKE SURE Redis is not "
    "publicly "
    "accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) "
    "Alternatively you can just disable the protected mode by editing the Redis configuration "
    "file, and "
    "setting the protected mode option to 'no', and then restarting the server. 3) If you started "
    "the server "
    "manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an "
    "authentication password for the default user. NOTE: You only need to do one of the above "
    "things in order "
    "for the server to start accepting connections from the outside.\r\n";

}  // namespace

struct Acceptor::Gate {
  Listener listener;
  uv_poll_t poll;
};

Acceptor::Acceptor(ServerHost& host, std::vector<Listener> listeners)
    : host_(host), own_(host.core(0)) {
  uv_timer_init(own_.loop(), &rest_);
  rest_.data = this;
  for (Listener& listener : listeners) {
    auto gate = std::make_unique<Gate>();
    gate->listener = std::move(listener);
    uv_poll_init(own_.loop(), &gate->poll, gate->listener.fd);
    gate->poll.data = this;
    gates_.push_back(std::move(gate));
  }
}

Acceptor::~Acceptor() = default;

void Acceptor::start() {
  for (auto& gate : gates_) uv_poll_start(&gate->poll, UV_READABLE, on_readable);
}

void Acceptor::close() {
  if (closed_) return;
  closed_ = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&rest_), nullptr);
  for (auto& gate : gates_) {
    uv_close(reinterpret_cast<uv_handle_t*>(&gate->poll), nullptr);
    ::close(gate->listener.fd);
    if (gate->listener.is_unix) ::unlink(gate->listener.name.c_str());
  }
}

void Acceptor::on_readable(uv_poll_t* poll, int, int) {
  auto* self = static_cast<Acceptor*>(poll->data);
  for (auto& gate : self->gates_) {
    if (&gate->poll == poll) return self->accept_some(gate->listener);
  }
}

void Acceptor::accept_some(const Listener& listener) {
  for (int i = 0; i < kAtOnce; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int fd = ::accept4(listener.fd, reinterpret_cast<sockaddr*>(&peer), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN) rest(errno);
      return;
    }
    Socket socket{fd, Address::of(peer), 0};
    if (listener.is_unix) socket.peer.family = AF_UNIX;
    welcome(socket);
  }
}

// Descriptors or memory ran out: the listeners would stay readable, and the loop would spin.
void Acceptor::rest(int error) {
  host_.logger().warning(std::string("can't accept: ") + std::strerror(error));
  for (auto& gate : gates_) uv_poll_stop(&gate->poll);
  uv_timer_start(&rest_, on_rested, kRest, 0);
}

void Acceptor::on_rested(uv_timer_t* timer) { static_cast<Acceptor*>(timer->data)->start(); }

void Acceptor::welcome(Socket socket) {
  Options& options = host_.options();
  int clients = 0;
  Core& core = least_loaded(clients);
  if (clients >= options.maxclients.load(std::memory_order_relaxed))
    return turn_away(socket.fd, kTooMany);
  if (!socket.peer.is_local() && options.number("protected-mode") != 0 &&
      !options.needs_password.load(std::memory_order_relaxed)) {
    return turn_away(socket.fd, kProtected);
  }
  if (!socket.peer.is_unix()) {
    const int yes = 1;
    setsockopt(socket.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const auto keepalive = static_cast<int>(options.number("tcp-keepalive"));
    if (keepalive > 0) set_keepalive(socket.fd, keepalive);
  }
  socket.id = next_id_++;
  core.load().fetch_add(1, std::memory_order_relaxed);
  if (host_.logger().wants(Log::Level::kVerbose)) {
    host_.logger().write(Log::Level::kVerbose, "accepted " + socket.peer.text(host_.unix_path()));
  }
  if (&core == &own_) {
    core.adopt(socket);
  } else {
    core.mailbox().send([&core, socket] { core.adopt(socket); });
  }
}

void Acceptor::turn_away(int fd, std::string_view why) {
  own_.stats().rejected_connections.add();
  // Not waited for: a fresh socket's buffer holds it.
  [[maybe_unused]] const ssize_t sent =
      ::send(fd, why.data(), why.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::close(fd);
}

Core& Acceptor::least_loaded(int& clients) {
  Core* least = nullptr;
  int fewest = 0;
  for (size_t i = 0; i < host_.cores(); ++i) {
    const int load = host_.core(i).load().load(std::memory_order_relaxed);
    clients += load;
    if (least != nullptr && load >= fewest) continue;
    least = &host_.core(i);
    fewest = load;
  }
  return *least;
}

}  // namespace freshet
