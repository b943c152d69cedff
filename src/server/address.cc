#include "server/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace freshet {

Address Address::of(const sockaddr_storage& storage) {
  Address address;
  address.family = storage.ss_family;
  if (storage.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(storage);
    address.port = ntohs(in.sin_port);
    std::memcpy(address.ip, &in.sin_addr, sizeof in.sin_addr);
  } else if (storage.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(storage);
    address.port = ntohs(in6.sin6_port);
    std::memcpy(address.ip, &in6.sin6_addr, sizeof in6.sin6_addr);
  }
  return address;
}

Address Address::local(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return of(storage);
}

bool Address::is_local() const {
  if (is_unix()) return true;
  if (family == AF_INET) return ip[0] == 127;
  return std::memcmp(ip, &in6addr_loopback, sizeof ip) == 0;
}

std::string Address::text(const std::string& unix_path) const {
  if (is_unix()) return unix_path + ":0";
  char host[INET6_ADDRSTRLEN] = "?";
  inet_ntop(family, ip, host, sizeof host);
  const std::string tail = ":" + std::to_string(port);
  return family == AF_INET6 ? "[" + std::string(host) + "]" + tail : host + tail;
}

}  // namespace freshet
