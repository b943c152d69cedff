// The option table: one row an option. It says what an option is; option_checks says whether a
// value fits, option_values keeps the values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "freshet/commands/options.h"

namespace freshet {

enum class OptionKind : uint8_t {
  kNumber,  // decimal, least … most
  kOctal,   // a file's mode
  kMemory,  // bytes, with Redis's units
  kYesNo,
  kEnum,   // one of `words`
  kText,   // one word, anything
  kWords,  // any number of words
  kMany,   // may stand several times; each line is kept. Never in CONFIG, for it may hold secrets
};

enum class OptionChange : uint8_t { kAnyTime, kAtStart };

using OptionWords = std::span<const std::string>;

// A value as CONFIG GET shows it, or what is wrong with it.
struct OptionValue {
  std::string text;
  std::string error;
};

struct OptionRow {
  // `present` is the option's value so far.
  using Check = OptionValue (*)(OptionWords words, std::string_view present);
  // Copies a new value to the atomic that hot paths read. `number` is 0 where the value is none.
  using Hook = void (*)(Options& options, int64_t number, std::string_view text);

  std::string_view name;
  OptionKind kind;
  OptionChange change = OptionChange::kAnyTime;
  std::string_view initial;  // the default, as a file would spell it; kMany has none
  std::string_view meaning;  // one or two sentences, for --help and the man page
  int64_t least = 0;
  int64_t most = 0;
  std::string_view words = {};  // kEnum: "one, two, three"
  Check check = nullptr;        // in place of the kind's own check
  Hook hook = nullptr;
  // Further lines of a file add to the value, and only `name ""` clears it (save).
  bool joins = false;
  // kText, kWords, kMany: the arguments, as --help shows them; kEnum: in place of too many words.
  std::string_view form = {};
};

std::span<const OptionRow> option_rows();

// Any case; nullptr if there is none.
const OptionRow* find_option(std::string_view name);

// Of a value as CONFIG GET shows it: yes is 1, what is no number 0.
int64_t option_number(const OptionRow& row, std::string_view text);

}  // namespace freshet
