#include "runner.h"

#include <cstdio>
#include <cstdlib>

namespace freshet::compat {
namespace {

// A new connection to a flushed server, or nothing when it does not answer.
std::optional<Link> flushed(const ServerProcess& server) {
  std::optional<Link> link = Link::open(server.socket_path());
  if (!link) return std::nullopt;
  link->queue(Args{"FLUSHALL"});
  link->want(1);
  pump({&*link, &*link}, std::chrono::milliseconds(5'000));
  if (link->take() != std::vector<std::string>{"+OK\r\n"}) return std::nullopt;
  return link;
}

Seat seat(ServerProcess* server) {
  std::optional<Link> link = flushed(*server);
  if (!link && server->start()) link = flushed(*server);
  if (!link) {
    std::fprintf(stderr, "differential: %s does not start\n%s", server->program().c_str(),
                 server->last_words().c_str());
    std::exit(1);
  }
  return {std::move(*link), server->socket_path()};
}

}  // namespace

std::optional<Mismatch> Runner::run(const std::vector<Step>& steps) {
  if (doubtful_) tested_->kill();
  std::optional<Mismatch> mismatch =
      Duet(seat(reference_), seat(tested_), patience_, &tally_).play(steps);
  doubtful_ = mismatch && mismatch->missing;
  return mismatch;
}

}  // namespace freshet::compat
