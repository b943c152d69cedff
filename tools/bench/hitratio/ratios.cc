#include "ratios.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace freshet {

namespace {

constexpr int kWidth = 620, kHeight = 260, kLeft = 46, kBottom = 26, kTop = 10, kLegend = 190;
constexpr const char* kColours[] = {"#0b7a75", "#c0392b", "#2c5aa0", "#b8860b", "#7d3c98",
                                    "#5d8a3a", "#d35488", "#8a8f98", "#d2691e", "#3aa6b9"};

template <class F>
std::vector<std::string> distinct(const std::vector<Ratio>& ratios, F&& name_of) {
  std::vector<std::string> names;
  for (const Ratio& ratio : ratios) {
    const std::string name = name_of(ratio);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

std::vector<std::string> traces_of(const std::vector<Ratio>& ratios) {
  return distinct(ratios, [](const Ratio& one) { return one.trace; });
}
std::vector<std::string> columns_of(const std::vector<Ratio>& ratios) {
  return distinct(ratios, [](const Ratio& one) { return one.column; });
}
std::vector<std::string> sizes_of(const std::vector<Ratio>& ratios, const std::string& trace) {
  std::vector<Ratio> own;
  std::copy_if(ratios.begin(), ratios.end(), std::back_inserter(own),
               [&](const Ratio& one) { return one.trace == trace; });
  return distinct(own, [](const Ratio& one) { return one.size; });
}

const Ratio* find(const std::vector<Ratio>& ratios, const std::string& trace,
                  const std::string& size, const std::string& column) {
  const auto found = std::find_if(ratios.begin(), ratios.end(), [&](const Ratio& one) {
    return one.trace == trace && one.size == size && one.column == column;
  });
  return found == ratios.end() ? nullptr : &*found;
}

std::string format(const char* how, double value) {
  char text[64];
  std::snprintf(text, sizeof text, how, value);
  return text;
}

std::string row_of(const std::vector<Ratio>& ratios, const std::vector<std::string>& columns,
                   const std::string& trace, const std::string& size) {
  double best = -1;
  for (const std::string& column : columns) {
    const Ratio* one = find(ratios, trace, size, column);
    if (one != nullptr && column != kCeiling) best = std::max(best, one->percent());
  }
  std::string row = "| " + trace + " | " + size + " |";
  for (const std::string& column : columns) {
    const Ratio* one = find(ratios, trace, size, column);
    if (one == nullptr) {
      row += " - |";
      continue;
    }
    const bool bold = column != kCeiling && one->percent() == best;
    row += format(bold ? " **%.2f** |" : " %.2f |", one->percent());
  }
  return row + "\n";
}

std::string lead_row(const std::vector<Ratio>& ratios, const std::string& column,
                     const std::string& other) {
  constexpr double kMuch = -0.5;
  double sum = 0, least = INFINITY;
  int cells = 0, under = 0;
  std::string where;
  for (const Ratio& one : ratios) {
    if (one.column != column) continue;
    const Ratio* beside = find(ratios, one.trace, one.size, other);
    if (beside == nullptr) continue;
    const double lead = one.percent() - beside->percent();
    ++cells;
    sum += lead;
    under += lead < kMuch;
    if (lead >= least) continue;
    least = lead;
    where = one.trace + " " + one.size;
  }
  if (cells == 0) return "";
  return "| " + other + " | " + std::to_string(cells) + format(" | %+.2f", sum / cells) +
         format(" | %+.2f | ", least) + where + " | " + std::to_string(under) + " |\n";
}

std::string text_at(double x, double y, const char* anchor, const std::string& text) {
  return "<text x=\"" + format("%.0f", x) + "\" y=\"" + format("%.0f", y) + "\" text-anchor=\"" +
         anchor + "\">" + text + "</text>";
}

// Sizes stand at equal distances: they are chosen, not measured.
double x_of(size_t index, size_t count) {
  const double width = kWidth - kLeft - 10;
  return count < 2 ? kLeft + width / 2
                   : kLeft + width * static_cast<double>(index) / static_cast<double>(count - 1);
}
double y_of(double percent) { return kTop + (kHeight - kTop - kBottom) * (1 - percent / 100); }

std::string curve(const std::vector<Ratio>& ratios, const std::string& trace,
                  const std::vector<std::string>& sizes, const std::string& column, size_t number) {
  const std::string colour = kColours[number % std::size(kColours)];
  std::string points, dots;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const Ratio* one = find(ratios, trace, sizes[i], column);
    if (one == nullptr) continue;
    const std::string x = format("%.1f", x_of(i, sizes.size()));
    const std::string y = format("%.1f", y_of(one->percent()));
    points += x + "," + y + " ";
    dots += "<circle cx=\"" + x + "\" cy=\"" + y + "\" r=\"3\" fill=\"" + colour + "\"><title>" +
            column + " " + sizes[i] + format(": %.2f %%", one->percent()) + "</title></circle>";
  }
  const double y = kTop + 8 + 16 * static_cast<double>(number);
  return "<polyline points=\"" + points + "\" fill=\"none\" stroke=\"" + colour +
         "\" stroke-width=\"1.5\"" + (column == kCeiling ? " stroke-dasharray=\"5 4\"" : "") +
         "/>" + dots + "<rect x=\"" + std::to_string(kWidth + 10) + "\" y=\"" +
         format("%.0f", y - 9) + "\" width=\"10\" height=\"10\" fill=\"" + colour + "\"/>" +
         text_at(kWidth + 26, y, "start", column);
}

std::string chart(const std::vector<Ratio>& ratios, const std::string& trace) {
  const std::vector<std::string> sizes = sizes_of(ratios, trace), columns = columns_of(ratios);
  const int height = std::max<int>(kHeight, kTop + 16 * static_cast<int>(columns.size() + 1));
  const std::string width = std::to_string(kWidth + kLegend);
  std::string out = "<h2>" + trace + "</h2>\n<svg viewBox=\"0 0 " + width + " " +
                    std::to_string(height) + "\" width=\"" + width + "\" role=\"img\">";
  for (int percent = 0; percent <= 100; percent += 20) {
    const std::string y = format("%.1f", y_of(percent));
    out += "<line x1=\"" + std::to_string(kLeft) + "\" x2=\"" + std::to_string(kWidth) +
           "\" y1=\"" + y + "\" y2=\"" + y + "\" stroke=\"#8884\"/>" +
           text_at(kLeft - 6, y_of(percent) + 4, "end", std::to_string(percent) + " %");
  }
  for (size_t i = 0; i < sizes.size(); ++i) {
    out += text_at(x_of(i, sizes.size()), kHeight - 6, "middle", sizes[i]);
  }
  for (size_t i = 0; i < columns.size(); ++i) out += curve(ratios, trace, sizes, columns[i], i);
  return out + "</svg>\n";
}

}  // namespace

std::string ratio_table(const std::vector<Ratio>& ratios) {
  const std::vector<std::string> columns = columns_of(ratios);
  std::string out = "| trace | size |", rule = "|---|---|";
  for (const std::string& column : columns) {
    out += " " + column + " |";
    rule += "--:|";
  }
  out += "\n" + rule + "\n";
  std::vector<double> sums(columns.size());
  size_t rows = 0;
  for (const std::string& trace : traces_of(ratios)) {
    for (const std::string& size : sizes_of(ratios, trace)) {
      out += row_of(ratios, columns, trace, size);
      ++rows;
      for (size_t i = 0; i < columns.size(); ++i) {
        const Ratio* one = find(ratios, trace, size, columns[i]);
        if (one != nullptr) sums[i] += one->percent();
      }
    }
  }
  out += "| mean | |";
  for (const double sum : sums) {
    out += format(" %.2f |", rows == 0 ? 0 : sum / static_cast<double>(rows));
  }
  return out + "\n";
}

std::string lead_table(const std::vector<Ratio>& ratios, const std::string& column) {
  std::string out = "| " + column +
                    " above | cells | points, mean | least | where | cells under -0.5 |\n"
                    "|---|--:|--:|--:|---|--:|\n";
  for (const std::string& other : columns_of(ratios)) {
    if (other != column) out += lead_row(ratios, column, other);
  }
  return out;
}

std::optional<std::vector<Ratio>> read_reference(const std::string& path,
                                                 const std::vector<Ratio>& measured) {
  constexpr double kParts = 10'000;
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const std::string column = std::filesystem::path(path).stem();
  std::vector<Ratio> known;
  while (std::getline(file, line)) {
    const size_t first = line.find(','), second = line.find(',', first + 1);
    if (second == std::string::npos) return std::nullopt;
    const std::string trace = line.substr(0, first);
    const std::string size = line.substr(first + 1, second - first - 1);
    char* end = nullptr;
    const double percent = std::strtod(line.c_str() + second + 1, &end);
    if (*end != '\0') return std::nullopt;
    const bool wanted = std::any_of(measured.begin(), measured.end(), [&](const Ratio& one) {
      return one.trace == trace && one.size == size;
    });
    const auto hits = static_cast<uint64_t>(std::llround(percent / 100 * kParts));
    if (wanted) known.push_back({trace, size, column, 0, static_cast<uint64_t>(kParts), hits});
  }
  return known;
}

std::string ratio_csv(const std::vector<Ratio>& ratios) {
  std::string out = "trace,size,capacity,policy,references,hits,hit_percent\n";
  for (const Ratio& one : ratios) {
    out += one.trace + ',' + one.size + ',' + std::to_string(one.capacity) + ',' + one.column +
           ',' + std::to_string(one.references) + ',' + std::to_string(one.hits) + ',' +
           format("%.4f", one.percent()) + '\n';
  }
  return out;
}

std::string ratio_html(const std::vector<Ratio>& ratios) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>Freshet: hit ratio</title>"
      "<style>:root{color-scheme:light dark}"
      "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
      "svg{max-width:100%;height:auto}text{fill:currentColor;font-size:12px}</style>\n"
      "<h1>Hit ratio</h1>\n<p>Hits among references, by cache size. A point tells its value.</p>\n";
  for (const std::string& trace : traces_of(ratios)) out += chart(ratios, trace);
  return out + "</html>\n";
}

}  // namespace freshet
