// Commands through the parser and the dispatcher: two sessions, several databases, a clock that
// moves, work in the background. Whatever is asked, each command gives exactly one well-formed
// reply, and nothing that the sanitizers would see.
#include <array>
#include <optional>
#include <vector>

#include "commands/harness.h"
#include "freshet/resp/parser.h"
#include "fuzz/input.h"

namespace freshet {
namespace {

// Length of the reply at the start of `bytes`, RESP2 or RESP3; nullopt if it is cut off or
// malformed.
std::optional<size_t> reply_length(std::string_view bytes) {
  size_t at = 0;
  for (int64_t missing = 1; missing > 0; --missing) {
    const size_t end = bytes.find("\r\n", at);
    if (end == std::string_view::npos || end == at) return std::nullopt;
    const char kind = bytes[at];
    const std::string_view line = bytes.substr(at + 1, end - at - 1);
    if (line.find_first_of("\r\n") != std::string_view::npos) return std::nullopt;
    at = end + 2;
    if (std::string_view("+-,(_#").find(kind) != std::string_view::npos) continue;
    const auto number = parse_int(line);
    if (!number) return std::nullopt;
    switch (kind) {
      case ':':
        break;
      case '$':
      case '=':
      case '!':
        if (*number == -1 && kind == '$') break;
        if (*number < 0 || bytes.size() - at < static_cast<size_t>(*number) + 2)
          return std::nullopt;
        at += static_cast<size_t>(*number);
        if (bytes.substr(at, 2) != "\r\n") return std::nullopt;
        at += 2;
        break;
      case '*':
        if (*number < -1) return std::nullopt;
        missing += std::max<int64_t>(*number, 0);
        break;
      case '~':
      case '%':
        if (*number < 0) return std::nullopt;
        missing += kind == '%' ? 2 * *number : *number;
        break;
      default:
        return std::nullopt;
    }
  }
  return at;
}

std::string take_bytes(Output& out) {
  std::string bytes;
  std::array<iovec, 64> parts;
  while (!out.empty()) {
    const int count = out.gather(parts.data(), static_cast<int>(parts.size()));
    size_t total = 0;
    for (int i = 0; i < count; ++i) {
      bytes.append(static_cast<const char*>(parts[static_cast<size_t>(i)].iov_base),
                   parts[static_cast<size_t>(i)].iov_len);
      total += parts[static_cast<size_t>(i)].iov_len;
    }
    out.sent(total);
  }
  return bytes;
}

// Words that get past the first check more often than random bytes do. No number between a mebibyte
// and what is refused anyway: the fuzzer's time is not for memset.
constexpr std::string_view kWords[] = {"a",
                                       "b",
                                       "c",
                                       "{t}a",
                                       "{t}b",
                                       "k1",
                                       "k2",
                                       "",
                                       "*",
                                       "?",
                                       "k*",
                                       "[a-c]",
                                       "0",
                                       "1",
                                       "-1",
                                       "2",
                                       "3",
                                       "7",
                                       "8",
                                       "100",
                                       "65536",
                                       "1000000000000",
                                       "9223372036854775807",
                                       "-9223372036854775808",
                                       "3.5",
                                       "1e5",
                                       "inf",
                                       "nx",
                                       "xx",
                                       "get",
                                       "ex",
                                       "px",
                                       "exat",
                                       "pxat",
                                       "keepttl",
                                       "gt",
                                       "lt",
                                       "persist",
                                       "match",
                                       "count",
                                       "type",
                                       "string",
                                       "replace",
                                       "db",
                                       "limit",
                                       "and",
                                       "or",
                                       "xor",
                                       "not",
                                       "bit",
                                       "byte",
                                       "u8",
                                       "i64",
                                       "set",
                                       "incrby",
                                       "overflow",
                                       "wrap",
                                       "sat",
                                       "fail",
                                       "idx",
                                       "len",
                                       "minmatchlen",
                                       "withmatchlen",
                                       "deps",
                                       "tags",
                                       "tag",
                                       "key",
                                       "pattern",
                                       "all",
                                       "cascade",
                                       "soft",
                                       "dryrun",
                                       "async",
                                       "--",
                                       "priority",
                                       "cost",
                                       "fence",
                                       "lease",
                                       "stale",
                                       "maxmemory",
                                       "maxmemory-policy",
                                       "allkeys-lru",
                                       "noeviction",
                                       "timeout",
                                       "on",
                                       "off",
                                       "skip",
                                       "yes",
                                       "no",
                                       "sync",
                                       "help",
                                       "info",
                                       "list",
                                       "setname",
                                       "2",
                                       "setinfo",
                                       "lib-name",
                                       "from",
                                       "status",
                                       "cancel",
                                       "sources",
                                       "reset",
                                       "prefix",
                                       "freq",
                                       "encoding",
                                       "refcount",
                                       "idletime"};

class Run {
 public:
  explicit Run(uint8_t head) : cache_(1 + head % 8, head % 16 >= 8, head), other_(2, cache_.host) {
    other_.now = cache_.session.now;
    cache_.options.set({{"proto-max-bulk-len", "1mb"}});
  }

  void step(FuzzInput& input) {
    const uint8_t choice = input.byte();
    switch (choice) {
      case 0:
        return pass(Millis{1} << (input.byte() % 40));
      case 1:
        return cache_.background();
      case 2:
        return second_ = !second_, void();
      default:
        return command(choice, input);
    }
  }

 private:
  Session& session() { return second_ ? other_ : cache_.session; }

  void pass(Millis time) {
    // Two hundred years from the test's first day is far enough, and no deadline overflows.
    if (passed_ + time > Millis{6'000'000'000'000}) return;
    passed_ += time;
    cache_.pass(time);
    other_.now = cache_.session.now;
  }

  std::string word(FuzzInput& input) {
    const uint8_t choice = input.byte();
    if (choice < std::size(kWords)) return std::string(kWords[choice]);
    if (choice < 200) return std::string(input.bytes(choice % 16));
    if (choice < 220) return token_;  // what the last reply said, a fence for instance
    if (choice < 230) return std::string((choice - 219) * 4096, 'v');  // some of them in a Blob
    return std::string(1, static_cast<char>('a' + choice % 4));
  }

  // A row of the table and some words, as a client would send them.
  void command(uint8_t choice, FuzzInput& input) {
    const CommandTable& table = CommandTable::all();
    if (table.count() == 0) return;
    const Command& row = table.row((choice * 256u + input.byte()) % table.count());
    std::vector<std::string> args;
    const size_t bar = row.name.find('|');
    args.emplace_back(row.name.substr(0, bar));
    if (bar != std::string_view::npos) args.emplace_back(row.name.substr(bar + 1));
    // Often as many as the row asks for.
    const size_t least = static_cast<size_t>(std::abs(row.arity));
    const uint8_t extra = input.byte();
    const size_t count = extra < 128 ? least + (row.arity < 0 ? extra % 8 : 0) : extra % 12;
    while (args.size() < count) args.push_back(word(input));
    send(args);
  }

  void send(const std::vector<std::string>& args) {
    std::string bytes = "*" + std::to_string(args.size()) + "\r\n";
    for (const std::string& arg : args) {
      bytes += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
    }
    size_t used = 0;
    if (parser_.next(bytes, {}, used) != Parser::Status::kCommand || used != bytes.size()) {
      fuzz_failed("the parser refuses a good command");
    }
    Session& from = session();
    const bool speaks = from.replies == Session::Replies::kOn;
    Output out;
    cache_.dispatcher.run(from, parser_.args(), out, &parser_);
    // CLIENT REPLY, SHUTDOWN and what waits may say nothing.
    const bool must_speak =
        speaks && from.replies == Session::Replies::kOn && !from.suspended && !cache_.host.stopped;
    check(take_bytes(out), args[0], must_speak);
    cache_.host.stopped = false;
    from.suspended = false;
    from.close_after_reply = false;
  }

  void check(const std::string& reply, const std::string& name, bool must_speak) {
    if (reply.empty() && !must_speak) return;
    const auto length = reply_length(reply);
    if (!length) fuzz_failed(name + " gives a malformed reply: " + reply.substr(0, 200));
    if (*length != reply.size())
      fuzz_failed(name + " gives more than one reply: " + reply.substr(0, 200));
    keep_token(reply);
  }

  // The last short bulk of an array: where FETCH puts its token.
  void keep_token(const std::string& reply) {
    if (reply[0] != '*') return;
    for (size_t at = 0; (at = reply.find('$', at)) != std::string::npos; ++at) {
      const size_t end = reply.find("\r\n", at);
      const auto size = parse_int(std::string_view(reply).substr(at + 1, end - at - 1));
      if (end == std::string::npos) return;
      if (size && *size > 4 && *size < 64)
        token_ = reply.substr(end + 2, static_cast<size_t>(*size));
    }
  }

  Cache cache_;
  Session other_;
  Parser parser_;
  bool second_ = false;
  Millis passed_ = 0;
  std::string token_ = "1";
};

}  // namespace
}  // namespace freshet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace freshet;
  FuzzInput input(data, size);
  Run run(input.byte());
  while (!input.empty()) run.step(input);
  return 0;
}
