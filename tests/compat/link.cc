#include "link.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "resp_reader.h"

namespace freshet::compat {

std::optional<Link> Link::open(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  Link link(fd);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return std::nullopt;
  }
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return link;
}

Link::Link(Link&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      state_(other.state_),
      out_(std::move(other.out_)),
      sent_(other.sent_),
      in_(std::move(other.in_)),
      cut_(other.cut_),
      wanted_(other.wanted_),
      replies_(std::move(other.replies_)) {}

Link& Link::operator=(Link&& other) noexcept {
  std::swap(fd_, other.fd_);  // closed with `other`
  state_ = other.state_;
  out_ = std::move(other.out_);
  sent_ = other.sent_;
  in_ = std::move(other.in_);
  cut_ = other.cut_;
  wanted_ = other.wanted_;
  replies_ = std::move(other.replies_);
  return *this;
}

Link::~Link() {
  if (fd_ >= 0) ::close(fd_);
}

void Link::queue(const Args& args) {
  out_ += '*' + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) {
    out_ += '$' + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  }
}

void Link::want(size_t replies) {
  wanted_ = replies;
  if (cutting()) cut_all();
}

std::vector<std::string> Link::take() {
  wanted_ = 0;
  return std::exchange(replies_, {});
}

void Link::finish_sending() { ::shutdown(fd_, SHUT_WR); }

std::string Link::state_name() const {
  switch (state_) {
    case State::kOpen:
      return "still open";
    case State::kClosed:
      return "closed by the server";
    case State::kBroken:
      return "not RESP: the bytes make no reply";
    case State::kLate:
      return "no answer in time";
  }
  return "";
}

bool Link::busy() const {
  return state_ == State::kOpen && (sent_ < out_.size() || replies_.size() < wanted_);
}

void Link::write_some() {
  const ssize_t n = ::send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
  if (n > 0) sent_ += static_cast<size_t>(n);
  const bool refused = n < 0 && errno != EAGAIN && errno != EINTR;
  // The other side is gone, but what it said before going is still to be read.
  if (refused) sent_ = out_.size();
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
  }
}

void Link::read_some() {
  char buffer[64 * 1024];
  const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
  if (n > 0) in_.append(buffer, static_cast<size_t>(n));
  // A server that closes with our bytes unread resets the connection: to us that is a close.
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) state_ = State::kClosed;
  if (cutting()) cut_all();
}

void Link::cut_all() {
  while (cut_ < in_.size()) {
    const Cut cut = cut_reply(std::string_view(in_).substr(cut_));
    if (cut.state == Cut::State::kBroken) state_ = State::kBroken;
    if (cut.state != Cut::State::kWhole) break;
    replies_.push_back(in_.substr(cut_, cut.length));
    cut_ += cut.length;
  }
  in_.erase(0, cut_);
  cut_ = 0;
}

void pump(std::array<Link*, 2> links, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (links[0]->busy() || links[1]->busy()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    std::array<pollfd, 2> polled{};
    for (size_t i = 0; i < 2; ++i) {
      polled[i].fd = links[i]->busy() ? links[i]->fd_ : -1;
      polled[i].events = POLLIN;
      if (links[i]->sent_ < links[i]->out_.size()) polled[i].events |= POLLOUT;
    }
    ::poll(polled.data(), polled.size(), static_cast<int>(left.count()));
    for (size_t i = 0; i < 2; ++i) {
      if (polled[i].fd < 0) continue;
      if (polled[i].revents & POLLOUT) links[i]->write_some();
      if (polled[i].revents & (POLLIN | POLLHUP | POLLERR)) links[i]->read_some();
    }
  }
  for (Link* link : links) {
    if (link->busy()) link->state_ = Link::State::kLate;
  }
}

}  // namespace freshet::compat
