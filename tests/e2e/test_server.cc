#include "test_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "wire.h"

namespace freshet::e2e {
namespace {

constexpr int kPortAttempts = 5;  // another program may take a free port before the server does

Words command_line(const Seat& seat, const TempDir& dir, int port, const Words& options,
                   const std::string& config) {
  Words argv = {seat.program};
  if (!config.empty()) {
    write_file(dir.file("freshet.conf"), config);
    argv.push_back(dir.file("freshet.conf"));
  }
  const Words usual = {"--port",    std::to_string(port), "--unixsocket",     dir.file("s.sock"),
                       "--logfile", dir.file("log"),      "--protected-mode", "no"};
  argv.insert(argv.end(), usual.begin(), usual.end());
  bool binds = false;
  for (const std::string& word : options) binds |= word == "--bind";
  if (!binds) argv.insert(argv.end(), {"--bind", "127.0.0.1"});
  if (seat.cores > 0) {
    argv.insert(argv.end(), {"--cores", std::to_string(seat.cores)});
  } else {
    argv.insert(argv.end(), {"--save", ""});
  }
  argv.insert(argv.end(), options.begin(), options.end());
  return argv;
}

}  // namespace

Seat seat_under_test() {
  const std::string program = env("FRESHET_SERVER", "");
  if (program.empty()) throw std::runtime_error("FRESHET_SERVER must name the server's binary");
  return {program, std::atoi(env("FRESHET_CORES", "1").c_str())};
}

std::optional<Seat> seat_of_warm_source() {
  const std::string program = env("FRESHET_WARM_SOURCE", "/usr/bin/redis-server");
  if (::access(program.c_str(), X_OK) != 0) return std::nullopt;
  return Seat{program, 0};
}

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

TestServer::TestServer(const Words& options, const std::string& config)
    : TestServer(seat_under_test(), options, config) {}

TestServer::TestServer(const Seat& seat, const Words& options, const std::string& config) {
  for (int attempt = 0; attempt < kPortAttempts; ++attempt) {
    if (start_on(free_port(), seat, options, config)) return;
  }
  throw std::runtime_error("the server does not start:\n" + log());
}

bool TestServer::start_on(int port, const Seat& seat, const Words& options,
                          const std::string& config) {
  port_ = port;
  process_ = std::make_unique<Process>(command_line(seat, dir_, port, options, config), dir_.path(),
                                       dir_.file("output"));
  const auto ready = [this] {
    return process_->ended() ||
           (Wire::tcp("127.0.0.1", port_).is_open() && Wire::local(socket_path()).is_open());
  };
  return eventually(ready) && !process_->ended();
}

TestServer::~TestServer() {
  if (process_ == nullptr || process_->ended()) return;
  const std::optional<int> code = stop();
  CHECK_MESSAGE(code == 0, "the server's end; its log:\n", log());
}

std::string TestServer::log() const {
  return read_file(dir_.file("output")) + read_file(dir_.file("log"));
}

std::optional<int> TestServer::stop() {
  signal(SIGTERM);
  return wait();
}

Ending run_to_end(const Words& options, const std::string& config) {
  const TempDir dir;
  Process process(command_line(seat_under_test(), dir, free_port(), options, config), dir.path(),
                  dir.file("output"));
  const std::optional<int> code = process.wait(milliseconds(10'000));
  return {code, read_file(dir.file("output")) + read_file(dir.file("log"))};
}

}  // namespace freshet::e2e
