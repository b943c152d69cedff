// The results as one self-contained page: no script, no font, no request to anywhere.
#include <algorithm>
#include <cstdio>

#include "report.h"

namespace freshet {

namespace {

constexpr int kLabelWidth = 270;
constexpr int kBarWidth = 480;
constexpr int kBarHeight = 14;
constexpr int kRowGap = 12;

constexpr char kStyle[] =
    ":root{color-scheme:light dark;--freshet:#0b7a75;--freshet-2:#4fb3a9;--redis:#c0392b;"
    "--ping:#8a8f98}"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "td,th{padding:.15rem .6rem;border-bottom:1px solid #8884;text-align:right}"
    "td:nth-child(-n+2),th:nth-child(-n+2){text-align:left}"
    "svg{max-width:100%;height:auto}text{fill:currentColor;font-size:12px}"
    ".wide{overflow-x:auto}dt{font-weight:600}dd{margin:0 0 .3rem 0}";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string text_at(int x, int y, const char* anchor, const std::string& text) {
  char place[96];
  std::snprintf(place, sizeof place, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">", x, y, anchor);
  return place + escaped(text) + "</text>";
}

const Column* charted_column(const Table& table) {
  const auto found = std::find_if(
      table.columns.begin(), table.columns.end(),
      [&table](const Column& column) { return std::string(column.metric) == table.charted; });
  return found == table.columns.end() ? nullptr : &*found;
}

std::string bar(const Line& line, double share, int y, const std::string& value) {
  char rect[160];
  const int width = std::max(static_cast<int>(share * kBarWidth), 1);
  std::snprintf(rect, sizeof rect,
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" style=\"fill:var(--%s)\"/>",
                kLabelWidth, y, width, kBarHeight - 2, line.server.c_str());
  return rect +
         text_at(kLabelWidth + width + 6, y + kBarHeight - 4, "start", value + "  " + line.server);
}

std::string chart(const Table& table, const std::vector<Line>& lines, const Results& results) {
  const Column* column = charted_column(table);
  if (column == nullptr) return {};
  double largest = 0;
  for (const Line& line : lines) {
    largest = std::max(largest, results.get(table.id, line, column->metric).value_or(0));
  }
  if (largest <= 0) return {};
  std::string body;
  std::string row;
  int y = 4;
  for (const Line& line : lines) {
    const auto value = results.get(table.id, line, column->metric);
    if (!value) continue;
    if (line.row != row) {
      y += row.empty() ? 0 : kRowGap;
      body += text_at(kLabelWidth - 8, y + kBarHeight - 4, "end", line.row);
      row = line.row;
    }
    body += bar(line, std::max(*value, 0.0) / largest, y, cell_text(results, table, line, *column));
    y += kBarHeight;
  }
  char open[128];
  std::snprintf(open, sizeof open, "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\">",
                kLabelWidth + kBarWidth + 130, y + 6, kLabelWidth + kBarWidth + 130);
  return "<h3>" + escaped(column->heading) + "</h3>\n" + open + body + "</svg>\n";
}

std::string table_html(const Table& table, const std::vector<Line>& lines, const Results& results) {
  std::string out = "<div class=\"wide\"><table><tr><th></th><th>server</th>";
  for (const Column& column : table.columns) out += "<th>" + escaped(column.heading) + "</th>";
  out += "</tr>\n";
  std::string row;
  for (const Line& line : lines) {
    const std::string label = line.row == row ? "" : escaped(line.row);
    out += "<tr><td>" + label + "</td><td>" + escaped(line.server) + "</td>";
    row = line.row;
    for (const Column& column : table.columns) {
      out += "<td>" + cell_text(results, table, line, column) + "</td>";
    }
    out += "</tr>\n";
  }
  return out + "</table></div>\n";
}

std::string targets_html(const Results& results) {
  const std::vector<VerdictText> texts = verdict_texts(results);
  if (texts.empty()) return {};
  std::string out = "<h2>Targets</h2>\n<p>" + std::string(kTargetsNote) +
                    "</p>\n<div class=\"wide\"><table><tr><th></th><th>figure</th><th>target</th>"
                    "<th>measured</th><th>met</th></tr>\n";
  for (const VerdictText& text : texts) {
    out += "<tr>";
    for (const std::string& cell : {text.row, text.what, text.target, text.measured, text.met}) {
      out += "<td>" + escaped(cell) + "</td>";
    }
    out += "</tr>\n";
  }
  return out + "</table></div>\n";
}

}  // namespace

std::string html(const Facts& facts, const Results& results) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">"
      "<title>Freshet benchmark</title><style>" +
      std::string(kStyle) + "</style>\n<h1>Freshet benchmark</h1>\n<dl>";
  for (const auto& [name, value] : facts) {
    out += "<dt>" + escaped(name) + "</dt><dd>" + escaped(value) + "</dd>\n";
  }
  out += "</dl>\n";
  for (const Table& table : tables()) {
    const std::vector<Line> lines = results.lines(table.id);
    if (lines.empty()) continue;
    out += "<h2>" + escaped(table.title) + "</h2>\n<p>" + escaped(table.note) + "</p>\n";
    out += chart(table, lines, results) + table_html(table, lines, results);
  }
  out += targets_html(results);
  if (!results.absences().empty()) out += "<h2>n/a, and why</h2>\n<ul>";
  for (const Absence& absence : results.absences()) {
    out += "<li>" + escaped(absence.row + ", " + absence.server + ": " + absence.why) + "</li>\n";
  }
  return out + (results.absences().empty() ? "" : "</ul>") + "</html>\n";
}

}  // namespace freshet
