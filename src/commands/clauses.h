// The clauses of DEPSET, DEPADD and DEPREM that Redis does not have: DEPS n …, TAGS n …, PRIORITY
// p, COST ms, FENCE token.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "freshet/commands/context.h"

namespace freshet {

struct Clauses {
  std::vector<size_t> deps, tags;  // arguments, by index
  std::optional<uint8_t> priority;
  std::optional<uint8_t> cost;  // a step (reckoning.h)
  std::optional<std::string_view> fence;
  std::vector<std::string_view> rest;  // what belongs to none of the clauses

  std::vector<Key> dep_keys(const Context& c) const { return keys_of(c, deps); }
  std::vector<Key> tag_keys(const Context& c) const { return keys_of(c, tags); }

 private:
  static std::vector<Key> keys_of(const Context& c, const std::vector<size_t>& indexes);
};

// Reads args[from …]; "" or the error's text.
std::string parse_clauses(Args args, size_t from, Clauses& clauses);

}  // namespace freshet
