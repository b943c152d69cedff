// A link is one connection to one of the two servers. It knows bytes and whole replies, not what
// they mean. Single-threaded; both servers' links are driven together by pump().
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "step.h"

namespace freshet::compat {

class Link {
 public:
  enum class State { kOpen, kClosed, kBroken, kLate };

  // Nothing when nobody listens at `path`.
  static std::optional<Link> open(const std::string& path);

  Link(Link&& other) noexcept;
  Link& operator=(Link&& other) noexcept;
  ~Link();

  void queue(std::string_view bytes) { out_ += bytes; }
  void queue(const Args& args);

  // What the next pump() waits for: so many replies, or (kUntilClosed) the end. Without it, that
  // all is sent; what comes meanwhile is kept uncut.
  static constexpr size_t kUntilClosed = static_cast<size_t>(-1);
  void want(size_t replies);

  // The replies that came since the last take, in order.
  std::vector<std::string> take();
  // REQUIRES: want(kUntilClosed). All bytes that came, uncut.
  const std::string& bytes() const { return in_; }

  // Tells the server that no more will be sent.
  void finish_sending();

  State state() const { return state_; }
  std::string state_name() const;

 private:
  friend void pump(std::array<Link*, 2> links, std::chrono::milliseconds patience);

  explicit Link(int fd) : fd_(fd) {}
  bool busy() const;
  bool cutting() const { return wanted_ > 0 && wanted_ != kUntilClosed; }
  void write_some();
  void read_some();
  void cut_all();

  int fd_;
  State state_ = State::kOpen;
  std::string out_;
  size_t sent_ = 0;
  std::string in_;
  size_t cut_ = 0;  // bytes of in_ that are in replies_ already
  size_t wanted_ = 0;
  std::vector<std::string> replies_;
};

// Sends what is queued and receives what is wanted on both links at once. A link that is not done
// when `patience` is over becomes kLate.
void pump(std::array<Link*, 2> links, std::chrono::milliseconds patience);

}  // namespace freshet::compat
