// Whether a value fits its option, with Redis 7.0's words (config.c) where it doesn't.
#pragma once

#include "commands/option_table.h"

namespace freshet {

// By the row's own check if it has one, else by its kind.
OptionValue check_option(const OptionRow& row, OptionWords words, std::string_view present);

// Checks of single options.
OptionValue check_hz(OptionWords words, std::string_view present);
OptionValue check_only_no(OptionWords words, std::string_view present);
OptionValue check_save(OptionWords words, std::string_view present);
OptionValue check_bind(OptionWords words, std::string_view present);
OptionValue check_output_limits(OptionWords words, std::string_view present);
OptionValue check_triggers(OptionWords words, std::string_view present);
OptionValue check_client_memory(OptionWords words, std::string_view present);
OptionValue check_rename(OptionWords words, std::string_view present);
OptionValue check_source(OptionWords words, std::string_view present);

// At every single space, as Redis cuts a value that came as one word: two spaces make an empty
// word.
std::vector<std::string> cut_at_spaces(std::string_view text);

}  // namespace freshet
