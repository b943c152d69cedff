#include "freshet/resp/parser.h"

#include <algorithm>
#include <climits>
#include <cstring>

#include "freshet/base/numbers.h"
#include "freshet/resp/split_args.h"

namespace freshet {
namespace {

constexpr size_t kBlobAtOnce = 32u << 20;  // a larger bulk's Blob grows as its bytes arrive
constexpr int64_t kUnauthenticatedArgs = 10;
constexpr int64_t kUnauthenticatedBulk = 16384;

}  // namespace

Parser::Status Parser::next(std::string_view input, const Limits& limits, size_t& used) {
  used = 0;
  if (state_ == State::kStart) {
    if (input.empty()) return Status::kMore;
    for (Blob* blob : blobs_) blob->unref();
    blobs_.clear();
    parsed_.clear();
    views_.clear();
    at_ = 0;
    if (input[0] != '*') return parse_inline(input, used);
    const Status status = parse_count(input, limits);
    if (status != Status::kCommand) return status;
    if (missing_ == 0) return finish(input, used);
  }
  const Status status = parse_args(input, limits);
  return status == Status::kCommand ? finish(input, used) : status;
}

Parser::Status Parser::fail(std::string text) {
  error_ = "ERR Protocol error: " + std::move(text);
  state_ = State::kStart;
  return Status::kError;
}

Parser::Status Parser::parse_inline(std::string_view input, size_t& used) {
  const size_t end = input.find('\n');
  if (end == std::string_view::npos) {
    return input.size() > kInlineLimit ? fail("too big inline request") : Status::kMore;
  }
  std::string_view line = input.substr(0, end);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (!split_args(line, inline_args_)) return fail("unbalanced quotes in request");
  for (const std::string& arg : inline_args_) views_.emplace_back(arg);
  used = end + 1;
  return Status::kCommand;
}

// Reads "<kind><number>\r\n" at at_. False: `status` says why not (yet).
bool Parser::read_length_line(std::string_view input, char kind, int64_t& value, Status& status,
                              std::string_view too_big, std::string_view invalid) {
  const char* const from = input.data() + at_;
  const size_t left = input.size() - at_;
  // Most lengths have one digit or two: no search, no general number.
  if (left >= 5 && from[0] == kind) {
    const unsigned first = static_cast<unsigned char>(from[1]) - '0';
    const unsigned second = static_cast<unsigned char>(from[2]) - '0';
    if (first <= 9 && from[2] == '\r') {
      value = first;
      at_ += 4;
      return true;
    }
    if (first - 1 <= 8 && second <= 9 && from[3] == '\r') {
      value = first * 10 + second;
      at_ += 5;
      return true;
    }
  }
  const auto* end = static_cast<const char*>(std::memchr(from, '\r', left));
  if (end == nullptr) {
    status = left > kInlineLimit ? fail(std::string(too_big)) : Status::kMore;
    return false;
  }
  const auto length = static_cast<size_t>(end - from);
  if (length + 2 > left) {
    status = Status::kMore;
    return false;
  }
  if (*from != kind) {
    status = fail(std::string("expected '$', got '") + *from + "'");
    return false;
  }
  const auto number = parse_int({from + 1, length - 1});
  if (!number) {
    status = fail(std::string(invalid));
    return false;
  }
  value = *number;
  at_ += length + 2;
  return true;
}

Parser::Status Parser::parse_count(std::string_view input, const Limits& limits) {
  Status status = Status::kMore;
  int64_t count = 0;
  if (!read_length_line(input, '*', count, status, "too big mbulk count string",
                        "invalid multibulk length")) {
    return status;
  }
  if (count > INT_MAX) return fail("invalid multibulk length");
  if (count > kUnauthenticatedArgs && !limits.authenticated) {
    return fail("unauthenticated multibulk length");
  }
  missing_ = std::max<int64_t>(count, 0);
  state_ = State::kLength;
  return Status::kCommand;
}

Parser::Status Parser::parse_args(std::string_view input, const Limits& limits) {
  while (missing_ > 0) {
    if (state_ == State::kLength) {
      if (at_ >= input.size()) return Status::kMore;
      Status status = Status::kMore;
      if (!read_length_line(input, '$', bulk_, status, "too big bulk count string",
                            "invalid bulk length")) {
        return status;
      }
      if (bulk_ < 0 || bulk_ > limits.max_bulk) return fail("invalid bulk length");
      if (bulk_ > kUnauthenticatedBulk && !limits.authenticated) {
        return fail("unauthenticated bulk length");
      }
      state_ = State::kBody;
      if (bulk_ >= static_cast<int64_t>(kBigBulk)) start_big();
    }
    if (state_ == State::kBig) {
      const Status status = parse_big(input);
      if (status != Status::kCommand) return status;
    } else {
      const auto size = static_cast<size_t>(bulk_);
      if (input.size() - at_ < size + 2) return Status::kMore;
      parsed_.push_back({at_, size, -1});
      at_ += size + 2;
    }
    --missing_;
    state_ = State::kLength;
  }
  return Status::kCommand;
}

void Parser::start_big() {
  blobs_.push_back(Blob::make(std::min(static_cast<size_t>(bulk_), kBlobAtOnce)));
  state_ = State::kBig;
}

// Doubles the last Blob, up to the size announced.
void Parser::grow_big() {
  Blob* old = blobs_.back();
  Blob* fresh = Blob::make(std::min(static_cast<size_t>(bulk_), old->capacity() * 2));
  std::memcpy(fresh->data(), old->data(), old->size());
  fresh->set_size(old->size());
  old->unref();
  blobs_.back() = fresh;
}

Parser::Status Parser::parse_big(std::string_view input) {
  for (;;) {
    const auto missing = static_cast<size_t>(bulk_) - blobs_.back()->size();
    if (missing == 0) break;
    Blob* blob = blobs_.back();
    if (blob->size() >= blob->capacity()) {
      grow_big();
      continue;
    }
    const size_t size = std::min({missing, input.size() - at_, blob->capacity() - blob->size()});
    if (size == 0) return Status::kMore;
    std::memcpy(blob->data() + blob->size(), input.data() + at_, size);
    blob->set_size(blob->size() + size);
    at_ += size;
  }
  if (input.size() - at_ < 2) return Status::kMore;
  at_ += 2;
  parsed_.push_back({0, static_cast<size_t>(bulk_), static_cast<int>(blobs_.size()) - 1});
  return Status::kCommand;
}

std::span<char> Parser::wants() {
  if (state_ != State::kBig) return {};
  const auto missing = static_cast<size_t>(bulk_) - blobs_.back()->size();
  if (missing == 0) return {};
  if (blobs_.back()->size() >= blobs_.back()->capacity()) grow_big();
  Blob* blob = blobs_.back();
  return {blob->data() + blob->size(), std::min(missing, blob->capacity() - blob->size())};
}

void Parser::filled(size_t size) {
  Blob* blob = blobs_.back();
  blob->set_size(blob->size() + size);
}

Parser::Status Parser::finish(std::string_view input, size_t& used) {
  for (const Arg& arg : parsed_) {
    views_.push_back(arg.blob < 0 ? input.substr(arg.at, arg.size)
                                  : blobs_[static_cast<size_t>(arg.blob)]->view());
  }
  used = at_;
  state_ = State::kStart;
  return Status::kCommand;
}

Blob* Parser::blob(size_t index) const {
  if (index >= parsed_.size() || parsed_[index].blob < 0) return nullptr;
  return blobs_[static_cast<size_t>(parsed_[index].blob)];
}

size_t Parser::blob_memory() const {
  size_t memory = 0;
  for (const Blob* blob : blobs_) memory += blob->memory();
  return memory;
}

void Parser::reset() {
  for (Blob* blob : blobs_) blob->unref();
  blobs_.clear();
  parsed_.clear();
  views_.clear();
  state_ = State::kStart;
}

}  // namespace freshet
