// The results as text for people: Markdown, and one HTML page. csv.h has the text for machines.
#pragma once

#include <string>
#include <vector>

#include "machine.h"
#include "results.h"

namespace freshet {

std::string markdown(const Facts& facts, const Results& results);
// The same without its heading, as a section of another document.
std::string markdown_body(const Facts& facts, const Results& results);
// The few rows that the README shows, and what they were measured on.
std::string markdown_summary(const Facts& facts, const Results& results);
std::string html(const Facts& facts, const Results& results);

// Thousands apart, `digits` decimals.
std::string number_text(double value, int digits);

// What a target asks, what was measured, whether that meets it.
struct VerdictText {
  std::string row;
  std::string what;
  std::string target;
  std::string measured;
  std::string met;
};
std::vector<VerdictText> verdict_texts(const Results& results);
inline constexpr char kTargetsNote[] =
    "What the figures of --cores 1 must be; they are meant for the default scale.";

// What a cell shows: n/a for what could not be run, a dash for what is not measured.
std::string cell_text(const Results& results, const Table& table, const Line& line,
                      const Column& column);

// False if the file could not be written; says so on stderr.
bool write_file(const std::string& path, const std::string& text);

}  // namespace freshet
