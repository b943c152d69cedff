#include "server/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "freshet/commands/options.h"
#include "server/log.h"

namespace freshet {
namespace {

struct Opened {
  int fd = -1;
  int error = 0;  // errno; 0 with fd -1: `why` says it
  std::string why;
};

Opened failed(int fd) {
  const int error = errno;
  if (fd >= 0) ::close(fd);
  return {-1, error, std::strerror(error)};
}

Opened listen_at(const addrinfo& info, int backlog) {
  const int fd = ::socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed(fd);
  const int yes = 1;
  if (info.ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(fd, info.ai_addr, info.ai_addrlen) != 0 || ::listen(fd, backlog) != 0)
    return failed(fd);
  return {fd, 0, ""};
}

Opened open_tcp(const std::string& address, const std::string& port, int backlog) {
  const bool ipv6 = address.find(':') != std::string::npos;
  const bool any = address == "*" || address == "::*";
  addrinfo hints{};
  hints.ai_family = ipv6 ? AF_INET6 : AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(any ? nullptr : address.c_str(), port.c_str(), &hints, &found);
  if (error != 0) return {-1, 0, gai_strerror(error)};
  const Opened opened = listen_at(*found, backlog);
  freeaddrinfo(found);
  return opened;
}

Opened open_unix(const std::string& path, int backlog) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return {-1, 0, "the path is too long"};
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ::unlink(path.c_str());  // left by an earlier run
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed(fd);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failed(fd);
  if (::listen(fd, backlog) != 0) return failed(fd);
  return {fd, 0, ""};
}

// The address does not exist here, or the system lacks its protocol.
bool may_be_left_out(int error, bool optional) {
  if (error == EADDRNOTAVAIL) return optional;
  return error == ENOPROTOOPT || error == EPROTONOSUPPORT || error == ESOCKTNOSUPPORT ||
         error == EPFNOSUPPORT || error == EAFNOSUPPORT;
}

Listening give_up(Listening& sofar, std::string error) {
  for (const Listener& listener : sofar.listeners) ::close(listener.fd);
  return {{}, std::move(error)};
}

// Adds the sockets of `addresses`; an error, and none is open.
void listen_tcp(const std::vector<std::string>& addresses, int64_t number, int backlog, Log& log,
                Listening& listening) {
  const std::string port = std::to_string(number);
  for (std::string address : addresses) {
    const bool optional = address.starts_with('-');
    if (optional) address.erase(0, 1);
    const Opened opened = open_tcp(address, port, backlog);
    const std::string name = address + ":" + port;
    if (opened.fd >= 0) {
      listening.listeners.push_back({opened.fd, name, false});
    } else if (may_be_left_out(opened.error, optional)) {
      log.warning("not listening on " + name + ": " + opened.why);
    } else {
      listening = give_up(listening, "can't listen on " + name + ": " + opened.why);
      return;
    }
  }
}

}  // namespace

Listening listen_http(const Options& options, Log& log) {
  Listening listening;
  const auto backlog = static_cast<int>(options.number("tcp-backlog"));
  listen_tcp(options.list("http-bind"), options.number("http-port"), backlog, log, listening);
  if (listening.error.empty() && listening.listeners.empty())
    return {{}, "http-port is set, and http-bind names nothing to listen on"};
  return listening;
}

Listening listen_all(const Options& options, Log& log) {
  Listening listening;
  const auto backlog = static_cast<int>(options.number("tcp-backlog"));
  const int64_t port = options.number("port");
  if (port != 0) listen_tcp(options.list("bind"), port, backlog, log, listening);
  if (!listening.error.empty()) return listening;
  const std::string path = options.text("unixsocket");
  if (!path.empty()) {
    const Opened opened = open_unix(path, backlog);
    if (opened.fd < 0) return give_up(listening, "can't listen on " + path + ": " + opened.why);
    listening.listeners.push_back({opened.fd, path, true});
    const std::string mode = options.text("unixsocketperm");  // octal; "" or 0: as umask has it
    if (const auto bits = std::strtoul(mode.c_str(), nullptr, 8))
      ::chmod(path.c_str(), static_cast<mode_t>(bits));
  }
  if (listening.listeners.empty())
    return {{}, "nothing to listen on: port is 0 or bind is empty, and there is no unixsocket"};
  return listening;
}

void set_keepalive(int fd, int seconds) {
  const int yes = 1, between = std::max(1, seconds / 3), probes = 3;
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &between, sizeof between);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

}  // namespace freshet
