// freshet-ping: answers every RESP request with the same bytes. It shows what sockets, libuv and
// the kernel cost when the cache costs nothing: the limit that any server on this transport can
// reach.
//
//   freshet-ping --port N
//
// `CONSTANT bytes` changes the answer; it is itself answered with the new constant.
#include <uv.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client.h"
#include "skipper.h"

namespace freshet {
namespace {

constexpr std::string_view kChange = "*2\r\n$8\r\nCONSTANT\r\n";
constexpr size_t kRunBytes = 64 * 1024;
constexpr int kBacklog = 4096;

// The constant, repeated so that one buffer answers a whole pipeline.
struct Answer {
  explicit Answer(const std::string& constant) : one(constant.size()) {
    do run += constant;
    while (run.size() + one <= kRunBytes);
  }

  size_t one;
  std::string run;
};

std::shared_ptr<const Answer> answer = std::make_shared<const Answer>("+PONG\r\n");
std::vector<char> read_buffer(256 * 1024);  // one thread, one read at a time

struct Peer {
  uv_tcp_t tcp;
  Skipper skipper;
  std::string change;  // a CONSTANT request that is still arriving
};

// What uv_try_write left over; keeps its answer alive until the kernel has it all.
struct Rest {
  uv_write_t request;
  std::shared_ptr<const Answer> answer;
};

void on_close(uv_handle_t* handle) { delete static_cast<Peer*>(handle->data); }

void on_written(uv_write_t* request, int) { delete static_cast<Rest*>(request->data); }

// The stream of answers is periodic, so any position in it is a position in the run.
std::vector<uv_buf_t> buffers(const Answer& from, size_t skip, size_t bytes) {
  std::vector<uv_buf_t> list;
  size_t at = skip % from.run.size();
  while (bytes > 0) {
    const size_t step = std::min(bytes, from.run.size() - at);
    list.push_back(uv_buf_init(const_cast<char*>(from.run.data()) + at, step));
    bytes -= step;
    at = 0;
  }
  return list;
}

void reply(Peer* peer, size_t times) {
  const size_t bytes = times * answer->one;
  auto* stream = reinterpret_cast<uv_stream_t*>(&peer->tcp);
  std::vector<uv_buf_t> all = buffers(*answer, 0, bytes);
  const int written = uv_try_write(stream, all.data(), all.size());
  const size_t done = std::max(written, 0);
  if (done == bytes) return;
  auto* rest = new Rest{{}, answer};
  rest->request.data = rest;
  all = buffers(*answer, done, bytes - done);
  if (uv_write(&rest->request, stream, all.data(), all.size(), on_written) != 0) delete rest;
}

void collect_change(Peer* peer, std::string_view in) {
  peer->change += in;
  if (!peer->skipper.skip(in).complete) return;
  const Reply request = parse_reply(peer->change);
  answer = std::make_shared<const Answer>(request.items[1].text);
  peer->change.clear();
  reply(peer, 1);
}

void on_read(uv_stream_t* stream, ssize_t got, const uv_buf_t*) {
  auto* peer = static_cast<Peer*>(stream->data);
  if (got < 0) return uv_close(reinterpret_cast<uv_handle_t*>(stream), on_close);
  std::string_view in(read_buffer.data(), got);
  if (!peer->change.empty() || in.starts_with(kChange)) return collect_change(peer, in);
  size_t requests = 0;
  while (!in.empty()) {
    const Skipper::Skipped skipped = peer->skipper.skip(in);
    in.remove_prefix(skipped.bytes);
    requests += skipped.complete ? 1 : 0;
  }
  if (requests > 0) reply(peer, requests);
}

void on_alloc(uv_handle_t*, size_t, uv_buf_t* buffer) {
  *buffer = uv_buf_init(read_buffer.data(), read_buffer.size());
}

void on_connection(uv_stream_t* listener, int status) {
  if (status < 0) return;
  auto* peer = new Peer;
  uv_tcp_init(listener->loop, &peer->tcp);
  peer->tcp.data = peer;
  auto* stream = reinterpret_cast<uv_stream_t*>(&peer->tcp);
  if (uv_accept(listener, stream) != 0) {
    uv_close(reinterpret_cast<uv_handle_t*>(stream), on_close);
    return;
  }
  uv_tcp_nodelay(&peer->tcp, 1);
  uv_read_start(stream, on_alloc, on_read);
}

int serve(int port) {
  uv_tcp_t listener;
  uv_tcp_init(uv_default_loop(), &listener);
  sockaddr_in address{};
  uv_ip4_addr("127.0.0.1", port, &address);
  int failed = uv_tcp_bind(&listener, reinterpret_cast<const sockaddr*>(&address), 0);
  if (failed == 0) {
    failed = uv_listen(reinterpret_cast<uv_stream_t*>(&listener), kBacklog, on_connection);
  }
  if (failed != 0) {
    std::fprintf(stderr, "freshet-ping: port %d: %s\n", port, uv_strerror(failed));
    return 1;
  }
  return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
    std::printf("freshet-ping, libuv %s\n", uv_version_string());
    return 0;
  }
  if (argc != 3 || std::strcmp(argv[1], "--port") != 0) {
    std::fprintf(stderr, "usage: freshet-ping --port N\n");
    return 1;
  }
  return freshet::serve(std::atoi(argv[2]));
}
