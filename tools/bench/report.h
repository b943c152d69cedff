// The results as text for people: Markdown, and one HTML page. csv.h has the text for machines.
#pragma once

#include <string>
#include <vector>

#include "machine.h"
#include "results.h"

namespace freshet {

std::string markdown(const Facts& facts, const Results& results);
std::string html(const Facts& facts, const Results& results);

// What a cell shows: thousands apart, `digits` decimals, n/a for what could not be run, else a
// dash.
std::string cell_text(const Results& results, const Table& table, const Line& line,
                      const Column& column);

// False if the file could not be written; says so on stderr.
bool write_file(const std::string& path, const std::string& text);

}  // namespace freshet
