// The command line, and how big a run is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace freshet {

struct Scale {
  std::string name;
  bool all_rows;  // or only those that there are targets for
  uint64_t keys;
  uint64_t many_keys;  // the row with a key space far beyond the cpu's caches; 0 = left out
  uint64_t memory_keys;
  uint64_t invalidate_keys;
  uint64_t invalidate_many_keys;  // the row with a pattern that matches that many; 0 = left out
  uint64_t prefix_keys;           // what the prefix index is measured with
  uint64_t growth_keys;           // how many a growing table gets
  uint64_t halving_keys;          // what maxmemory is halved with
  double churn_memory;            // maxmemory of the row with all sizes
  double churn_times;             // how often each phase of it writes as much as that
  uint64_t operations;            // of one round, at most
  double seconds;                 // of one round, at most
  int rounds;
  int invalidate_rounds;
  int connections;
  int many_connections;  // 0 = left out
  int idle_connections;
  uint64_t large_bytes;  // what the keys of one large-value row hold together
};

Scale quick_scale();
Scale normal_scale();
Scale full_scale();

struct Options {
  Scale scale = normal_scale();
  std::string freshet;
  std::string redis;
  std::string ping;
  std::string csv;
  std::string html;
  std::string check;
  std::string from;                   // CSV of a former run to report, instead of measuring
  std::vector<std::string> into;      // documents whose sections are replaced, see insert.h
  std::vector<std::string> only;      // see names_row; empty = all
  std::vector<std::string> seats;     // names of servers; empty = all
  std::vector<std::string> compare;   // CSV files to lay side by side, and nothing else
  std::vector<std::string> required;  // rows that may not be n/a on the Freshet seat
  bool help = false;
  std::string error;

  bool selects(const std::string& table, const std::string& row) const;
  bool selects_seat(const std::string& seat) const;
};

// Whether "table/row" contains `part`; a `$` at the end of `part` stands for the end of the row.
bool names_row(const std::string& part, const std::string& table, const std::string& row);

Options parse_options(int argc, char** argv);
const char* usage();

}  // namespace freshet
