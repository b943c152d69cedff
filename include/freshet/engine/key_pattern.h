// A glob over keys, as INVALIDATE PATTERN, KEYS and SCAN take it: Redis's (util.c), but for "*",
// which is the empty key's, too. What stands before the first special character is compared first.
#pragma once

#include <string>
#include <string_view>

#include "freshet/base/glob.h"

namespace freshet {

class KeyPattern {
 public:
  explicit KeyPattern(std::string_view text)
      : text_(text),
        literal_(literal_prefix(text).size()),
        open_end_(text.substr(literal_) == "*") {}

  bool matches(std::string_view key) const {
    if (!key.starts_with(literal())) return false;
    return open_end_ || glob_match(text_, key);
  }
  // Every match starts with it.
  std::string_view literal() const { return std::string_view(text_).substr(0, literal_); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  size_t literal_;
  bool open_end_;  // nothing but a star follows
};

}  // namespace freshet
