// LCS: the longest common subsequence of two strings (t_string.c), by the textbook's table. Which
// of several longest ones comes out, and in which ranges, is decided on the way back through the
// table as Redis does it. Row: strings.cc.
#include <algorithm>
#include <string>
#include <vector>

#include "commands/arguments.h"
#include "commands/string_handlers.h"
#include "freshet/base/text.h"

namespace freshet {
namespace {

struct LcsOptions {
  bool length = false;
  bool ranges = false;
  bool match_lengths = false;
  int64_t shortest = 0;  // matches below are left out
};

std::optional<LcsOptions> parse_options(const Context& c) {
  LcsOptions options;
  for (size_t at = 3; at < c.args.size(); ++at) {
    const std::string_view word = c.args[at];
    if (is_word(word, "idx")) {
      options.ranges = true;
    } else if (is_word(word, "len")) {
      options.length = true;
    } else if (is_word(word, "withmatchlen")) {
      options.match_lengths = true;
    } else if (is_word(word, "minmatchlen") && at + 1 < c.args.size()) {
      const auto shortest = int_arg(c, ++at);
      if (!shortest) return std::nullopt;
      options.shortest = *shortest;
    } else {
      c.reply.error(kSyntaxError);
      return std::nullopt;
    }
  }
  if (options.ranges && options.length) {
    c.reply.error("ERR If you want both the length and indexes, please just use IDX.");
    return std::nullopt;
  }
  return options;
}

// The row of the table below `above`, for one more byte of the first string.
void fill_row(char byte, std::string_view b, const uint32_t* above, uint32_t* row) {
  row[0] = 0;
  for (size_t j = 1; j <= b.size(); ++j) {
    row[j] = byte == b[j - 1] ? above[j - 1] + 1 : std::max(above[j], row[j - 1]);
  }
}

// The length alone needs two rows.
uint32_t lcs_length(std::string_view a, std::string_view b) {
  std::vector<uint32_t> above(b.size() + 1), row(b.size() + 1);
  for (const char byte : a) {
    fill_row(byte, b, above.data(), row.data());
    above.swap(row);
  }
  return above[b.size()];
}

// A stretch that both strings have: where it starts in each, and its length.
struct Match {
  size_t a, b, length;
};

// The stretches of the subsequence, the last one first.
std::vector<Match> find_matches(std::string_view a, std::string_view b) {
  const size_t width = b.size() + 1;
  std::vector<uint32_t> table((a.size() + 1) * width);
  for (size_t i = 1; i <= a.size(); ++i) {
    fill_row(a[i - 1], b, &table[(i - 1) * width], &table[i * width]);
  }
  std::vector<Match> matches;
  bool open = false;  // the last match goes on
  for (size_t i = a.size(), j = b.size(); i > 0 && j > 0;) {
    if (a[i - 1] == b[j - 1]) {
      if (!open) matches.push_back({i, j, 0});
      open = true;
      Match& match = matches.back();
      match = {--i, --j, match.length + 1};
    } else {
      open = false;
      if (table[(i - 1) * width + j] > table[i * width + j - 1]) {
        --i;
      } else {
        --j;
      }
    }
  }
  return matches;
}

void reply_range(Reply& reply, size_t first, size_t length) {
  reply.array(2);
  reply.integer(static_cast<int64_t>(first));
  reply.integer(static_cast<int64_t>(first + length - 1));
}

void reply_matches(Reply& reply, std::vector<Match> matches, const LcsOptions& options) {
  size_t total = 0;
  for (const Match& match : matches) total += match.length;
  std::erase_if(matches, [&](const Match& match) {
    return static_cast<int64_t>(match.length) < options.shortest;
  });
  reply.map(2);
  reply.bulk("matches");
  reply.array(matches.size());
  for (const Match& match : matches) {
    reply.array(options.match_lengths ? 3 : 2);
    reply_range(reply, match.a, match.length);
    reply_range(reply, match.b, match.length);
    if (options.match_lengths) reply.integer(static_cast<int64_t>(match.length));
  }
  reply.bulk("len");
  reply.integer(static_cast<int64_t>(total));
}

void reply_text(Reply& reply, std::string_view a, const std::vector<Match>& matches) {
  std::string text;
  for (auto match = matches.rbegin(); match != matches.rend(); ++match) {
    text += a.substr(match->a, match->length);
  }
  reply.bulk(text);
}

// The table of Redis would hold the product of both lengths, each with one more; ours never holds
// more.
bool table_allowed(const Context& c, std::string_view a, std::string_view b) {
  const auto cells = static_cast<unsigned __int128>(a.size() + 1) * (b.size() + 1);
  if (a.size() >= UINT32_MAX - 1 || b.size() >= UINT32_MAX - 1) {
    c.reply.error("ERR String too long for LCS");
  } else if (cells * sizeof(uint32_t) > static_cast<unsigned __int128>(max_string(c))) {
    c.reply.error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  } else {
    return true;
  }
  return false;
}

}  // namespace

void lcs(Context& c) {
  const Key first = c.key(1), second = c.key(2);
  const Entry* left = c.space(first).read(first);
  const Entry* right = c.space(second).read(second);
  const auto options = parse_options(c);
  if (!options) return;
  char left_digits[kMaxIntDigits], right_digits[kMaxIntDigits];
  const std::string_view a = left == nullptr ? "" : left->bytes(left_digits);
  const std::string_view b = right == nullptr ? "" : right->bytes(right_digits);
  if (!table_allowed(c, a, b)) return;
  if (options->ranges) {
    reply_matches(c.reply, find_matches(a, b), *options);
  } else if (options->length) {
    c.reply.integer(lcs_length(a, b));
  } else {
    reply_text(c.reply, a, find_matches(a, b));
  }
}

}  // namespace freshet
