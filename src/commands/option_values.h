// The options' values: defaults, then what files and the command line say, then what CONFIG SET
// changes. Knows no thread and no atomic; Options guards it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "commands/option_table.h"

namespace freshet {

class OptionValues {
 public:
  using Lines = std::vector<std::vector<std::string>>;

  OptionValues();  // all defaults

  const std::string& text(const OptionRow& row) const { return texts_[index(row)]; }
  // Of a kMany option, one entry a line.
  const Lines& lines(const OptionRow& row) const;

  // What CONFIG SET would make of it; nothing is changed.
  OptionValue check(const OptionRow& row, OptionWords words) const;
  void put(const OptionRow& row, std::string text) { texts_[index(row)] = std::move(text); }

  // A line of a file, or its like on the command line. "" or what is wrong with it.
  std::string add(const OptionRow& row, OptionWords words);

 private:
  static size_t index(const OptionRow& row) {
    return static_cast<size_t>(&row - option_rows().data());
  }

  std::vector<std::string> texts_;  // by row
  std::map<std::string_view, Lines> lines_;
};

}  // namespace freshet
