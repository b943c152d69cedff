#include "server/source_link.h"

#include <memory>

namespace freshet {

SourceLink::SourceLink(uv_loop_t* loop, std::function<void(const ReplyValue&)> on_reply,
                       std::function<void(const std::string&)> on_end)
    : loop_(loop), on_reply_(std::move(on_reply)), on_end_(std::move(on_end)) {
  uv_tcp_init(loop_, &socket_);
  socket_.data = resolver_.data = connector_.data = this;
}

void SourceLink::connect(const SourceAddress& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  resolving_ = true;
  const auto on_resolved = [](uv_getaddrinfo_t* request, int status, addrinfo* addresses) {
    static_cast<SourceLink*>(request->data)->resolved(status, addresses);
  };
  const std::string port = std::to_string(address.port);
  const int failed =
      uv_getaddrinfo(loop_, &resolver_, on_resolved, address.host.c_str(), port.c_str(), &hints);
  if (failed == 0) return;
  resolving_ = false;
  fail(std::string("can't look up the source: ") + uv_strerror(failed));
}

void SourceLink::resolved(int status, addrinfo* addresses) {
  resolving_ = false;
  if (closed_) {
    if (addresses != nullptr) uv_freeaddrinfo(addresses);
    released();
    return;
  }
  if (status != 0) {
    fail(std::string("can't look up the source: ") + uv_strerror(status));
    return;
  }
  const auto on_connected = [](uv_connect_t* request, int result) {
    static_cast<SourceLink*>(request->data)->connected(result);
  };
  const int failed = uv_tcp_connect(&connector_, &socket_, addresses->ai_addr, on_connected);
  uv_freeaddrinfo(addresses);
  if (failed != 0) fail(std::string("can't connect to the source: ") + uv_strerror(failed));
}

void SourceLink::connected(int status) {
  if (closed_) return;
  if (status != 0) {
    fail(std::string("can't connect to the source: ") + uv_strerror(status));
    return;
  }
  connected_ = true;
  const auto on_alloc = [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
    auto* self = static_cast<SourceLink*>(handle->data);
    *buffer = uv_buf_init(self->buffer_, sizeof self->buffer_);
  };
  const auto on_read = [](uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
    auto* self = static_cast<SourceLink*>(stream->data);
    if (size > 0)
      self->received({buffer->base, static_cast<size_t>(size)});
    else if (size == UV_EOF)
      self->fail("the source closed the connection");
    else if (size < 0)
      self->fail(std::string("the source: ") + uv_strerror(static_cast<int>(size)));
  };
  uv_read_start(reinterpret_cast<uv_stream_t*>(&socket_), on_alloc, on_read);
  flush();
}

void SourceLink::add(const std::vector<std::string_view>& args) {
  out_ += '*' + std::to_string(args.size()) + "\r\n";
  for (const std::string_view arg : args) {
    out_ += '$' + std::to_string(arg.size()) + "\r\n";
    out_ += arg;
    out_ += "\r\n";
  }
}

void SourceLink::flush() {
  if (!connected_ || closed_ || out_.empty()) return;
  auto* write = new Write;
  write->bytes = std::move(out_);
  out_.clear();
  write->request.data = write;
  const uv_buf_t part =
      uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  // A failed write shows as the end of the stream as well, which is where it is told.
  const auto on_written = [](uv_write_t* request, int) {
    delete static_cast<Write*>(request->data);
  };
  if (uv_write(&write->request, reinterpret_cast<uv_stream_t*>(&socket_), &part, 1, on_written) !=
      0) {
    delete write;
    fail("the source takes no more commands");
  }
}

void SourceLink::received(std::string_view bytes) {
  in_ += bytes;
  size_t at = 0;
  while (!closed_ && at < in_.size()) {
    ReplyValue value;
    size_t used = 0;
    const auto status = ReplyReader::read(std::string_view(in_).substr(at), value, used);
    if (status == ReplyReader::Status::kMore) break;
    if (status == ReplyReader::Status::kBroken) {
      fail("the source does not speak RESP");
      return;
    }
    at += used;
    on_reply_(value);
  }
  in_.erase(0, at);
}

void SourceLink::fail(const std::string& reason) {
  if (closed_) return;
  const auto on_end = std::move(on_end_);
  close();
  on_end(reason);
}

void SourceLink::close() {
  if (closed_) return;
  closed_ = true;
  if (resolving_) uv_cancel(reinterpret_cast<uv_req_t*>(&resolver_));
  uv_close(reinterpret_cast<uv_handle_t*>(&socket_), [](uv_handle_t* handle) {
    auto* self = static_cast<SourceLink*>(handle->data);
    self->socket_.data = nullptr;
    self->released();
  });
}

// libuv has let go of the socket, or of the resolver: with both gone, so is this.
void SourceLink::released() {
  if (socket_.data == nullptr && !resolving_) delete this;
}

}  // namespace freshet
