// Writes replies in RESP2 or RESP3 (https://redis.io/docs/reference/protocol-spec). Types that
// RESP2 lacks become what Redis 7.0 sends in their place: maps and sets are arrays, doubles and
// verbatim texts bulk strings, booleans integers.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "freshet/base/numbers.h"
#include "freshet/resp/output.h"

namespace freshet {

class Reply {
 public:
  Reply(Output& out, int version) : out_(&out), version_(version) {}

  int version() const { return version_; }
  Output& output() { return *out_; }

  void ok() { out_->append("+OK\r\n"); }
  void status(std::string_view text) { line('+', text); }
  // `text` starts with its code: "ERR …", "WRONGTYPE …". Line breaks become spaces, or go if
  // they end it. Counted.
  void error(std::string_view text);
  void integer(int64_t value) { number(':', value); }
  void boolean(bool value) {
    out_->append(version_ == 3 ? (value ? "#t\r\n" : "#f\r\n") : (value ? ":1\r\n" : ":0\r\n"));
  }
  void bulk(std::string_view bytes) {
    char* at = out_->reserve(bytes.size() + kMaxIntDigits + 5);
    char* const start = at;
    if (bytes.size() < kBulkHeads.size()) [[likely]] {
      std::memcpy(at, kBulkHeads[bytes.size()].data(), sizeof kBulkHeads[0]);
      at += 4 + (bytes.size() >= 10);
    } else {
      *at++ = '$';
      at += format_int(at, static_cast<int64_t>(bytes.size()));
      *at++ = '\r';
      *at++ = '\n';
    }
    if (!bytes.empty())
      std::memcpy(at, bytes.data(), bytes.size());  // no bytes may have no address
    at += bytes.size();
    *at++ = '\r';
    *at++ = '\n';
    out_->commit(static_cast<size_t>(at - start));
  }
  void bulk(int64_t value) {
    char digits[kMaxIntDigits];
    bulk(std::string_view(digits, format_int(digits, value)));
  }
  // By reference: the bytes are not copied.
  void bulk(Blob* blob) {
    number('$', static_cast<int64_t>(blob->size()));
    out_->append(blob);
    out_->append("\r\n");
  }
  void real(double value);
  void verbatim(std::string_view text);  // "txt"
  void nil() { out_->append(version_ == 3 ? "_\r\n" : "$-1\r\n"); }
  void nil_array() { out_->append(version_ == 3 ? "_\r\n" : "*-1\r\n"); }
  void array(size_t count) { number('*', static_cast<int64_t>(count)); }
  // `pairs` keys, each followed by its value.
  void map(size_t pairs) {
    number(version_ == 3 ? '%' : '*', static_cast<int64_t>(version_ == 3 ? pairs : 2 * pairs));
  }
  void set(size_t count) { number(version_ == 3 ? '~' : '*', static_cast<int64_t>(count)); }

  // All that another reply says; its errors count as this one's.
  void append(const Reply& other);

  // Errors written so far: the caller compares before and after.
  uint32_t errors() const { return errors_; }
  // What the last one starts with: "ERR". REQUIRES: errors() != 0.
  std::string_view error_code() const { return {code_, code_size_}; }

 private:
  // "$0\r\n" … "$99\r\n", with zeros behind.
  static constexpr auto kBulkHeads = [] {
    std::array<std::array<char, 8>, 100> heads{};
    for (size_t size = 0; size < heads.size(); ++size) {
      size_t at = 0;
      heads[size][at++] = '$';
      if (size >= 10) heads[size][at++] = static_cast<char>('0' + size / 10);
      for (const size_t c : {'0' + size % 10, size_t{'\r'}, size_t{'\n'}})
        heads[size][at++] = static_cast<char>(c);
    }
    return heads;
  }();

  void number(char kind, int64_t value) {
    char* const start = out_->reserve(kMaxIntDigits + 3);
    char* at = start;
    *at++ = kind;
    at += format_int(at, value);
    *at++ = '\r';
    *at++ = '\n';
    out_->commit(static_cast<size_t>(at - start));
  }
  void line(char kind, std::string_view text) {
    char* at = out_->reserve(text.size() + 3);
    *at++ = kind;
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    at += text.size();
    *at++ = '\r';
    *at++ = '\n';
    out_->commit(text.size() + 3);
  }

  Output* out_;
  int version_;
  uint32_t errors_ = 0;
  uint32_t code_size_ = 0;
  char code_[16];
};

}  // namespace freshet
