#include "results.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace freshet {

namespace {
constexpr std::string_view kChecked = "_vs_redis";
constexpr size_t kLongestWhy = 100;  // a server may repeat our arguments

// How servers follow each other in a row; one of another name comes last.
size_t rank_of(const std::string& server) {
  constexpr std::string_view kOrder[] = {"freshet", "freshet-2", "redis", "ping"};
  return std::find(std::begin(kOrder), std::end(kOrder), server) - std::begin(kOrder);
}

}  // namespace

bool is_checked(std::string_view metric) { return metric.ends_with(kChecked); }

void Results::set(const Line& line, const std::string& table, const std::string& metric,
                  double value) {
  cells_.push_back({table, line.row, line.server, metric, value});
}

void Results::absent(const Line& line, const std::string& table, std::string why) {
  if (why.size() > kLongestWhy) why = why.substr(0, kLongestWhy) + " ...";
  absences_.push_back({table, line.row, line.server, std::move(why)});
}

std::optional<double> Results::get(const std::string& table, const Line& line,
                                   const std::string& metric) const {
  for (const Cell& cell : cells_) {
    if (cell.table == table && cell.row == line.row && cell.server == line.server &&
        cell.metric == metric) {
      return cell.value;
    }
  }
  return std::nullopt;
}

bool Results::is_absent(const std::string& table, const Line& line) const {
  return std::any_of(absences_.begin(), absences_.end(), [&](const Absence& absence) {
    return absence.table == table && absence.row == line.row && absence.server == line.server;
  });
}

// Rows in the order they were run.
std::vector<Line> Results::lines(const std::string& table) const {
  std::vector<std::string> rows;
  std::vector<Line> found;
  const auto add = [&](const std::string& row, const std::string& server) {
    if (std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(row);
    const bool known = std::any_of(found.begin(), found.end(), [&](const Line& line) {
      return line.row == row && line.server == server;
    });
    if (!known) found.push_back({row, server});
  };
  for (const Cell& cell : cells_) {
    if (cell.table == table) add(cell.row, cell.server);
  }
  for (const Absence& absence : absences_) {
    if (absence.table == table) add(absence.row, absence.server);
  }
  const auto place = [&rows](const Line& line) {
    const auto row = std::find(rows.begin(), rows.end(), line.row) - rows.begin();
    return std::pair(row, rank_of(line.server));
  };
  std::sort(found.begin(), found.end(),
            [&place](const Line& a, const Line& b) { return place(a) < place(b); });
  return found;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace freshet
