#include "freshet/resp/reply.h"

#include <algorithm>

namespace freshet {

void Reply::error(std::string_view text) {
  ++errors_;
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n')) text.remove_suffix(1);
  const std::string_view code = text.substr(0, std::min(text.find(' '), sizeof code_));
  code_size_ = static_cast<uint32_t>(code.copy(code_, sizeof code_));
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
  line('-', clean);
}

void Reply::append(const Reply& other) {
  out_->append(*other.out_);
  errors_ += other.errors_;
  if (other.errors_ == 0) return;
  std::copy_n(other.code_, other.code_size_, code_);
  code_size_ = other.code_size_;
}

void Reply::real(double value) {
  const std::string text = format_double(value);
  if (version_ == 3) {
    line(',', text);
  } else {
    bulk(text);
  }
}

void Reply::verbatim(std::string_view text) {
  if (version_ != 3) {
    bulk(text);
    return;
  }
  number('=', static_cast<int64_t>(text.size() + 4));
  out_->append("txt:");
  out_->append(text);
  out_->append("\r\n");
}

}  // namespace freshet
