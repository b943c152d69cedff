// An HTTP request and its answer, as the API sees them. They know no socket and no library.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace freshet {

struct Peer {
  std::string ip;
  int port = 0;
  bool local = false;  // on this machine
};

struct HttpRequest {
  std::string method;
  std::string path;                                        // as it came: not decoded
  std::vector<std::pair<std::string, std::string>> query;  // decoded
  std::string body;
  std::string content_type, content_encoding, accept, authorization, origin, host, if_none_match;
  Peer peer;

  std::optional<std::string_view> parameter(std::string_view name) const {
    for (const auto& [known, value] : query) {
      if (known == name) return value;
    }
    return std::nullopt;
  }
};

struct HttpResponse {
  int status = 200;
  std::string type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool stream = false;  // no body now: the connection stays, and gets the events of the lobby
};

}  // namespace freshet
