// The load generator: many connections, one thread, epoll. Requests are copied from templates and
// replies are skipped, not parsed, so the server is the bottleneck. It knows nothing of who
// answers.
//
// Closed loop: a connection sends `pipeline` requests, waits for all replies, sends again.
// Open loop: requests leave at a fixed rate, and latency counts from the intended time of sending,
// so a server that stalls is charged for every request that should have been sent meanwhile.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "histogram.h"
#include "picker.h"
#include "request.h"
#include "skipper.h"

namespace freshet {

struct LoadSpec {
  Operation operation;
  Space space;
  Pick pick = Pick::kUniform;
  int pipeline = 1;  // operations, not requests
  int connections = 1;
};

struct Limits {
  uint64_t operations = UINT64_MAX;
  double seconds = 600;
  double per_second = 0;  // 0 = closed loop
};

struct LoadResult {
  uint64_t operations = 0;
  double seconds = 0;
  Histogram latency;  // ns, one value per reply
  std::string error;  // not empty: the first error reply, or how the connection broke
};

class Load {
 public:
  // Connects; broken() afterwards if that failed.
  Load(int port, const LoadSpec& spec);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Returns when a limit is reached and every reply has arrived. May be called again.
  LoadResult run(const Limits& limits);

  bool broken() const { return !broken_.empty(); }
  const std::string& why_broken() const { return broken_; }

 private:
  struct Connection {
    int fd = -1;
    Skipper skipper;
    std::string out;
    size_t sent = 0;
    uint64_t awaited = 0;  // replies
    uint64_t started = 0;  // when the batch was, or should have been, sent
    bool wants_write = false;
    std::deque<uint64_t> due;  // open loop only: intended times not yet served
  };

  void compose(Connection& connection);
  void start_batch(Connection& connection, uint64_t started);
  void next_batch(Connection& connection, uint64_t now);
  void flush(Connection& connection);
  void on_readable(Connection& connection);
  void release_due(uint64_t now);
  void wait_for_events();
  bool may_issue(uint64_t now) const { return issued_ < limits_.operations && now < deadline_; }
  bool open_loop() const { return limits_.per_second > 0; }
  bool unfinished() const;
  void fail(std::string why);
  std::string first_error() const;

  LoadSpec spec_;
  std::vector<Request> requests_;
  KeyPicker picker_;
  std::vector<Connection> connections_;
  std::vector<char> read_buffer_;
  int epoll_ = -1;
  std::string broken_;

  // of the current run
  Limits limits_;
  LoadResult result_;
  uint64_t issued_ = 0;   // operations
  uint64_t waiting_ = 0;  // connections with a batch under way
  uint64_t queued_ = 0;   // open loop: operations due and not sent
  uint64_t deadline_ = 0;
  uint64_t next_due_ = 0;
  size_t next_connection_ = 0;
};

}  // namespace freshet
