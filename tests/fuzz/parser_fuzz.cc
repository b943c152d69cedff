// The parser is shown the same bytes at once and in pieces; both must give the same commands and
// the same error. The input says how the pieces are cut, and which of them the "socket" reads
// straight into a Blob. What is cut as a small command, the parser must take likewise.
#include <algorithm>
#include <vector>

#include "freshet/resp/cut.h"
#include "freshet/resp/parser.h"
#include "fuzz/input.h"

namespace freshet {
namespace {

using Commands = std::vector<std::vector<std::string>>;

struct Parsed {
  Commands commands;
  std::string error;
};

// Takes commands off `bytes` until more are needed. False after an error.
bool take(Parser& parser, const Parser::Limits& limits, std::string_view& bytes, Parsed& parsed) {
  for (;;) {
    size_t used = 0;
    switch (parser.next(bytes, limits, used)) {
      case Parser::Status::kMore:
        return true;
      case Parser::Status::kError:
        parsed.error = parser.error();
        return false;
      case Parser::Status::kCommand:
        break;
    }
    if (used == 0 || used > bytes.size()) fuzz_failed("a command that took no bytes, or too many");
    parsed.commands.emplace_back(parser.args().begin(), parser.args().end());
    bytes.remove_prefix(used);
  }
}

// Commands are cut one after another, as a pipeline's are, with the head of the last one in mind;
// what is left to the parser ends it.
void compare_cuts(std::string_view stream, const Parser::Limits& limits) {
  Parser parser;
  CommandHead head;
  std::vector<std::string_view> cut;
  for (;;) {
    const char *const start = stream.data(), *const end = start + stream.size();
    const char* at = head.again(start, end);
    if (at == nullptr) at = head.read(start, end);
    if (at == nullptr) break;
    cut.resize(head.count());
    cut[0] = head.name(at);
    at = cut_args(at, end, cut.size() - 1, cut.data() + 1);
    if (at == nullptr) break;
    const auto size = static_cast<size_t>(at - start);
    size_t used = 0;
    if (parser.next(stream, limits, used) != Parser::Status::kCommand || used != size ||
        parser.args() != cut) {
      fuzz_failed("a command was cut that the parser takes otherwise");
    }
    stream.remove_prefix(size);
  }
}

Parsed parse_whole(std::string_view stream, const Parser::Limits& limits) {
  Parser parser;
  Parsed parsed;
  take(parser, limits, stream, parsed);
  return parsed;
}

Parsed parse_pieces(std::string_view stream, const Parser::Limits& limits,
                    const std::vector<uint8_t>& cuts) {
  Parser parser;
  Parsed parsed;
  std::string buffer;                        // moves as it grows, as a connection's does
  const size_t least = stream.size() / 256;  // an unfinished line is searched anew each turn
  for (size_t turn = 0; !stream.empty(); ++turn) {
    const uint8_t cut = cuts[turn % cuts.size()];
    // Small pieces find the seams, large ones get through a long input; odd ones read into the
    // Blob.
    size_t size = (cut < 128 ? size_t{cut} / 2 + 1 : size_t{cut} * 64) + least;
    size = std::min(size, stream.size());
    const std::span<char> wanted = parser.wants();
    if (cut % 2 == 1 && !wanted.empty()) {
      size = std::min(size, wanted.size());
      std::copy_n(stream.data(), size, wanted.data());
      parser.filled(size);
    } else {
      buffer.append(stream.substr(0, size));
    }
    stream.remove_prefix(size);
    std::string_view bytes = buffer;
    if (!take(parser, limits, bytes, parsed)) break;
    buffer.erase(0, buffer.size() - bytes.size());
  }
  return parsed;
}

// 0xff, count, byte stands for a run: long arguments without a long input.
std::string expand(FuzzInput& input) {
  constexpr size_t kRun = 512;
  constexpr size_t kLongest = 1 << 18;
  std::string stream;
  while (!input.empty() && stream.size() < kLongest) {
    const uint8_t byte = input.byte();
    if (byte != 0xff) {
      stream += static_cast<char>(byte);
      continue;
    }
    const size_t count = input.byte() * kRun;
    stream.append(count, static_cast<char>(input.byte()));
  }
  return stream;
}

void compare(const Parsed& whole, const Parsed& pieces) {
  // A line that is too long is noticed when its end has not come yet; a single read may bring the
  // end.
  if (pieces.error.find("too big") != std::string::npos) {
    if (pieces.commands.size() > whole.commands.size() ||
        !std::equal(pieces.commands.begin(), pieces.commands.end(), whole.commands.begin())) {
      fuzz_failed("pieces give other commands before a line that is too long");
    }
    return;
  }
  if (whole.error != pieces.error) {
    fuzz_failed("errors differ: '" + whole.error + "', in pieces '" + pieces.error + "'");
  }
  if (whole.commands != pieces.commands) fuzz_failed("commands differ");
}

}  // namespace
}  // namespace freshet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace freshet;
  FuzzInput input(data, size);
  Parser::Limits limits;
  limits.max_bulk = 1 << 20;
  const uint8_t head = input.byte();
  limits.authenticated = head % 2 == 0;
  std::vector<uint8_t> cuts(1 + head / 16);
  for (uint8_t& cut : cuts) cut = input.byte();
  const std::string stream = expand(input);
  compare_cuts(stream, {});
  compare(parse_whole(stream, limits), parse_pieces(stream, limits, cuts));
  return 0;
}
