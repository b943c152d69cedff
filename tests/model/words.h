// Commands and replies as text: what the runner and the reference read and write. No meaning.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "freshet/base/time.h"

namespace freshet::model {

using Words = std::vector<std::string>;
using Names = std::set<std::string>;

inline const std::string kOk = "+OK\r\n";
inline const std::string kNil = "$-1\r\n";
std::string bulk(const std::string& bytes);
std::string integer(int64_t number);
std::string array(const Words& replies);

// The leaves of a RESP2 reply in order; an array of n stands as "*n" before its members, nil as
// "nil".
Words leaves(const std::string& reply);
// The number of an integer reply, -1 of any other.
int64_t number_of(const std::string& reply);
bool is_error(const std::string& reply);

// Those of the names that match one of the globs.
Names matching(const Names& all, const Words& globs);

// The options of SET, DEPSET, DEPADD and DEPREM, from args[from] on.
struct Options {
  bool nx = false, xx = false, get = false, keep_ttl = false;
  Millis time = kNever;  // EX and PX, in ms from now
  Names deps, tags;
  std::optional<int> priority, cost;
  std::string fence;
  bool declares() const { return !deps.empty() || !tags.empty() || priority; }
};
Options parse_options(const Words& args, size_t from);

struct Invalidation {
  std::string selector;
  Words names;
  bool all = false, cascade = false, dry_run = false, async = false;
  Millis soft = 0;  // 0: hard
};
Invalidation parse_invalidation(const Words& args);

}  // namespace freshet::model
