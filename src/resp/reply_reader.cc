#include "freshet/resp/reply_reader.h"

#include "freshet/base/numbers.h"

namespace freshet {
namespace {

constexpr int64_t kMaxBulk = 512ll << 20;
constexpr int64_t kMaxItems = 1 << 20;

// An array that is being filled.
struct Open {
  ReplyValue* array;
  int64_t missing;
};

// Reads the header (and body, of a bulk) of one value; arrays are left empty with their size in
// `integer`.
ReplyReader::Status read_one(std::string_view input, size_t& at, ReplyValue& value) {
  using Status = ReplyReader::Status;
  using Kind = ReplyValue::Kind;
  const size_t end = input.find("\r\n", at);
  if (end == std::string_view::npos) return Status::kMore;
  if (end == at) return Status::kBroken;
  const char mark = input[at];
  const std::string_view line = input.substr(at + 1, end - at - 1);
  at = end + 2;
  value.text = line;
  if (mark == '+')
    value.kind = Kind::kStatus;
  else if (mark == '-')
    value.kind = Kind::kError;
  else {
    const auto number = parse_int(line);
    if (!number) return Status::kBroken;
    value.integer = *number;
    if (mark == ':')
      value.kind = Kind::kInteger;
    else if ((mark == '$' || mark == '*') && *number == -1)
      value.kind = Kind::kNil;
    else if (mark == '*' && *number >= 0 && *number <= kMaxItems)
      value.kind = Kind::kArray;
    else if (mark == '$' && *number >= 0 && *number <= kMaxBulk)
      value.kind = Kind::kBulk;
    else
      return Status::kBroken;
  }
  if (value.kind != Kind::kBulk) return Status::kReply;
  const auto size = static_cast<size_t>(value.integer);
  if (input.size() - at < size + 2) return Status::kMore;
  value.text = input.substr(at, size);
  at += size + 2;
  return Status::kReply;
}

}  // namespace

ReplyReader::Status ReplyReader::read(std::string_view input, ReplyValue& value, size_t& used) {
  std::vector<Open> open;
  size_t at = 0;
  value = ReplyValue{};
  ReplyValue* target = &value;
  for (;;) {
    const Status status = read_one(input, at, *target);
    if (status != Status::kReply) return status;
    if (target->kind == ReplyValue::Kind::kArray && target->integer > 0) {
      target->items.reserve(
          static_cast<size_t>(target->integer));  // items must not move while open
      open.push_back({target, target->integer});
    }
    while (!open.empty() && open.back().missing == 0) open.pop_back();
    if (open.empty()) break;
    --open.back().missing;
    target = &open.back().array->items.emplace_back();
  }
  used = at;
  return Status::kReply;
}

}  // namespace freshet
