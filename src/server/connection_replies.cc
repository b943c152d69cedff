// How a connection's replies leave: at the end of a turn, with what the socket does not take left
// to libuv.
#include <sys/socket.h>

#include <cerrno>

#include "server/connection.h"
#include "server/core.h"
#include "server/server_host.h"

namespace freshet {
namespace {

constexpr int kParts = 64;  // of one write

// What the socket takes at once; -1 and errno: nothing, or an error. One part by send(): write(), as
// uv_try_write() has it, and sendmsg() cost a reply of a few bytes 2 and 4 % more.
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
  return (out_ == nullptr ? 0 : out_->pending()) +
         (flight_ == nullptr ? 0 : flight_->output->pending());
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
  if (flight_ != nullptr) return;  // written() goes on
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
  iovec parts[kParts];
  while (!out_->empty()) {
    const ssize_t sent = send_now(card_.fd, parts, out_->gather(parts, kParts));
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      close();
      return false;
    }
    if (sent <= 0) {
      flight_ = std::make_unique<Flight>();
      flight_->output = std::move(out_);
      written(0);
      return false;
    }
    core_.stats().output_bytes.add(static_cast<uint64_t>(sent));
    out_->sent(static_cast<size_t>(sent));
  }
  core_.give_output(std::move(out_));
  if (accounted_ != own_bytes()) account();
  return true;
}

void Connection::on_written(uv_write_t* request, int status) {
  static_cast<Connection*>(request->data)->written(status);
}

// The socket took what was in flight (nothing, the first time): the rest, the later replies, or the
// end.
void Connection::written(int status) {
  if (state_ == State::kClosed) return;
  if (status != 0) return close();
  core_.stats().output_bytes.add(flight_->bytes);
  flight_->output->sent(flight_->bytes);
  flight_->bytes = 0;
  if (!flight_->output->empty()) {
    uv_buf_t parts[kParts];
    static_assert(sizeof(uv_buf_t) == sizeof(iovec));  // libuv promises the layout on Unix
    const int count = flight_->output->gather(reinterpret_cast<iovec*>(parts), kParts);
    for (int i = 0; i < count; ++i) flight_->bytes += parts[i].len;
    flight_->request.data = this;
    const int failed =
        uv_write(&flight_->request, stream(), parts, static_cast<unsigned>(count), on_written);
    account();
    if (failed != 0) close();
    return;
  }
  core_.give_output(std::move(flight_->output));
  flight_ = nullptr;
  account();
  flush();
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
