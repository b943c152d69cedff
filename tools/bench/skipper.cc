#include "skipper.h"

#include <algorithm>
#include <cstring>

namespace freshet {

namespace {

int64_t length_in(std::string_view line) {
  int64_t value = 0;
  const bool negative = line.size() > 1 && line[1] == '-';
  for (size_t i = negative ? 2 : 1; i < line.size(); ++i) {
    if (line[i] < '0' || line[i] > '9') break;
    value = value * 10 + (line[i] - '0');
  }
  return negative ? -value : value;
}

}  // namespace

// `line` is one element's first line without its CRLF.
void Skipper::header(std::string_view line) {
  --open_;
  const char type = line.empty() ? '+' : line[0];
  if (type == '-' || type == '!') {
    if (errors_++ == 0) first_error_ = line.substr(1);
  }
  const bool bulk = type == '$' || type == '=' || type == '!';
  const bool pairs = type == '%' || type == '|';
  if (!bulk && !pairs && type != '*' && type != '~' && type != '>') return;
  const int64_t length = length_in(line);
  if (length < 0) return;  // RESP2's nil
  if (bulk) {
    body_ = static_cast<uint64_t>(length) + 2;
  } else {
    open_ += pairs ? 2 * length : length;
    if (type == '|') ++open_;  // an attribute precedes the element it describes
  }
}

Skipper::Skipped Skipper::skip(std::string_view in) {
  size_t at = 0;
  while (at < in.size()) {
    if (body_ > 0) {
      const size_t step = std::min<uint64_t>(body_, in.size() - at);
      body_ -= step;
      at += step;
    } else {
      const void* found = std::memchr(in.data() + at, '\n', in.size() - at);
      if (found == nullptr) {
        part_.append(in.substr(at));
        return {in.size(), false};
      }
      const size_t end = static_cast<const char*>(found) - in.data();
      std::string_view line = in.substr(at, end - at);
      if (!part_.empty()) line = part_.append(line);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      header(line);
      part_.clear();
      at = end + 1;
    }
    if (finished()) {
      open_ = 1;
      return {at, true};
    }
  }
  return {at, false};
}

}  // namespace freshet
