#include "report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

#include "targets.h"

namespace freshet {

namespace {

std::string markdown_table(const Table& table, const Results& results) {
  const std::vector<Line> lines = results.lines(table.id);
  if (lines.empty()) return {};
  std::string out = "\n## " + std::string(table.title) + "\n\n" + table.note + "\n\n| | server |";
  std::string rule = "|---|---|";
  for (const Column& column : table.columns) {
    out += std::string(" ") + column.heading + " |";
    rule += "--:|";
  }
  out += "\n" + rule + "\n";
  std::string row;
  for (const Line& line : lines) {
    out += "| " + (line.row == row ? "" : line.row) + " | " + line.server + " |";
    row = line.row;
    for (const Column& column : table.columns) {
      out += " " + cell_text(results, table, line, column) + " |";
    }
    out += "\n";
  }
  return out;
}

std::string markdown_targets(const Results& results) {
  const std::vector<VerdictText> texts = verdict_texts(results);
  if (texts.empty()) return {};
  std::string out = "\n## Targets\n\n" + std::string(kTargetsNote) +
                    "\n\n| | figure | target | measured | met |\n|---|---|--:|--:|---|\n";
  for (const VerdictText& text : texts) {
    out += "| " + text.row + " | " + text.what + " | " + text.target + " | " + text.measured +
           " | " + text.met + " |\n";
  }
  return out;
}

}  // namespace

std::string number_text(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  std::string out = text;
  const size_t point = std::min(out.find('.'), out.size());
  const size_t first = out.starts_with('-') ? 1 : 0;
  for (size_t at = point; at > first + 3; at -= 3) out.insert(at - 3, 1, ' ');
  return out;
}

namespace {

// As many decimals as it takes, two at most.
std::string target_text(double value) {
  int digits = 0;
  while (digits < 2 &&
         std::abs(value * std::pow(10, digits) - std::round(value * std::pow(10, digits))) > 1e-9) {
    ++digits;
  }
  return number_text(value, digits);
}

}  // namespace

std::vector<VerdictText> verdict_texts(const Results& results) {
  std::vector<VerdictText> texts;
  for (const Verdict& verdict : verdicts(results)) {
    const Target& target = *verdict.target;
    const char* sign = target.bound == Bound::kAtLeast ? "≥ " : "≤ ";
    texts.push_back({target.line.row, target.what, sign + target_text(target.value),
                     verdict.measured ? number_text(*verdict.measured, target.digits) : "n/a",
                     verdict.met ? "yes" : "NO"});
  }
  return texts;
}

std::string cell_text(const Results& results, const Table& table, const Line& line,
                      const Column& column) {
  if (results.is_absent(table.id, line)) return "n/a";
  const auto value = results.get(table.id, line, column.metric);
  return value ? number_text(*value, column.digits) : "–";
}

std::string markdown(const Facts& facts, const Results& results) {
  return "# Freshet benchmark\n\n" + markdown_body(facts, results);
}

std::string markdown_body(const Facts& facts, const Results& results) {
  std::string out;
  for (const auto& [name, value] : facts) out += "- " + name + ": " + value + "\n";
  for (const Table& table : tables()) out += markdown_table(table, results);
  out += markdown_targets(results);
  if (!results.absences().empty()) out += "\nn/a, and why:\n\n";
  for (const Absence& absence : results.absences()) {
    out += "- " + absence.row + ", " + absence.server + ": " + absence.why + "\n";
  }
  return out;
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) std::fprintf(stderr, "freshet-bench: cannot write %s\n", path.c_str());
  return static_cast<bool>(file);
}

}  // namespace freshet
