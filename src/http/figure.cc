#include "http/figure.h"

#include <charconv>

#include "http/text.h"

namespace freshet {

Json figure_of(const ReplyValue& value) {
  if (value.kind == ReplyValue::Kind::kNil) return nullptr;
  if (value.kind == ReplyValue::Kind::kInteger) return value.integer;
  double number = 0;
  const char* end = value.text.data() + value.text.size();
  const auto read = std::from_chars(value.text.data(), end, number);
  if (read.ec == std::errc() && read.ptr == end) return number;
  return shown(value.text);
}

}  // namespace freshet
