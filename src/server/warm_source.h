// Where WARM reads from: what `source NAME redis://[user:password@]host[:port][/db]` says.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace freshet {

struct SourceAddress {
  std::string host;
  int port = 6379;
  int db = 0;
  std::string user, password;

  // host:port/db, without the credentials.
  std::string shown() const;
};

// nullopt if the address is broken. A host in brackets is IPv6; user and password are
// percent-decoded.
std::optional<SourceAddress> parse_source(std::string_view url);

}  // namespace freshet
