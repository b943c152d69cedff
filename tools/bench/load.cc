#include "load.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "client.h"
#include "clock.h"

namespace freshet {

namespace {
constexpr size_t kReadBytes = 256 * 1024;
constexpr int kMaxEvents = 256;
constexpr uint64_t kSilenceNs = 30ULL * 1000000000ULL;
constexpr uint64_t kSeed = 20240229;  // the same keys in the same order for every server
}  // namespace

Load::Load(int port, const LoadSpec& spec)
    : spec_(spec),
      picker_(spec.pick, std::max<uint64_t>(spec.space.keys, 1), kSeed),
      connections_(spec.connections),
      read_buffer_(kReadBytes),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  for (const Args& args : spec.operation.requests) requests_.emplace_back(args, spec.space);
  for (size_t i = 0; i < connections_.size(); ++i) {
    Connection& connection = connections_[i];
    connection.fd = connect_loopback(port);
    if (connection.fd < 0) {
      fail("cannot connect: " + std::string(strerror(errno)));
      return;
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
  }
}

Load::~Load() {
  for (Connection& connection : connections_) {
    if (connection.fd >= 0) close(connection.fd);
  }
  close(epoll_);
}

void Load::fail(std::string why) {
  if (broken_.empty()) broken_ = std::move(why);
}

std::string Load::first_error() const {
  for (const Connection& connection : connections_) {
    if (connection.skipper.errors() > 0) return connection.skipper.first_error();
  }
  return broken_;
}

void Load::compose(Connection& connection) {
  const uint64_t key = picker_.next();
  const int second = spec_.operation.second_percent;
  if (second > 0) {
    const bool take_second = picker_.random().below(100) < static_cast<uint64_t>(second);
    requests_[take_second ? 1 : 0].append_to(connection.out, key, picker_);
    connection.awaited += 1;
  } else {
    for (const Request& request : requests_) request.append_to(connection.out, key, picker_);
    connection.awaited += requests_.size();
  }
}

void Load::start_batch(Connection& connection, uint64_t started) {
  connection.out.clear();
  connection.sent = 0;
  connection.started = started;
  const uint64_t left = limits_.operations - issued_;
  const uint64_t batch = open_loop() ? 1 : std::min<uint64_t>(spec_.pipeline, left);
  for (uint64_t i = 0; i < batch; ++i) compose(connection);
  issued_ += batch;
  ++waiting_;
  flush(connection);
}

void Load::next_batch(Connection& connection, uint64_t now) {
  if (!open_loop()) {
    if (may_issue(now)) start_batch(connection, now);
  } else if (!connection.due.empty()) {
    const uint64_t intended = connection.due.front();
    connection.due.pop_front();
    --queued_;
    start_batch(connection, intended);
  }
}

void Load::flush(Connection& connection) {
  while (connection.sent < connection.out.size()) {
    const ssize_t sent = send(connection.fd, connection.out.data() + connection.sent,
                              connection.out.size() - connection.sent, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN) return fail("connection lost while sending");
    if (sent < 0) break;
    connection.sent += sent;
  }
  const bool wants_write = connection.sent < connection.out.size();
  if (wants_write == connection.wants_write) return;
  connection.wants_write = wants_write;
  epoll_event event{};
  event.events = wants_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = &connection - connections_.data();
  epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

void Load::on_readable(Connection& connection) {
  const ssize_t got = recv(connection.fd, read_buffer_.data(), read_buffer_.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return fail("the server closed the connection");
  std::string_view in(read_buffer_.data(), got);
  uint64_t replies = 0;
  while (!in.empty()) {
    const Skipper::Skipped skipped = connection.skipper.skip(in);
    in.remove_prefix(skipped.bytes);
    replies += skipped.complete ? 1 : 0;
  }
  if (replies == 0) return;
  if (replies > connection.awaited) return fail("more replies than requests");
  const uint64_t now = now_ns();
  result_.latency.record(now - connection.started, replies);
  connection.awaited -= replies;
  if (connection.awaited > 0) return;
  --waiting_;
  next_batch(connection, now);
}

// Open loop: hands the operations whose time has come to the connections in turn.
void Load::release_due(uint64_t now) {
  const auto interval = static_cast<uint64_t>(1e9 / limits_.per_second);
  while (next_due_ <= now && next_due_ < deadline_ && issued_ + queued_ < limits_.operations) {
    Connection& connection = connections_[next_connection_];
    next_connection_ = (next_connection_ + 1) % connections_.size();
    connection.due.push_back(next_due_);
    ++queued_;
    next_due_ += interval;
    if (connection.awaited == 0) next_batch(connection, now);
  }
}

bool Load::unfinished() const {
  if (waiting_ > 0 || queued_ > 0) return true;
  return open_loop() && next_due_ < deadline_ && issued_ < limits_.operations;
}

void Load::wait_for_events() {
  uint64_t timeout = kSilenceNs;
  if (open_loop()) {
    const uint64_t now = now_ns();
    const uint64_t until = next_due_ < deadline_ ? next_due_ : now + kSilenceNs;
    timeout = until > now ? until - now : 0;
  }
  const timespec wait{static_cast<time_t>(timeout / 1000000000),
                      static_cast<long>(timeout % 1000000000)};
  epoll_event events[kMaxEvents];
  const int ready = epoll_pwait2(epoll_, events, kMaxEvents, &wait, nullptr);
  if (ready == 0 && timeout == kSilenceNs) return fail("no reply for 30 s");
  for (int i = 0; i < ready; ++i) {
    Connection& connection = connections_[events[i].data.u64];
    if (events[i].events & EPOLLOUT) flush(connection);
    if (events[i].events & ~static_cast<uint32_t>(EPOLLOUT)) on_readable(connection);
  }
}

LoadResult Load::run(const Limits& limits) {
  limits_ = limits;
  result_ = LoadResult{};
  issued_ = 0;
  const uint64_t begin = now_ns();
  deadline_ = begin + static_cast<uint64_t>(limits.seconds * 1e9);
  next_due_ = begin;
  if (!open_loop()) {
    for (Connection& connection : connections_) {
      if (!broken()) next_batch(connection, begin);
    }
  }
  while (!broken()) {
    if (open_loop()) release_due(now_ns());
    if (!unfinished()) break;
    wait_for_events();
  }
  result_.seconds = static_cast<double>(now_ns() - begin) / 1e9;
  result_.operations = issued_;
  result_.error = first_error();
  return std::move(result_);
}

}  // namespace freshet
