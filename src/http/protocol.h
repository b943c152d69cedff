// HTTP/1.1 on a visitor's socket: the one place that knows the library that speaks it. Each worker
// may use the same one at the same time.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "freshet/base/time.h"
#include "http/lobby.h"
#include "http/message.h"

namespace freshet {

class Protocol {
 public:
  struct Limits {
    size_t body = 1 << 20;        // bytes of a request's
    Millis patience = 10'000;     // for a body to come, or an answer to be taken
    Millis idle_within = 60'000;  // told to clients
  };
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  explicit Protocol(const Limits& limits);
  ~Protocol();
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;

  enum class After {
    kStay,    // the connection waits for its next request
    kListen,  // the connection waits for events
    kLeave,   // answered; the client may still be sending
    kGone,    // nobody is there any more
  };
  // Serves the request whose head the visitor's input begins with.
  After serve(Visitor& visitor, const Handler& handler);

  // The end is near: who has not sent his request soon, or does not take his answer, is given up.
  // Any thread.
  void hurry();

 private:
  class Engine;  // the library's server
  void rehearse();
  const Limits limits_;
  std::atomic<Millis> ends_{INT64_MAX / 2};  // monotonic: when hurry() was called
  std::unique_ptr<Engine> engine_;
};

}  // namespace freshet
