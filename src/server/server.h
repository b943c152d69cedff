// The server: builds the house from its options, runs one core on each thread, and ends it in
// order.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "freshet/commands/options.h"
#include "http/http_server.h"
#include "server/acceptor.h"
#include "server/log.h"
#include "server/process.h"
#include "server/server_host.h"

namespace freshet {

class Server {
 public:
  explicit Server(Options& options) : options_(options) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Opens log and sockets, makes shards and cores. "" or why it can't.
  std::string start();
  // Serves, on this thread and others, until it is asked to end.
  void run();

 private:
  std::string rename_commands();
  void make_cores();
  std::string open_http();
  void follow_options();
  void announce(const std::vector<Listener>& listeners);
  void end();

  Options& options_;
  Log log_;
  std::unique_ptr<Keyspace> keyspace_;
  std::unique_ptr<ServerHost> host_;
  std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<HttpServer> http_;  // none without http-port
  std::unique_ptr<Signals> signals_;
  std::vector<std::thread> threads_;
  std::vector<int> cpus_;  // one for each core, or none
};

}  // namespace freshet
