#include "resp_reader.h"

#include <charconv>

namespace freshet::compat {
namespace {

constexpr long kLongest = 1L << 30;  // no reply of this test comes near: longer means garbage

struct Header {
  Cut::State state = Cut::State::kPartial;
  char type = 0;
  std::string_view line;  // without the type and CRLF
  size_t size = 0;        // with both, and with a bulk's payload and CRLF
  long count = 0;         // a bulk's length or an aggregate's elements; -1 is null
};

bool is_bulk(char type) { return type == '$' || type == '=' || type == '!'; }
bool is_aggregate(char type) {
  return type == '*' || type == '~' || type == '>' || type == '%' || type == '|';
}
bool is_line(char type) {
  return type == '+' || type == '-' || type == ':' || type == '_' || type == ',' || type == '#' ||
         type == '(';
}

bool parse_count(std::string_view line, long* count) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), *count);
  return error == std::errc() && end == line.data() + line.size() && *count >= -1 &&
         *count <= kLongest;
}

Header read_header(std::string_view bytes) {
  Header header;
  if (bytes.empty()) return header;
  header.type = bytes[0];
  const bool known = is_bulk(header.type) || is_aggregate(header.type) || is_line(header.type);
  if (!known) return {.state = Cut::State::kBroken};
  const size_t end = bytes.find("\r\n");
  if (end == std::string_view::npos) return header;
  header.line = bytes.substr(1, end - 1);
  header.size = end + 2;
  header.state = Cut::State::kWhole;
  if (is_line(header.type)) return header;
  if (!parse_count(header.line, &header.count)) return {.state = Cut::State::kBroken};
  if (!is_bulk(header.type) || header.count < 0) return header;
  const size_t payload_end = header.size + static_cast<size_t>(header.count);
  if (bytes.size() < payload_end + 2) return {.state = Cut::State::kPartial};
  if (bytes.substr(payload_end, 2) != "\r\n") return {.state = Cut::State::kBroken};
  header.size = payload_end + 2;
  return header;
}

// How many replies stand inside or, for an attribute, behind this header.
size_t replies_within(const Header& header) {
  if (!is_aggregate(header.type) || header.count < 0) return 0;
  const auto count = static_cast<size_t>(header.count);
  if (header.type == '%') return count * 2;
  if (header.type == '|') return count * 2 + 1;
  return count;
}

Reply parse_from(std::string_view bytes, size_t* position) {
  const Header header = read_header(bytes.substr(*position));
  Reply reply{.type = header.type, .text = std::string(header.line)};
  reply.null = header.type == '_' || header.count < 0;
  if (is_bulk(header.type) && !reply.null) {
    const auto length = static_cast<size_t>(header.count);
    reply.text = bytes.substr(*position + header.size - 2 - length, length);
  }
  *position += header.size;
  for (size_t left = replies_within(header); left > 0; --left) {
    reply.items.push_back(parse_from(bytes, position));
  }
  return reply;
}

}  // namespace

Cut cut_reply(std::string_view bytes) {
  size_t position = 0;
  for (size_t open = 1; open > 0; --open) {
    const Header header = read_header(bytes.substr(position));
    if (header.state != Cut::State::kWhole) return {header.state, 0};
    position += header.size;
    open += replies_within(header);
  }
  return {Cut::State::kWhole, position};
}

Reply parse_reply(std::string_view bytes) {
  size_t position = 0;
  return parse_from(bytes, &position);
}

std::string flat(const Reply& reply) {
  std::string text = reply.type + std::to_string(reply.text.size()) + ':' + reply.text;
  if (reply.items.empty()) return text;
  text += '[';
  for (const Reply& item : reply.items) text += flat(item) + ' ';
  return text + ']';
}

}  // namespace freshet::compat
