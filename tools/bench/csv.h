// Results as CSV and back: `table,row,server,metric,value`, after comment lines with the facts of
// the run. A row that could not be run has the metric `n/a` and the reason for a value. No field
// holds a comma.
#pragma once

#include <string>
#include <vector>

#include "machine.h"
#include "results.h"

namespace freshet {

std::string csv(const Facts& facts, const Results& results);

// No cells: the file cannot be read, or is empty.
std::vector<Cell> read_csv(const std::string& path);

// A whole run as csv() wrote it, to print it again.
struct Run {
  Facts facts;
  Results results;
};
Run read_run(const std::string& path);

struct Worse {
  Cell baseline;
  std::string text;
};

// Every checked metric that is more than a tenth above its baseline or became n/a, with a line that
// says so. What this run left out is not compared.
std::vector<Worse> worse_than(const std::vector<Cell>& baseline, const Results& results);

// Former runs side by side, as a Markdown table: a column for each file.
std::string side_by_side(const std::vector<std::string>& paths);

}  // namespace freshet
