// Reads replies, for the places where Freshet is the client (WARM). RESP2: simple strings, errors,
// integers, bulk strings and arrays of any depth. Incremental: a reply cut off in the middle is
// read again from its start when more has come, so the caller keeps its bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace freshet {

struct ReplyValue {
  enum class Kind : uint8_t { kStatus, kError, kInteger, kBulk, kNil, kArray };

  Kind kind = Kind::kNil;
  std::string_view text;  // kStatus, kError, kBulk: views into the input
  int64_t integer = 0;
  std::vector<ReplyValue> items;
};

class ReplyReader {
 public:
  enum class Status { kReply, kMore, kBroken };

  // Reads one reply from the start of `input`; `used`: its bytes.
  static Status read(std::string_view input, ReplyValue& value, size_t& used);
};

}  // namespace freshet
