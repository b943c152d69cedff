#include "clauses.h"

#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/engine/reckoning.h"

namespace freshet {
namespace {

// Reads "n name …" from args[at] on; moves `at` behind it.
std::string parse_names(Args args, size_t& at, std::string_view clause,
                        std::vector<size_t>& names) {
  const int64_t count = at < args.size() ? parse_int(args[at]).value_or(0) : 0;
  const bool dep = clause == "DEPS";
  if (!names.empty() || count < 1 || static_cast<uint64_t>(count) > args.size() - at - 1) {
    return "ERR " + std::string(clause) +
           (names.empty() ? " wants a count and that many names: " : " may be given once: ") +
           (dep ? "DEPS n dep [dep ...]" : "TAGS n tag [tag ...]");
  }
  for (++at; names.size() < static_cast<size_t>(count); ++at) names.push_back(at);
  return "";
}

}  // namespace

std::vector<Key> Clauses::keys_of(const Context& c, const std::vector<size_t>& indexes) {
  std::vector<Key> keys;
  keys.reserve(indexes.size());
  for (const size_t index : indexes) keys.push_back(c.key(index));
  return keys;
}

std::string parse_clauses(Args args, size_t from, Clauses& clauses) {
  for (size_t at = from; at < args.size();) {
    std::string error;
    if (is_word(args[at], "deps")) {
      error = parse_names(args, ++at, "DEPS", clauses.deps);
    } else if (is_word(args[at], "tags")) {
      error = parse_names(args, ++at, "TAGS", clauses.tags);
    } else if (is_word(args[at], "priority")) {
      const auto priority = at + 1 < args.size() ? parse_int(args[at + 1]) : std::nullopt;
      if (!priority || *priority < 0 || *priority > 7 || clauses.priority) {
        error = "ERR PRIORITY wants one number from 0 to 7: PRIORITY p";
      } else {
        clauses.priority = static_cast<uint8_t>(*priority);
        at += 2;
      }
    } else if (is_word(args[at], "cost")) {
      const auto millis = at + 1 < args.size() ? parse_int(args[at + 1]) : std::nullopt;
      if (!millis || *millis < 0 || clauses.cost) {
        error = "ERR COST wants one number of milliseconds, 0 or more: COST ms";
      } else {
        clauses.cost = reckoning::cost_step(static_cast<uint64_t>(*millis));
        at += 2;
      }
    } else if (is_word(args[at], "fence")) {
      if (at + 1 == args.size() || clauses.fence) {
        error = "ERR FENCE wants the token of a FETCH, once: FENCE token";
      } else {
        clauses.fence = args[at + 1];
        at += 2;
      }
    } else {
      clauses.rest.push_back(args[at++]);
    }
    if (!error.empty()) return error;
  }
  return "";
}

}  // namespace freshet
