#include "words.h"

#include "freshet/base/glob.h"

namespace freshet::model {

std::string bulk(const std::string& bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + bytes + "\r\n";
}

std::string integer(int64_t number) { return ":" + std::to_string(number) + "\r\n"; }

std::string array(const Words& replies) {
  std::string text = "*" + std::to_string(replies.size()) + "\r\n";
  for (const std::string& reply : replies) text += reply;
  return text;
}

Words leaves(const std::string& reply) {
  Words found;
  for (size_t at = 0; at < reply.size();) {
    const size_t end = reply.find("\r\n", at);
    const std::string line = reply.substr(at, end - at);
    at = end + 2;
    if (line[0] == '*') {
      found.push_back(line);
    } else if (line == "$-1") {
      found.push_back("nil");
    } else if (line[0] == '$') {
      const size_t size = std::stoul(line.substr(1));
      found.push_back(reply.substr(at, size));
      at += size + 2;
    } else {
      found.push_back(line.substr(1));
    }
  }
  return found;
}

int64_t number_of(const std::string& reply) {
  return reply[0] == ':' ? std::stoll(reply.substr(1)) : -1;
}

bool is_error(const std::string& reply) { return reply.starts_with("-ERR"); }

Names matching(const Names& all, const Words& globs) {
  Names matched;
  for (const std::string& glob : globs) {
    for (const std::string& name : all) {
      if (glob_match(glob, name)) matched.insert(name);
    }
  }
  return matched;
}

Options parse_options(const Words& args, size_t from) {
  Options options;
  for (size_t at = from; at < args.size(); ++at) {
    const std::string& word = args[at];
    if (word == "NX") options.nx = true;
    if (word == "XX") options.xx = true;
    if (word == "GET") options.get = true;
    if (word == "KEEPTTL") options.keep_ttl = true;
    if (word == "EX") options.time = std::stoll(args[++at]) * 1000;
    if (word == "PX") options.time = std::stoll(args[++at]);
    if (word == "PRIORITY") options.priority = std::stoi(args[++at]);
    if (word == "COST") options.cost = std::stoi(args[++at]);
    if (word == "FENCE") options.fence = args[++at];
    if (word == "DEPS" || word == "TAGS") {
      Names& names = word == "DEPS" ? options.deps : options.tags;
      const size_t count = std::stoul(args[++at]);
      for (size_t i = 0; i < count; ++i) names.insert(args[++at]);
    }
  }
  return options;
}

Invalidation parse_invalidation(const Words& args) {
  Invalidation found;
  found.selector = args[1];
  size_t end = args.size();
  for (; end > 3; --end) {
    const std::string& word = args[end - 1];
    if (word == "ALL") {
      found.all = true;
    } else if (word == "CASCADE") {
      found.cascade = true;
    } else if (word == "DRYRUN") {
      found.dry_run = true;
    } else if (word == "ASYNC") {
      found.async = true;
    } else if (end > 4 && args[end - 2] == "SOFT") {
      found.soft = std::stoll(word);
      --end;
    } else {
      break;
    }
  }
  if (args[end - 1] == "--") --end;
  found.names.assign(args.begin() + 2, args.begin() + static_cast<ptrdiff_t>(end));
  return found;
}

}  // namespace freshet::model
