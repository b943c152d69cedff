#include "csv.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace freshet {

namespace {

constexpr char kAbsent[] = "n/a";
constexpr double kTolerance = 1.10;

std::string csv_line(const std::string& table, const Line& line, const std::string& metric,
                     const std::string& value) {
  return table + ',' + line.row + ',' + line.server + ',' + metric + ',' + value + '\n';
}

std::string short_number(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == ',') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

std::string describe(const Cell& cell) {
  return cell.table + "/" + cell.row + ", " + cell.server + ", " + cell.metric;
}

// What is worth comparing between runs of the same server.
bool is_compared(const Cell& cell) {
  return cell.server == "freshet" && (is_checked(cell.metric) || cell.metric == "cpu_us" ||
                                      cell.metric == "bytes" || cell.metric == "ms");
}

const Cell* find_same(const std::vector<Cell>& cells, const Cell& wanted) {
  const auto found = std::find_if(cells.begin(), cells.end(), [&wanted](const Cell& cell) {
    return cell.table == wanted.table && cell.row == wanted.row && cell.server == wanted.server &&
           cell.metric == wanted.metric;
  });
  return found == cells.end() ? nullptr : &*found;
}

}  // namespace

std::string csv(const Facts& facts, const Results& results) {
  std::string out;
  for (const auto& [name, value] : facts) out += "# " + name + ": " + value + "\n";
  out += "table,row,server,metric,value\n";
  for (const Cell& cell : results.cells()) {
    out += csv_line(cell.table, {cell.row, cell.server}, cell.metric, short_number(cell.value));
  }
  for (const Absence& absence : results.absences()) {
    std::string why = absence.why;
    std::replace(why.begin(), why.end(), ',', ';');
    std::replace(why.begin(), why.end(), '\n', ' ');
    out += csv_line(absence.table, {absence.row, absence.server}, kAbsent, why);
  }
  return out;
}

Run read_run(const std::string& path) {
  Run run;
  for (const Cell& cell : read_csv(path)) {
    run.results.set({cell.row, cell.server}, cell.table, cell.metric, cell.value);
  }
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    const size_t colon = line.find(": ");
    if (line.starts_with("# ") && colon != std::string::npos) {
      run.facts.emplace_back(line.substr(2, colon - 2), line.substr(colon + 2));
      continue;
    }
    const std::vector<std::string> fields = fields_of(line);
    if (fields.size() == 5 && fields[3] == kAbsent) {
      run.results.absent({fields[1], fields[2]}, fields[0], fields[4]);
    }
  }
  return run;
}

std::vector<Cell> read_csv(const std::string& path) {
  std::vector<Cell> cells;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with('#') || line.starts_with("table,")) continue;
    const std::vector<std::string> fields = fields_of(line);
    if (fields.size() != 5 || fields[3] == kAbsent) continue;
    cells.push_back({fields[0], fields[1], fields[2], fields[3], std::atof(fields[4].c_str())});
  }
  return cells;
}

std::vector<Worse> worse_than(const std::vector<Cell>& baseline, const Results& results) {
  std::vector<Worse> worse;
  for (const Cell& old : baseline) {
    if (!is_checked(old.metric)) continue;
    const Line line{old.row, old.server};
    if (results.is_absent(old.table, line)) worse.push_back({old, describe(old) + ": is now n/a"});
    const auto now = results.get(old.table, line, old.metric);
    if (!now || old.value <= 0 || *now <= old.value * kTolerance) continue;
    char change[96];
    std::snprintf(change, sizeof change, ": %.2f, was %.2f (+%.0f %%)", *now, old.value,
                  (*now / old.value - 1) * 100);
    worse.push_back({old, describe(old) + change});
  }
  return worse;
}

std::string side_by_side(const std::vector<std::string>& paths) {
  std::string head = "| row | metric |";
  std::string rule = "|---|---|";
  std::vector<std::vector<Cell>> runs;
  for (const std::string& path : paths) {
    head += " " + std::filesystem::path(path).stem().string() + " |";
    rule += "--:|";
    runs.push_back(read_csv(path));
  }
  std::vector<Cell> rows;  // of all runs: a row may be n/a in the first
  for (const std::vector<Cell>& run : runs) {
    for (const Cell& cell : run) {
      if (is_compared(cell) && find_same(rows, cell) == nullptr) rows.push_back(cell);
    }
  }
  std::string out = head + "\n" + rule + "\n";
  for (const Cell& row : rows) {
    out += "| " + row.table + "/" + row.row + " | " + row.metric + " |";
    for (const std::vector<Cell>& run : runs) {
      const Cell* cell = find_same(run, row);
      out += " " + (cell == nullptr ? std::string(kAbsent) : short_number(cell->value)) + " |";
    }
    out += "\n";
  }
  return out;
}

}  // namespace freshet
