// A connection to another RESP server, as its client: sends commands, hands each reply over in
// order. Owned by one loop's thread. It deletes itself after close(), once libuv has let go of it.
#pragma once

#include <uv.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/resp/reply_reader.h"
#include "server/warm_source.h"

namespace freshet {

class SourceLink {
 public:
  // `on_reply` gets each reply, in the order of the commands; its views hold during the call.
  // `on_end` is called once, with the reason, if the connection fails or ends by itself; not after
  // close().
  SourceLink(uv_loop_t* loop, std::function<void(const ReplyValue&)> on_reply,
             std::function<void(const std::string&)> on_end);

  void connect(const SourceAddress& address);
  // Adds a command to what flush() sends.
  void add(const std::vector<std::string_view>& args);
  void flush();
  void close();

 private:
  ~SourceLink() = default;
  struct Write {
    uv_write_t request;
    std::string bytes;
  };

  void resolved(int status, addrinfo* addresses);
  void connected(int status);
  void received(std::string_view bytes);
  void fail(const std::string& reason);
  void released();

  uv_loop_t* loop_;
  std::function<void(const ReplyValue&)> on_reply_;
  std::function<void(const std::string&)> on_end_;
  uv_tcp_t socket_;
  uv_getaddrinfo_t resolver_;
  uv_connect_t connector_;
  std::string out_;
  std::string in_;
  char buffer_[64 << 10];
  bool resolving_ = false;
  bool connected_ = false;
  bool closed_ = false;
};

}  // namespace freshet
