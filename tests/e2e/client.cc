#include "client.h"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <utility>

namespace freshet::e2e {
namespace {

Reply copied(const redisReply& raw) {
  using Kind = Reply::Kind;
  Reply reply;
  switch (raw.type) {
    case REDIS_REPLY_STATUS:
      reply.kind = Kind::kStatus;
      break;
    case REDIS_REPLY_ERROR:
      reply.kind = Kind::kError;
      break;
    case REDIS_REPLY_INTEGER:
      reply.kind = Kind::kInteger;
      break;
    case REDIS_REPLY_STRING:
      reply.kind = Kind::kBulk;
      break;
    case REDIS_REPLY_NIL:
      reply.kind = Kind::kNil;
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = Kind::kArray;
      break;
    default:
      break;
  }
  if (raw.str != nullptr) reply.text.assign(raw.str, raw.len);
  reply.integer = raw.type == REDIS_REPLY_INTEGER ? raw.integer : 0;
  if (raw.type != REDIS_REPLY_ARRAY) return reply;
  for (std::size_t i = 0; i < raw.elements; ++i) reply.items.push_back(copied(*raw.element[i]));
  return reply;
}

void set_patience(redisContext* context) {
  if (context == nullptr || context->err != 0) return;
  const timeval limit{kPatience.count() / 1000, 0};
  redisSetTimeout(context, limit);
}

}  // namespace

const Reply* Reply::field(std::string_view name) const {
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i].text == name) return &items[i + 1];
  }
  return nullptr;
}

std::string show(const Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::kError:
      return "(error) " + reply.text;
    case Reply::Kind::kInteger:
      return "(integer) " + std::to_string(reply.integer);
    case Reply::Kind::kNil:
      return "(nil)";
    case Reply::Kind::kLost:
      return "(lost)";
    case Reply::Kind::kArray:
      break;
    default:
      return reply.text;
  }
  std::string line = "[";
  for (const Reply& item : reply.items) {
    if (line.size() > 1) line += ' ';
    line += show(item);
  }
  return line + "]";
}

Words split(std::string_view text) {
  Words words;
  while (true) {
    const std::size_t end = text.find(' ');
    words.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return words;
    text.remove_prefix(end + 1);
  }
}

Client::Client(const TestServer& server)
    : context_(redisConnectUnix(server.socket_path().c_str())) {
  set_patience(context_);
}

Client::Client(const std::string& address, int port)
    : context_(redisConnect(address.c_str(), port)) {
  set_patience(context_);
}

Client::Client(Client&& other) noexcept : context_(std::exchange(other.context_, nullptr)) {}

Client::~Client() {
  if (context_ != nullptr) redisFree(context_);
}

Reply Client::call(const Words& args) {
  append(args);
  return next();
}

void Client::append(const Words& args) {
  std::vector<const char*> data;
  std::vector<std::size_t> sizes;
  for (const std::string& arg : args) {
    data.push_back(arg.data());
    sizes.push_back(arg.size());
  }
  redisAppendCommandArgv(context_, static_cast<int>(args.size()), data.data(), sizes.data());
}

Reply Client::next() {
  void* raw = nullptr;
  if (redisGetReply(context_, &raw) != REDIS_OK || raw == nullptr) return {};
  const Reply reply = copied(*static_cast<redisReply*>(raw));
  freeReplyObject(raw);
  return reply;
}

}  // namespace freshet::e2e
