// Cuts a stream of bytes into commands: RESP arrays of bulk strings, or inline lines.
//
// The caller shows it what has been read; it says how many bytes the next command took, or that
// more are needed. It copies nothing: arguments are views into those bytes. What it knows of an
// unfinished command it remembers as offsets, so the caller may move the bytes (but must keep them,
// from the command's first one on), and nothing is parsed twice. A bulk of kBigBulk bytes or more
// is the exception: it is collected in a Blob, which can become the value without a copy, and the
// socket may read straight into it (`wants`).
//
// Error texts and limits are Redis 7.0's (networking.c). Owned by one connection.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/base/blob.h"

namespace freshet {

class Parser {
 public:
  enum class Status { kCommand, kMore, kError };

  static constexpr size_t kInlineLimit = 64 * 1024;  // also for "*…" and "$…" lines
  static constexpr size_t kBigBulk = 32 * 1024;

  struct Limits {
    int64_t max_bulk = 512ll << 20;  // option proto-max-bulk-len
    bool authenticated = true;       // before AUTH: 10 arguments of 16 KiB
  };

  Parser() = default;
  ~Parser() { reset(); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // `input` starts at the first byte of the present command. After kCommand: args() hold and `used`
  // bytes are spent; empty args() is an empty line. After kError: error() is what to reply before
  // closing.
  Status next(std::string_view input, const Limits& limits, size_t& used);

  // The command's arguments. Views into `input`, into Blobs, or (inline, quoted) into the parser.
  const std::vector<std::string_view>& args() const { return views_; }
  // The Blob that argument `index` was collected in, or nullptr. The parser keeps its reference
  // until the next command.
  Blob* blob(size_t index) const;
  const std::string& error() const { return error_; }

  // While a big bulk is unfinished and all shown bytes are spent: where its next bytes belong.
  // Empty otherwise.
  std::span<char> wants();
  // `size` bytes were read there. `input` stays as it was.
  void filled(size_t size);

  // Memory that the unfinished command holds in Blobs.
  size_t blob_memory() const;
  // True between commands.
  bool idle() const { return state_ == State::kStart; }
  void reset();

 private:
  enum class State : uint8_t { kStart, kLength, kBody, kBig };

  struct Arg {
    size_t at;
    size_t size;
    int blob;  // index in blobs_, or -1
  };

  Status fail(std::string text);
  Status parse_inline(std::string_view input, size_t& used);
  bool read_length_line(std::string_view input, char kind, int64_t& value, Status& status,
                        std::string_view too_big, std::string_view invalid);
  Status parse_count(std::string_view input, const Limits& limits);
  Status parse_args(std::string_view input, const Limits& limits);
  Status parse_big(std::string_view input);
  Status finish(std::string_view input, size_t& used);
  void start_big();
  void grow_big();

  State state_ = State::kStart;
  size_t at_ = 0;        // next byte of the input to look at
  int64_t missing_ = 0;  // arguments still to come
  int64_t bulk_ = 0;     // size of the argument being read
  std::vector<Arg> parsed_;
  std::vector<std::string_view> views_;
  std::vector<Blob*> blobs_;
  std::vector<std::string> inline_args_;
  std::string error_;
};

}  // namespace freshet
