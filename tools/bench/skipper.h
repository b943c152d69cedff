// Finds where a RESP2 or RESP3 message ends without keeping any of it. It serves both sides of the
// wire: the load generator counts replies with it, freshet-ping counts requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace freshet {

class Skipper {
 public:
  struct Skipped {
    size_t bytes;   // how much of the input was used
    bool complete;  // a top-level message ended there
  };

  // Goes on where the last call stopped, and stops at the end of the first complete message.
  Skipped skip(std::string_view in);

  uint64_t errors() const { return errors_; }
  const std::string& first_error() const { return first_error_; }

 private:
  void header(std::string_view line);
  bool finished() const { return open_ == 0 && body_ == 0; }

  uint64_t open_ = 1;  // elements still to come, those of nested aggregates included
  uint64_t body_ = 0;  // bytes of a bulk and its CRLF still to come
  std::string part_;   // a header line cut by the end of a read
  uint64_t errors_ = 0;
  std::string first_error_;
};

}  // namespace freshet
