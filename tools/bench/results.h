// What was measured: a number for each (table, row, server, metric), in the order it came in, and
// what the tables look like. How it is printed is not known here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {

struct Cell {
  std::string table;
  std::string row;
  std::string server;
  std::string metric;
  double value = 0;
};

// A row that one server could not run, and its words.
struct Absence {
  std::string table;
  std::string row;
  std::string server;
  std::string why;
};

// One printed line.
struct Line {
  std::string row;
  std::string server;
};

struct Column {
  const char* metric;
  const char* heading;
  int digits;
};

struct Table {
  const char* id;
  const char* title;
  const char* note;
  const char* charted;  // the metric that the HTML page draws
  std::vector<Column> columns;
};

const std::vector<Table>& tables();

// Metrics that end so compare with redis-server in the same run: they hold from machine to machine,
// so they are what a baseline is checked by. Lower is better.
bool is_checked(std::string_view metric);

class Results {
 public:
  void set(const Line& line, const std::string& table, const std::string& metric, double value);
  void absent(const Line& line, const std::string& table, std::string why);

  std::optional<double> get(const std::string& table, const Line& line,
                            const std::string& metric) const;
  bool is_absent(const std::string& table, const Line& line) const;
  std::vector<Line> lines(const std::string& table) const;

  const std::vector<Cell>& cells() const { return cells_; }
  const std::vector<Absence>& absences() const { return absences_; }

 private:
  std::vector<Cell> cells_;
  std::vector<Absence> absences_;
};

double median(std::vector<double> values);

}  // namespace freshet
