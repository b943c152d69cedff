#include "server/server.h"

#include <sched.h>

#include <algorithm>
#include <cstdint>

#include "freshet/base/allocator.h"
#include "freshet/base/numbers.h"
#include "server/core.h"

namespace freshet {
namespace {

constexpr uint32_t kMostShards = 4096;

// The cpus this process may use.
std::vector<int> usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return {0};
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<size_t>(cpu), &set)) cpus.push_back(cpu);
  }
  return cpus;
}

}  // namespace

std::string Server::start() {
  log_.set_level(options_.text("loglevel"));
  if (std::string error = log_.open(options_.text("logfile")); !error.empty()) return error;
  if (std::string error = rename_commands(); !error.empty()) return error;
  fit_maxclients(options_, log_);
  purge_in_background();
  make_cores();
  // Before the sockets open: whoever can connect may already send the signal.
  signals_ = std::make_unique<Signals>(host_->core(0).loop(), [this] {
    log_.notice("asked to end by a signal");
    host_->shutdown();
  });
  // HTTP first: who finds the other port open takes the server for up.
  if (std::string error = open_http(); !error.empty()) return error;
  Listening listening = listen_all(options_, log_);
  if (!listening.error.empty()) return listening.error;
  announce(listening.listeners);
  acceptor_ = std::make_unique<Acceptor>(*host_, std::move(listening.listeners));
  follow_options();
  return "";
}

void Server::make_cores() {
  cpus_ = usable_cpus();
  const int64_t wanted = options_.number("cores");
  const auto cores = wanted > 0 ? static_cast<size_t>(wanted) : cpus_.size();
  if (cores > cpus_.size()) cpus_.clear();  // threads that share a cpu are the system's to place
  const uint64_t shards = cores * static_cast<uint64_t>(options_.number("shards-per-core"));
  keyspace_ = std::make_unique<Keyspace>(
      static_cast<uint32_t>(std::min<uint64_t>(kMostShards, shards)),
      static_cast<int>(options_.number("databases")), random_seed(), options_.settings);
  host_ = std::make_unique<ServerHost>(options_, *keyspace_, log_);
  const bool shared = cores > 1 || options_.number("http-port") != 0;
  host_->make_cores(static_cast<int>(cores), shared);
  host_->on_shutdown = [this] { host_->core(0).mailbox().send([this] { end(); }); };
}

std::string Server::open_http() {
  if (options_.number("http-port") == 0) return "";
  Listening listening = listen_http(options_, log_);
  if (!listening.error.empty()) return listening.error;
  std::vector<int> sockets;
  for (const Listener& listener : listening.listeners) {
    sockets.push_back(listener.fd);
    log_.notice("HTTP on " + listener.name);
  }
  http_ = std::make_unique<HttpServer>(*keyspace_, *host_);
  http_->open(std::move(sockets));
  for (CoreStats* stats : http_->stats()) host_->also_counts(stats);
  return "";
}

std::string Server::rename_commands() {
  for (const std::vector<std::string>& names : options_.many("rename-command")) {
    if (names.size() == 2 && CommandTable::all().rename(names[0], names[1])) continue;
    return "rename-command " + (names.empty() ? "" : names[0]) +
           ": no such command, or the new name is taken";
  }
  return "";
}

// What CONFIG SET changes outside of the atomics that everybody reads.
void Server::follow_options() {
  options_.changed = [this](const std::string& name) {
    if (name == "loglevel") log_.set_level(options_.text(name));
    if (name == "maxclients") raise_file_limit(options_.maxclients.load(std::memory_order_relaxed));
  };
}

void Server::announce(const std::vector<Listener>& listeners) {
  std::string addresses;
  for (const Listener& listener : listeners)
    addresses += (addresses.empty() ? "" : ", ") + listener.name;
  const int64_t memory = options_.settings.maxmemory.load(std::memory_order_relaxed);
  log_.notice("freshet " FRESHET_VERSION " (" FRESHET_ALLOCATOR_NAME ") listens on " + addresses +
              "; " + std::to_string(host_->cores()) + " cores" + (cpus_.empty() ? "" : ", pinned") +
              ", " + std::to_string(keyspace_->size()) + " shards, " +
              std::to_string(keyspace_->databases()) + " databases, maxclients " +
              std::to_string(options_.maxclients.load()) + ", maxmemory " +
              (memory == 0 ? "none" : format_memory(static_cast<uint64_t>(memory))));
}

void Server::run() {
  const PidFile pid_file(options_.text("pidfile"), log_);
  acceptor_->start();
  if (http_ != nullptr) http_->start();
  const auto cpu_of = [this](size_t i) { return cpus_.empty() ? -1 : cpus_[i]; };
  for (size_t i = 1; i < host_->cores(); ++i) {
    threads_.emplace_back([this, i, cpu = cpu_of(i)] { host_->core(i).run(cpu); });
  }
  host_->core(0).run(cpu_of(0));
  for (std::thread& thread : threads_) thread.join();
  if (http_ != nullptr) http_->join();
  log_.notice("bye");
}

// On core 0.
void Server::end() {
  log_.notice("no more connections; answering what has been received");
  acceptor_->close();
  if (http_ != nullptr) http_->stop();
  host_->warmer().stop();
  for (size_t i = 0; i < host_->cores(); ++i) {
    host_->core(i).mailbox().send([core = &host_->core(i)] { core->stop(); });
  }
}

}  // namespace freshet
