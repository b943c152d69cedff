#include "http.h"

#include <cstdlib>

namespace freshet::e2e {

HttpAnswer HttpClient::read() {
  HttpAnswer answer;
  for (std::string line = wire_.read_line(); !line.empty(); line = wire_.read_line()) {
    answer.head += line;
    if (line == "\r\n") break;
  }
  if (!answer.head.starts_with("HTTP/1.1 ")) return answer;
  answer.status = std::atoi(answer.head.c_str() + 9);
  const std::size_t length = answer.head.find("Content-Length: ");
  if (length != std::string::npos)
    answer.body = wire_.read(std::strtoull(answer.head.c_str() + length + 16, nullptr, 10));
  return answer;
}

HttpAnswer HttpClient::ask(const std::string& method, const std::string& target,
                           const std::string& body, const std::string& headers) {
  std::string request = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers;
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  if (!wire_.send(request + "\r\n" + body)) return {};
  return read();
}

HttpAnswer http(int port, const std::string& method, const std::string& target,
                const std::string& body, const std::string& headers) {
  return HttpClient(port).ask(method, target, body, headers);
}

}  // namespace freshet::e2e
