#include "request.h"

namespace freshet {

namespace {

constexpr size_t kDigits = 12;
constexpr char kTagPrefix[] = "tag:";

void write_digits(char* to, uint64_t number) {
  for (size_t i = kDigits; i-- > 0; number /= 10) to[i] = static_cast<char>('0' + number % 10);
}

void append_bulk(std::string& out, std::string_view text) {
  out += '$';
  out += std::to_string(text.size());
  out += "\r\n";
  out += text;
  out += "\r\n";
}

}  // namespace

std::string encode(const Args& args) {
  std::string out = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) append_bulk(out, arg);
  return out;
}

std::string name_of(const Space& space, uint64_t key) {
  std::string name = space.prefix + std::string(kDigits, '0');
  write_digits(name.data() + space.prefix.size(), key);
  return name;
}

Request::Request(const Args& args, const Space& space) {
  bytes_ = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) {
    if (arg == "%v") {
      append_bulk(bytes_, std::string(space.value_bytes, 'v'));
    } else if (arg == "%k" || arg == "%n" || arg == "%r" || arg == "%t") {
      const std::string prefix = arg == "%t" ? kTagPrefix : space.prefix;
      append_bulk(bytes_, prefix + std::string(kDigits, '0'));
      holes_.push_back({bytes_.size() - 2 - kDigits, arg[1]});
    } else {
      append_bulk(bytes_, arg);
    }
  }
}

void Request::append_to(std::string& out, uint64_t key, KeyPicker& picker) const {
  const size_t start = out.size();
  out += bytes_;
  for (const Hole& hole : holes_) {
    uint64_t number = key;
    if (hole.kind == 'n') number = key + 1;
    if (hole.kind == 'r') number = picker.next();
    if (hole.kind == 't') number = picker.random().below(kTagNames);
    write_digits(out.data() + start + hole.offset, number);
  }
}

}  // namespace freshet
