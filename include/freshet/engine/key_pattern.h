// A glob over keys, as INVALIDATE PATTERN, KEYS and SCAN take it: Redis's (util.c), but for "*",
// which is the empty key's, too. What stands before the first special character is compared first.
// If that is all, and short, it is one compare of eight bytes with no branch that depends on the
// key: a sweep of which half the keys match would guess half of the branches wrongly.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "freshet/base/glob.h"

namespace freshet {

class KeyPattern {
 public:
  explicit KeyPattern(std::string_view text)
      : text_(text),
        literal_(literal_prefix(text).size()),
        open_end_(text.substr(literal_) == "*"),
        short_prefix_(open_end_ && literal_ <= sizeof head_) {
    std::memcpy(&head_, text_.data(), std::min(literal_, sizeof head_));
    std::memset(&mask_, 0xff, std::min(literal_, sizeof mask_));
  }

  bool matches(std::string_view key) const {
    if (short_prefix_ && key.size() >= sizeof head_) {
      uint64_t head;
      std::memcpy(&head, key.data(), sizeof head);
      return (head & mask_) == head_;
    }
    return key.starts_with(literal()) && (open_end_ || glob_match(text_, key));
  }
  // Every match starts with it.
  std::string_view literal() const { return std::string_view(text_).substr(0, literal_); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  size_t literal_;
  bool open_end_;  // nothing but a star follows
  bool short_prefix_;
  uint64_t head_ = 0;  // the literal's first bytes, and where they are
  uint64_t mask_ = 0;
};

}  // namespace freshet
