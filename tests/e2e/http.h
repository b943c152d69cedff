// A bare HTTP client for tests: it sends what it is told, and reads one answer. It knows no more of
// HTTP than that an answer has a head and a Content-Length.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "wire.h"

namespace freshet::e2e {

struct HttpAnswer {
  int status = 0;  // 0: there was none
  std::string head, body;
};

class HttpClient {
 public:
  explicit HttpClient(int port) : wire_(Wire::tcp("127.0.0.1", port)) {}

  Wire& wire() { return wire_; }
  // The next answer on this connection.
  HttpAnswer read();
  HttpAnswer ask(const std::string& method, const std::string& target, const std::string& body = "",
                 const std::string& headers = "");

 private:
  Wire wire_;
};

// On a connection of its own.
HttpAnswer http(int port, const std::string& method, const std::string& target,
                const std::string& body = "", const std::string& headers = "");

}  // namespace freshet::e2e
