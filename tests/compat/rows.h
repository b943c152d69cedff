// The commands under test, a table of rows for each family: the name, how often it is drawn, and a
// function that draws its arguments. To cover a new command, add a row.
#pragma once

#include <span>
#include <string_view>

#include "draw.h"
#include "step.h"

namespace freshet::compat {

struct Row {
  std::string_view name;
  int weight;
  Args (*arguments)(Draw&);  // without the name
};

std::span<const Row> string_rows();
std::span<const Row> bit_rows();
std::span<const Row> key_rows();
std::span<const Row> connection_rows();
std::span<const Row> server_rows();

// `args` with `more` behind it.
inline Args operator+(Args args, const Args& more) {
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

}  // namespace freshet::compat
