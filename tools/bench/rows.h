// What is run, as rows of tables. To measure something else, add a row.
#pragma once

#include <string>
#include <vector>

#include "load.h"
#include "options.h"

namespace freshet {

struct CommandRow {
  std::string name;
  LoadSpec spec;
  bool open_loop = false;
  bool on_two_cores = false;  // also run by Freshet with --cores 2
};

// An operation that Freshet and Redis spell differently.
struct MemoryRow {
  std::string name;
  Operation freshet;
  Operation redis;
};

std::vector<CommandRow> command_rows(const Scale& scale);
std::vector<MemoryRow> memory_rows();

}  // namespace freshet
