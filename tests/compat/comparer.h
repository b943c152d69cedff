// Says whether two servers' replies to the same command are the same. Byte for byte is the rule;
// what departs from it stands in two short tables: normalisations (compared by meaning, because
// the reply holds order, chance or time) and exceptions (answered, but not compared).
#pragma once

#include <span>
#include <string_view>

#include "step.h"

namespace freshet::compat {

enum class Rule {
  kSet,      // an array without order
  kPairs,    // a flat array or map of pairs without order
  kScan,     // the whole iteration's union, each server with its own cursors
  kMillis,   // two integers, none negative, 200 apart at most
  kSeconds,  // two integers, none negative, 2 apart at most
  kKind,     // the same first byte; nulls and errors still byte for byte
  kHello,    // the map but for the values of `version` and `id`
  kInfo,     // COMMAND INFO: the subcommands at the end of a row without order
  // Expired keys show until somebody meets them, so all known keys are touched first; then
  kSweptExact,  // byte for byte
  kSweptKind,   // as kKind
};

struct Normalisation {
  std::string_view command;
  std::string_view subcommand;  // "*" is any or none, "" is none
  Rule rule;
  std::string_view why;
};

struct Exception {
  std::string_view command;
  std::string_view subcommand;
  std::string_view why;
};

std::span<const Normalisation> normalisations();
std::span<const Exception> exceptions();

// Nothing for a command that is compared byte for byte.
const Normalisation* normalisation_of(const Args& args);

// Whether all known keys are to be touched before the command.
bool needs_sweep(const Args& args);

bool is_exception(const Args& args);

// `expected` and `actual` are whole replies.
bool same_reply(const Args& args, std::string_view expected, std::string_view actual);

// Redis compares names this way: ASCII letters without case.
bool same_name(std::string_view a, std::string_view b);

}  // namespace freshet::compat
