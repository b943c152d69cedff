// How a connection's replies leave: at the end of a turn, and what the socket does not take then
// when it can.
#include <sys/socket.h>

#include <cerrno>

#include "server/connection.h"
#include "server/core.h"
#include "server/server_host.h"

namespace freshet {
namespace {

constexpr int kParts = 64;  // of one write

// What the socket takes at once; -1 and errno: nothing, or an error. One part by send(): write()
// and sendmsg() cost a GET 2 and 4 % more at a pipeline depth of 1.
ssize_t send_now(int fd, iovec* parts, int count) {
  constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
  if (count == 1) return ::send(fd, parts->iov_base, parts->iov_len, kFlags);
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = static_cast<size_t>(count);
  return sendmsg(fd, &message, kFlags);
}

}  // namespace

size_t Connection::pending() const {
  return (out_ == nullptr ? 0 : out_->pending()) + (flight_ == nullptr ? 0 : flight_->pending());
}

// The replies, if any, leave at the end of the turn.
void Connection::reply() {
  if (state_ == State::kClosed) return;
  if (out_ != nullptr && out_->empty()) core_.give_output(std::move(out_));
  if (out_ != nullptr || (state_ == State::kLastWords && flight_ == nullptr))
    core_.flush_later(*this);
}

void Connection::flush() {
  if (state_ == State::kClosed || over_output_limit(core_.now())) return;
  if (flight_ != nullptr) return;  // send_more() goes on
  if (session_.withheld) return;   // answer() goes on
  if (out_ != nullptr && !send()) return;
  if (state_ == State::kLastWords) {
    close();
  } else if (hold_ == Hold::kOutput) {
    core_.go_on_later(*this);
  }
}

// Sends while the socket takes it. False if something is left, or the connection is gone.
bool Connection::send() {
  while (!out_->empty()) {
    const size_t before = out_->pending();
    if (!send_once(*out_)) return false;
    if (out_->pending() == before) {
      flight_ = std::move(out_);
      account();
      watch();
      return false;
    }
  }
  core_.give_output(std::move(out_));
  if (accounted_ != own_bytes()) account();
  return true;
}

// False: the connection is gone.
bool Connection::send_once(Output& output) {
  iovec parts[kParts];
  const ssize_t sent = send_now(card_.fd, parts, output.gather(parts, kParts));
  if (sent >= 0) {
    core_.stats().output_bytes.add(static_cast<uint64_t>(sent));
    output.sent(static_cast<size_t>(sent));
  } else if (errno != EAGAIN && errno != EINTR) {
    close();
  }
  return state_ != State::kClosed;
}

// The socket takes more of what it did not take before; then come later replies, or the end.
void Connection::send_more() {
  if (flight_ == nullptr || !send_once(*flight_)) return;
  if (flight_->empty()) core_.give_output(std::move(flight_));
  account();
  if (flight_ == nullptr) flush();
}

// Much has gathered: it is sent before the turn ends, and a client that does not read is waited
// for.
void Connection::take_off() {
  flush();
  if (running() && pending() > core_.backpressure()) hold(Hold::kOutput);
}

bool Connection::over_output_limit(Millis now) {
  const Options& options = core_.options();
  const auto hard = static_cast<size_t>(options.output_hard_limit.load(std::memory_order_relaxed));
  const auto soft = static_cast<size_t>(options.output_soft_limit.load(std::memory_order_relaxed));
  if ((hard | soft) == 0) [[likely]]
    return false;
  const size_t size = pending();
  if (soft == 0 || size <= soft) {
    over_soft_limit_since_ = 0;
  } else if (over_soft_limit_since_ == 0) {
    over_soft_limit_since_ = now;
  }
  const Millis patience = options.output_soft_seconds.load(std::memory_order_relaxed) * 1000;
  const bool too_long = over_soft_limit_since_ != 0 && now - over_soft_limit_since_ > patience;
  if (!too_long && (hard == 0 || size <= hard)) return false;
  core_.log().warning("Client " + line() + " closed for overcoming of output buffer limits.");
  close();
  return true;
}

}  // namespace freshet
