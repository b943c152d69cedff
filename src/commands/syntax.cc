#include "commands/syntax.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "freshet/base/text.h"

namespace freshet {
namespace {

struct Lexeme {
  enum Kind { kWord, kOpen, kClose, kPipe, kTightPipe, kDots, kEnd };
  Kind kind;
  std::string_view text;
};

constexpr std::string_view kEllipsis = "\xe2\x80\xa6";
constexpr std::string_view kSpecial = "[]<>|";

// The length of "..." or "…" at the start of `rest`, or 0.
size_t dots_at(std::string_view rest) {
  if (rest.starts_with("...")) return 3;
  return rest.starts_with(kEllipsis) ? kEllipsis.size() : 0;
}

std::vector<Lexeme> lex(std::string_view text) {
  std::vector<Lexeme> found;
  for (size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    if (const size_t dots = dots_at(rest)) {
      found.push_back({Lexeme::kDots, rest.substr(0, dots)});
      i += dots;
    } else if (text[i] == ' ') {
      ++i;
    } else if (text[i] == '|') {
      const bool spaced =
          i == 0 || text[i - 1] == ' ' || i + 1 == text.size() || text[i + 1] == ' ';
      found.push_back({spaced ? Lexeme::kPipe : Lexeme::kTightPipe, rest.substr(0, 1)});
      ++i;
    } else if (kSpecial.find(text[i]) != std::string_view::npos) {
      const bool opens = text[i] == '[' || text[i] == '<';
      found.push_back({opens ? Lexeme::kOpen : Lexeme::kClose, rest.substr(0, 1)});
      ++i;
    } else {
      size_t size = 1;
      while (size < rest.size() && rest[size] != ' ' && dots_at(rest.substr(size)) == 0 &&
             kSpecial.find(rest[size]) == std::string_view::npos) {
        ++size;
      }
      found.push_back({Lexeme::kWord, rest.substr(0, size)});
      i += size;
    }
  }
  found.push_back({Lexeme::kEnd, {}});
  return found;
}

bool is_token(std::string_view word) {
  return std::none_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

constexpr std::string_view kIntegers[] = {
    "bit",       "client-id", "count",          "cursor",
    "db",        "decrement", "destination-db", "end",
    "increment", "index",     "index1",         "index2",
    "len",       "limit",     "milliseconds",   "min-match-len",
    "ms",        "n",         "offset",         "p",
    "protover",  "s",         "seconds",        "start",
    "timeout",   "version"};
constexpr std::string_view kKeyNames[] = {"destination", "destkey", "key",   "key1",
                                          "key2",        "newkey",  "source"};

template <size_t N>
bool one_of(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::string type_of(std::string_view name) {
  if (one_of(kIntegers, name)) return "integer";
  if (one_of(kKeyNames, name)) return "key";
  if (name == "pattern" || name == "glob") return "pattern";
  return name.starts_with("unix-time") ? "unix-time" : "string";
}

std::string joined_names(const std::vector<Argument>& parts) {
  std::string name;
  for (const Argument& part : parts) {
    if (!name.empty()) name += '_';
    name += part.name;
  }
  return name;
}

// Redis names the two choices that come most often; of others a name tells its parts, if that is
// short.
std::string group_name(std::string_view type, const std::vector<Argument>& parts) {
  constexpr size_t kLongest = 32;
  if (type == "oneof" && parts[0].name == "nx") return "condition";
  if (type == "oneof" && parts[0].name == "seconds") return "expiration";
  std::string name = joined_names(parts);
  if (name.size() <= kLongest) return name;
  return type == "oneof" ? "option" : "arguments";
}

Argument group(std::string type, std::vector<Argument> parts) {
  Argument made;
  made.name = group_name(type, parts);
  made.type = std::move(type);
  made.parts = std::move(parts);
  return made;
}

Argument as_one(std::vector<Argument> parts) {
  if (parts.size() == 1) return std::move(parts[0]);
  return group("block", std::move(parts));
}

// True if `tail` only repeats the end of `before`.
bool repeats(const std::vector<Argument>& before, const std::vector<Argument>& tail) {
  return !tail.empty() && tail.size() <= before.size() &&
         std::equal(tail.begin(), tail.end(), before.end() - static_cast<ptrdiff_t>(tail.size()),
                    [](const Argument& a, const Argument& b) { return a.same(b); });
}

// The last `count` of `list` may stand again and again.
void make_multiple(std::vector<Argument>& list, size_t count) {
  if (count > 1) {
    const auto from = list.end() - static_cast<ptrdiff_t>(count);
    std::vector<Argument> parts(std::make_move_iterator(from), std::make_move_iterator(list.end()));
    list.erase(from, list.end());
    list.push_back(group("block", std::move(parts)));
  }
  list.back().multiple = true;
  list.back().multiple_token = !list.back().token.empty();
}

class SyntaxParser {
 public:
  explicit SyntaxParser(std::string_view syntax) : lexemes_(lex(syntax)) {}

  std::vector<Argument> all() { return alternatives(0); }

 private:
  const Lexeme& next() const { return lexemes_[at_]; }
  bool next_is(Lexeme::Kind kind) const { return next().kind == kind; }
  bool takes(Lexeme::Kind kind) {
    if (!next_is(kind)) return false;
    ++at_;
    return true;
  }

  // Sequences parted by pipes, up to what closes them: one sequence as it is, several as one
  // "oneof".
  std::vector<Argument> alternatives(int depth) {
    std::vector<Argument> first = sequence(depth);
    if (!next_is(Lexeme::kPipe) && !next_is(Lexeme::kTightPipe)) return first;
    std::vector<Argument> choices;
    choices.push_back(as_one(std::move(first)));
    while (takes(Lexeme::kPipe) || takes(Lexeme::kTightPipe)) {
      choices.push_back(as_one(sequence(depth)));
    }
    std::vector<Argument> result;
    result.push_back(group("oneof", std::move(choices)));
    return result;
  }

  std::vector<Argument> sequence(int depth) {
    std::vector<Argument> list;
    while (!next_is(Lexeme::kEnd) && !next_is(Lexeme::kClose) && !next_is(Lexeme::kPipe) &&
           !(depth > 0 && next_is(Lexeme::kTightPipe))) {
      if (takes(Lexeme::kDots) || takes(Lexeme::kTightPipe)) {
        if (!list.empty()) list.back().multiple = true;
      } else if (next_is(Lexeme::kOpen)) {
        bracketed(list, depth);
      } else {
        list.push_back(word(depth));
      }
    }
    return list;
  }

  void bracketed(std::vector<Argument>& list, int depth) {
    const bool optional = next().text == "[";
    ++at_;
    std::vector<Argument> inner = alternatives(depth + 1);
    takes(Lexeme::kClose);
    if (inner.empty()) return;
    if (optional && repeats(list, inner)) {
      make_multiple(list, inner.size());
    } else if (optional && !list.empty() && repeats_value(list.back(), inner)) {
      // The values of the token before it: "ID client-id [client-id ...]".
    } else {
      list.push_back(as_one(std::move(inner)));
      list.back().optional = optional;
    }
  }

  static bool repeats_value(Argument& before, const std::vector<Argument>& inner) {
    if (before.token.empty()) return false;
    if (before.type == "block") {
      if (!repeats(before.parts, inner)) return false;
      make_multiple(before.parts, inner.size());
      return true;
    }
    if (inner.size() != 1 || !inner[0].token.empty() || inner[0].name != before.name) return false;
    before.multiple = true;
    return true;
  }

  Argument word(int depth) {
    const std::string_view text = next().text;
    ++at_;
    if (depth == 0 && next_is(Lexeme::kTightPipe)) return words(text);
    Argument made;
    if (!is_token(text)) {
      made.name = text;
      made.type = type_of(text);
      return made;
    }
    return token(text, depth);
  }

  // "KEY|TAG" outside of brackets.
  Argument words(std::string_view first) {
    std::vector<Argument> choices;
    choices.push_back(plain_token(first));
    while (takes(Lexeme::kTightPipe)) {
      choices.push_back(plain_token(next().text));
      if (next_is(Lexeme::kWord)) ++at_;
    }
    return group("oneof", std::move(choices));
  }

  static Argument plain_token(std::string_view text) {
    Argument made;
    made.name = to_lower(text);
    made.type = "pure-token";
    made.token = text;
    return made;
  }

  // A token with the values that stand behind it.
  Argument token(std::string_view text, int depth) {
    std::vector<Argument> values;
    for (;;) {
      if (next_is(Lexeme::kWord) && !is_token(next().text)) {
        values.push_back(word(depth + 1));
      } else if (next_is(Lexeme::kOpen) && next().text == "<") {
        bracketed(values, depth);
      } else if (next_is(Lexeme::kDots) && !values.empty()) {
        ++at_;
        values.back().multiple = true;
      } else {
        break;
      }
    }
    if (values.empty()) return plain_token(text);
    Argument made = as_one(std::move(values));
    made.token = text;
    return made;
  }

  std::vector<Lexeme> lexemes_;
  size_t at_ = 0;
};

}  // namespace

bool Argument::same(const Argument& other) const {
  return name == other.name && token == other.token && type == other.type &&
         parts.size() == other.parts.size();
}

std::vector<Argument> parse_syntax(std::string_view syntax) { return SyntaxParser(syntax).all(); }

}  // namespace freshet
