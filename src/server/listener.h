// The sockets that clients connect to: made from the options port, bind, unixsocket and their kin,
// with Redis 7.0's meaning.
#pragma once

#include <string>
#include <vector>

namespace freshet {

class Log;
class Options;

struct Listener {
  int fd = -1;
  std::string name;  // as the banner shows it
  bool is_unix = false;
};

struct Listening {
  std::vector<Listener> listeners;
  std::string error;  // not empty: why the server can't start; no listener is open then
};

Listening listen_all(const Options& options, Log& log);
// The same from http-port and http-bind.
Listening listen_http(const Options& options, Log& log);

// SO_KEEPALIVE as Redis sets it: the first probe after `seconds`, then every third of it, three
// times.
void set_keepalive(int fd, int seconds);

}  // namespace freshet
