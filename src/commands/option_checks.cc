#include "commands/option_checks.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "freshet/base/numbers.h"
#include "freshet/base/text.h"

namespace freshet {
namespace {

constexpr size_t kMostAddresses = 16;  // of bind (Redis's CONFIG_BINDADDR_MAX)

OptionValue good(std::string text) { return {std::move(text), ""}; }
OptionValue bad(std::string error) { return {"", std::move(error)}; }

std::string join(OptionWords words) {
  std::string text;
  for (const std::string& word : words) {
    if (&word != words.data()) text += ' ';
    text += word;
  }
  return text;
}

std::string octal(int64_t value) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 8).ptr;
  return {digits.data(), end};
}

OptionValue in_range(const OptionRow& row, int64_t value, std::string (*show)(int64_t)) {
  if (value >= row.least && value <= row.most) return good(show(value));
  return bad("argument must be between " + show(row.least) + " and " + show(row.most) +
             " inclusive");
}

std::string decimal(int64_t value) { return std::to_string(value); }

OptionValue check_number(const OptionRow& row, const std::string& word) {
  const auto value = parse_int(word);
  if (!value) return bad("argument couldn't be parsed into an integer");
  return in_range(row, *value, decimal);
}

OptionValue check_octal(const OptionRow& row, const std::string& word) {
  int64_t value = 0;
  const char* const end = word.data() + word.size();
  const auto [at, code] = std::from_chars(word.data(), end, value, 8);
  if (code != std::errc{} || at != end)
    return bad("argument couldn't be parsed as an octal number");
  return in_range(row, value, octal);
}

OptionValue check_memory(const OptionRow& row, const std::string& word) {
  const auto value = parse_memory(word);
  if (!value) return bad("argument must be a memory value");
  return in_range(row, *value, decimal);
}

OptionValue check_yes_no(const std::string& word) {
  if (is_word(word, "yes")) return good("yes");
  if (is_word(word, "no")) return good("no");
  return bad("argument must be 'yes' or 'no'");
}

OptionValue check_enum(const OptionRow& row, const std::string& word) {
  std::string_view rest = row.words;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(", "), rest.size());
    if (is_word(word, rest.substr(0, end))) return good(to_lower(word));
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return bad("argument(s) must be one of the following: " + std::string(row.words));
}

}  // namespace

std::vector<std::string> cut_at_spaces(std::string_view text) {
  std::vector<std::string> words;
  if (text.empty()) return words;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

OptionValue check_option(const OptionRow& row, OptionWords words, std::string_view present) {
  const bool one_word = row.kind != OptionKind::kWords && row.kind != OptionKind::kMany;
  if (one_word && words.size() != 1) return bad("wrong number of arguments");
  std::vector<std::string> cut;
  if (row.kind == OptionKind::kWords && words.size() == 1) {
    cut = cut_at_spaces(words[0]);
    words = cut;
  }
  if (row.check != nullptr) return row.check(words, present);
  switch (row.kind) {
    case OptionKind::kNumber:
      return check_number(row, words[0]);
    case OptionKind::kOctal:
      return check_octal(row, words[0]);
    case OptionKind::kMemory:
      return check_memory(row, words[0]);
    case OptionKind::kYesNo:
      return check_yes_no(words[0]);
    case OptionKind::kEnum:
      return check_enum(row, words[0]);
    case OptionKind::kText:
    case OptionKind::kWords:
    case OptionKind::kMany:
      break;
  }
  return good(join(words));
}

OptionValue check_hz(OptionWords words, std::string_view) {
  const auto value = parse_int(words[0]);
  if (!value) return bad("argument couldn't be parsed into an integer");
  return good(decimal(std::clamp<int64_t>(*value, 1, 500)));  // as Redis: quietly
}

OptionValue check_only_no(OptionWords words, std::string_view) {
  OptionValue value = check_yes_no(words[0]);
  return value.text == "yes" ? bad("Freshet can't do this, only 'no' is accepted") : value;
}

OptionValue check_save(OptionWords words, std::string_view) {
  if (words.empty()) return good("");
  if (words.size() % 2 != 0) return bad("Invalid save parameters");
  for (size_t i = 0; i < words.size(); ++i) {
    const auto value = parse_int(words[i]);
    const int64_t least = i % 2 == 0 ? 1 : 0;  // seconds, changes
    if (!value || *value < least) return bad("Invalid save parameters");
  }
  return good(join(words));
}

OptionValue check_bind(OptionWords words, std::string_view) {
  if (words.size() > kMostAddresses) return bad("Too many bind addresses specified.");
  return good(join(words));
}

// "class hard soft seconds …"; classes that are not named keep what they had.
OptionValue check_output_limits(OptionWords words, std::string_view present) {
  if (words.size() % 4 != 0) {
    return bad("Wrong number of arguments in buffer limit configuration.");
  }
  std::vector<std::string> all = cut_at_spaces(present);
  if (all.empty()) {
    all = {"normal", "0", "0", "0", "slave", "0", "0", "0", "pubsub", "0", "0", "0"};
  }
  for (size_t i = 0; i < words.size(); i += 4) {
    std::string name = to_lower(words[i]);
    if (name == "replica") name = "slave";  // what CONFIG GET calls it
    const auto at = static_cast<size_t>(std::find(all.begin(), all.end(), name) - all.begin());
    if (at == all.size() || at % 4 != 0) {
      return bad("Invalid client class specified in buffer limit configuration.");
    }
    const auto hard = parse_memory(words[i + 1]);
    const auto soft = parse_memory(words[i + 2]);
    const auto seconds = parse_int(words[i + 3]);
    if (!hard || !soft || !seconds || *seconds < 0) {
      return bad("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    all[at + 1] = decimal(*hard);
    all[at + 2] = decimal(*soft);
    all[at + 3] = decimal(*seconds);
  }
  return good(join(all));
}

OptionValue check_triggers(OptionWords words, std::string_view) {
  constexpr std::array<std::string_view, 4> kTriggers = {"overwrite", "edit", "delete", "expire"};
  if (words.size() == 1 && is_word(words[0], "none")) return good("none");
  std::array<bool, kTriggers.size()> found{};
  for (const std::string& word : words) {
    const auto trigger = std::find(kTriggers.begin(), kTriggers.end(), to_lower(word));
    if (trigger == kTriggers.end()) {
      return bad(
          "argument(s) must be 'none' or some of the following: overwrite, edit, delete, expire");
    }
    found[static_cast<size_t>(trigger - kTriggers.begin())] = true;
  }
  std::string text;
  for (size_t i = 0; i < kTriggers.size(); ++i) {
    if (!found[i]) continue;
    if (!text.empty()) text += ' ';
    text += kTriggers[i];
  }
  return good(text.empty() ? "none" : text);
}

OptionValue check_client_memory(OptionWords words, std::string_view) {
  std::string_view word = words[0];
  if (word.ends_with('%')) {
    word.remove_suffix(1);
    const auto percent = parse_int(word);
    if (!percent || *percent < 0) return bad("argument must be a memory or percent value");
    if (*percent > 100) return bad("percentage argument must be less or equal to 100");
    return good(*percent == 0 ? "0" : std::to_string(*percent) + '%');
  }
  const auto bytes = parse_memory(words[0]);
  if (!bytes || *bytes < 0) return bad("argument must be a memory or percent value");
  return good(std::to_string(*bytes));
}

OptionValue check_rename(OptionWords words, std::string_view) {
  if (words.size() != 2) return bad("wrong number of arguments");
  return good("");
}

// name redis://[user:password@]host[:port][/db]; what the address says is read by whoever connects.
OptionValue check_source(OptionWords words, std::string_view) {
  constexpr std::string_view kScheme = "redis://";
  if (words.size() != 2) return bad("wrong number of arguments");
  if (words[0].empty()) return bad("a source needs a name");
  if (!words[1].starts_with(kScheme) || words[1].size() == kScheme.size()) {
    return bad("argument must be redis://[user:password@]host[:port][/database]");
  }
  return good("");
}

}  // namespace freshet
