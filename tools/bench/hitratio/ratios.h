// What was found: a hit ratio for each (trace, size, column). Prints it as the table of
// docs/eviction.md, as CSV, and as one page with a chart for each trace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace freshet {

struct Ratio {
  std::string trace;
  std::string size;    // the row: a percentage of the trace's keys, or memory
  std::string column;  // a policy, with what else sets it apart
  uint64_t capacity;   // keys; 0: not fixed
  uint64_t references;
  uint64_t hits;

  double percent() const {
    return references == 0 ? 0
                           : 100.0 * static_cast<double>(hits) / static_cast<double>(references);
  }
};

// In Markdown: a row for each trace and size, a column for each policy, a last row with the means.
// The best of a row stands in bold, but for `opt`, which knows the future.
std::string ratio_table(const std::vector<Ratio>& ratios);

// In Markdown: how many points `column` is above each other one, over the cells that have both.
std::string lead_table(const std::vector<Ratio>& ratios, const std::string& column);

// Known figures to stand beside measured ones: lines of `trace,size,percent` after a headline. The
// column is named as the file; rows that were not measured are left out. nullopt: no such file, or
// a line is not like that.
std::optional<std::vector<Ratio>> read_reference(const std::string& path,
                                                 const std::vector<Ratio>& measured);

std::string ratio_csv(const std::vector<Ratio>& ratios);

// Self-contained: no script, no font, no request to anywhere.
std::string ratio_html(const std::vector<Ratio>& ratios);

inline constexpr char kCeiling[] = "opt";

}  // namespace freshet
