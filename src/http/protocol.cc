#include "http/protocol.h"

#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "http/clock.h"
#include "http/text.h"

namespace freshet {
namespace {

// Whoever is slower than this is given up once his patience is spent.
constexpr size_t kBytesPerMilli = 32;
// The library would end the answer with a length.
constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nretry: 2000\n\n";
constexpr size_t kGathered = 64 << 10;  // of an answer, before it is sent
// When the server ends:
constexpr Millis kReadWithin = 200;
constexpr Millis kWriteWithin = 4000;

// A socket for the library: what the lobby has read comes first, an answer is gathered and sent at
// once, and both have to be done in time.
class Wire : public httplib::Stream {
 public:
  Wire(Visitor& visitor, const Protocol::Limits& limits, const std::atomic<Millis>& ends)
      : visitor_(visitor), limits_(limits), ends_(ends), began_(monotonic_millis()) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return !broken_; }

  ssize_t read(char* to, size_t size) override {
    if (taken_ == visitor_.input.size()) {
      // The head is bounded by the lobby; the rest is framing of a chunked body.
      if (read_ > limits_.body + Lobby::kMostHead) {
        too_long_ = true;
        return -1;
      }
      if (!receive()) return broken_ || late_ ? -1 : 0;
    }
    size = std::min(size, visitor_.input.size() - taken_);
    std::copy_n(visitor_.input.data() + taken_, size, to);
    taken_ += size;
    read_ += size;
    return static_cast<ssize_t>(size);
  }

  ssize_t write(const char* bytes, size_t size) override {
    if (broken_) return -1;
    output_.append(bytes, size);
    if (output_.size() >= kGathered && !flush()) return -1;
    return static_cast<ssize_t>(size);
  }

  bool flush() {
    size_t sent = 0;
    answered_ |= !output_.empty();
    while (sent < output_.size() && !broken_) {
      const ssize_t size =
          ::send(visitor_.fd, output_.data() + sent, output_.size() - sent, MSG_NOSIGNAL);
      if (size > 0) {
        sent += static_cast<size_t>(size);
        moved_ += static_cast<size_t>(size);
      } else if (errno != EINTR && (errno != EAGAIN || !wait(POLLOUT, kWriteWithin))) {
        broken_ = true;
      }
    }
    output_.clear();
    return !broken_;
  }

  // In the place of all that was gathered.
  void write_instead(std::string bytes) { output_ = std::move(bytes); }

  // What was not used stays for the next request.
  void give_back() { visitor_.input.erase(0, taken_); }

  bool late() const { return late_; }
  bool answered() const { return answered_; }
  bool too_long() const { return too_long_; }

  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = visitor_.peer.ip;
    port = visitor_.peer.port;
  }
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return 0; }  // the library compares it with FD_SETSIZE

 private:
  // `at_end`: how long it may take when the server ends.
  bool wait(short events, Millis at_end) {
    const Millis late = began_ + limits_.patience + static_cast<Millis>(moved_ / kBytesPerMilli);
    const Millis left =
        std::min(late, ends_.load(std::memory_order_relaxed) + at_end) - monotonic_millis();
    if (left <= 0) return false;
    pollfd entry{visitor_.fd, events, 0};
    // In short steps, so that an end that is asked for is noticed.
    ::poll(&entry, 1, static_cast<int>(std::min<Millis>(left, 100)));
    return true;
  }

  // False at the end of what the client sends, or when it is too slow.
  bool receive() {
    char chunk[16 << 10];
    for (;;) {
      const ssize_t size = ::recv(visitor_.fd, chunk, sizeof chunk, 0);
      if (size > 0) {
        visitor_.input.assign(chunk, static_cast<size_t>(size));
        taken_ = 0;
        moved_ += static_cast<size_t>(size);
        return true;
      }
      if (size == 0) return false;
      if (errno == EINTR) continue;
      if (errno == EAGAIN) {
        late_ = !wait(POLLIN, kReadWithin);
      } else {
        broken_ = true;
      }
      if (late_ || broken_) return false;
    }
  }

  Visitor& visitor_;
  const Protocol::Limits& limits_;
  const std::atomic<Millis>& ends_;
  const Millis began_;
  size_t taken_ = 0;  // of the input
  size_t read_ = 0;   // by the library
  size_t moved_ = 0;  // to and from the socket
  std::string output_;
  bool broken_ = false;  // nothing more can be sent
  bool late_ = false;    // nothing more is read
  bool answered_ = false;
  bool too_long_ = false;
};

// What the request under way is about; one a thread, for the library's handlers are shared.
struct Present {
  const Protocol::Handler* handler;
  const Wire* wire;
  HttpRequest request;
  size_t body_limit;
  bool has_body = false;
  bool stream = false;
  bool parsed = false;  // there is a request, whatever its body
  int status = 0;
};
thread_local Present* present = nullptr;

std::string taken(httplib::Request& request, const char* header) {
  std::string value = request.get_header_value(header);
  request.headers.erase(header);
  return value;
}

// The library would look for ranges, forms and compression; the API wants bytes. Paths are matched
// by the API: the library's regular expressions would follow them byte by byte, on the stack.
void take_over(httplib::Request& request) {
  HttpRequest& own = present->request;
  present->parsed = true;
  own.method = request.method;
  own.content_type = taken(request, "Content-Type");
  own.content_encoding = taken(request, "Content-Encoding");
  own.accept = request.get_header_value("Accept");
  own.authorization = taken(request, "Authorization");
  own.origin = request.get_header_value("Origin");
  own.host = request.get_header_value("Host");
  own.if_none_match = request.get_header_value("If-None-Match");
  own.path = request.target;
  request.ranges.clear();
  request.headers.erase("Accept-Encoding");
  request.path = "/";
  const bool chunked = request.has_header("Transfer-Encoding");
  const std::string length = request.get_header_value("Content-Length");
  present->has_body = chunked || (!length.empty() && length != "0");
  if (!chunked && length.empty()) request.set_header("Content-Length", "0");
}

HttpResponse failure(int status, const std::string& why) {
  return {status, "application/json", "{\"error\":\"" + why + "\"}", {}};
}

void give(HttpResponse own, httplib::Response& response) {
  response.status = own.status;
  for (const auto& [name, value] : own.headers) response.set_header(name, value);
  response.set_header("X-Content-Type-Options", "nosniff");
  if (own.status == 204 || own.status == 304) return;
  present->stream = own.stream;
  response.body = std::move(own.body);
  response.set_header("Content-Type", own.type);
}

// Splits the target; a broken one is answered here.
HttpResponse answer(HttpRequest& request) {
  const size_t mark = std::min(request.path.find('?'), request.path.size());
  const std::string_view target = request.path;
  auto query = parse_query(target.substr(std::min(mark + 1, target.size())));
  if (!query) return failure(400, "the query is not well percent-encoded");
  request.query = std::move(*query);
  request.path.resize(mark);
  if (!request.content_encoding.empty() && request.content_encoding != "identity")
    return failure(415, "bodies with a Content-Encoding are not taken");
  return (*present->handler)(request);
}

void on_plain(const httplib::Request&, httplib::Response& response) {
  give(answer(present->request), response);
}

void on_body(const httplib::Request&, httplib::Response& response,
             const httplib::ContentReader& reader) {
  std::string& body = present->request.body;
  bool too_long = false;
  const bool whole = reader([&](const char* bytes, size_t size) {
    too_long |= size > present->body_limit - body.size();
    if (!too_long) body.append(bytes, size);
    return !too_long;
  });
  if (whole) return give(answer(present->request), response);
  too_long |= present->wire->too_long() || response.status == 413;
  if (too_long) return give(failure(413, "the body is longer than http-max-body"), response);
  give(failure(present->wire->late() ? 408 : 400, "the body did not come whole"), response);
}

// The library's own refusals get a body like all others.
httplib::Server::HandlerResponse on_error(const httplib::Request&, httplib::Response& response) {
  if (response.body.empty()) {
    const char* why = response.status == 414   ? "the target is too long"
                      : response.status == 413 ? "the body is longer than http-max-body"
                      : response.status == 404 ? "no such method"
                                               : "the request is malformed";
    if (response.status == 404) response.status = 405;
    if (response.status == 416) response.status = 400;  // a Range that can't be read
    give(failure(response.status, why), response);
  }
  present->status = response.status;
  return httplib::Server::HandlerResponse::Handled;
}

}  // namespace

class Protocol::Engine : public httplib::Server {
 public:
  explicit Engine(const Limits& limits) {
    Get("/", on_plain);
    Options("/", on_plain);
    Post("/", on_body);
    Put("/", on_body);
    Patch("/", on_body);
    Delete("/", on_body);
    set_error_handler(HandlerWithResponse(on_error));
    set_payload_max_length(limits.body);
    set_keep_alive_max_count(1'000'000);
    set_keep_alive_timeout(static_cast<time_t>(limits.idle_within / 1000));
  }
  bool process(Wire& wire, bool& closed) { return process_request(wire, false, closed, take_over); }
};

Protocol::Protocol(const Limits& limits)
    : limits_(limits), engine_(std::make_unique<Engine>(limits_)) {
  rehearse();
}

// Has the library make the tables that stand in its functions, before several threads do at once.
void Protocol::rehearse() {
  Visitor nobody(-1);
  nobody.input = "PUT / HTTP/1.1\r\nRange: bytes=0-1,-1\r\nContent-Length: 1\r\n\r\nx";
  serve(nobody, [](const HttpRequest&) { return HttpResponse{}; });
}

Protocol::~Protocol() = default;

void Protocol::hurry() { ends_.store(monotonic_millis(), std::memory_order_relaxed); }

Protocol::After Protocol::serve(Visitor& visitor, const Handler& handler) {
  Wire wire(visitor, limits_, ends_);
  Present now{&handler, &wire, {}, limits_.body};
  now.request.peer = visitor.peer;
  present = &now;
  bool closed = false;
  const bool fine = engine_->process(wire, closed);
  present = nullptr;
  if (now.stream && now.request.method == "GET") wire.write_instead(std::string(kStreamHead));
  if (!wire.flush() || !wire.answered()) return After::kGone;
  wire.give_back();
  if (now.stream && now.request.method == "GET") return After::kListen;
  // After a refusal nobody knows where the next request would begin.
  const bool bodiless = now.request.method == "GET" || now.request.method == "HEAD" ||
                        now.request.method == "OPTIONS";
  const bool lost =
      !fine || !now.parsed || (bodiless && now.has_body) || (now.status >= 400 && now.has_body);
  return closed || lost ? After::kLeave : After::kStay;
}

}  // namespace freshet
