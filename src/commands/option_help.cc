// What --help prints, from the option table; tools/man.sh makes the man page of it.
#include <algorithm>
#include <string>

#include "commands/option_table.h"

namespace freshet {
namespace {

constexpr size_t kWidth = 80;
constexpr std::string_view kIndent = "      ";

std::string form_of(const OptionRow& row) {
  switch (row.kind) {
    case OptionKind::kNumber:
      return "number";
    case OptionKind::kOctal:
      return "mode";
    case OptionKind::kMemory:
      return "bytes";
    case OptionKind::kYesNo:
      return "yes|no";
    case OptionKind::kEnum: {
      if (!row.form.empty()) break;
      std::string form(row.words);
      for (size_t at; (at = form.find(", ")) != std::string::npos;) form.replace(at, 2, "|");
      return form;
    }
    case OptionKind::kText:
    case OptionKind::kWords:
    case OptionKind::kMany:
      break;
  }
  return std::string(row.form);
}

// Breaks `text` at spaces into indented lines.
void append_wrapped(std::string& out, std::string_view text) {
  size_t width = 0;  // of the present line; 0 before the first
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (width != 0 && width + 1 + end <= kWidth) {
      out += ' ';
      ++width;
    } else {
      if (width != 0) out += '\n';
      out += kIndent;
      width = kIndent.size();
    }
    out += text.substr(0, end);
    width += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out += '\n';
}

std::string facts_of(const OptionRow& row) {
  std::string facts;
  if (row.kind != OptionKind::kMany) facts += " Default: " + std::string(row.initial) + '.';
  if (row.change == OptionChange::kAnyTime) facts += " CONFIG SET may change it.";
  return facts;
}

}  // namespace

std::string Options::help() {
  std::string out =
      "freshet-server " FRESHET_VERSION
      ": a Redis-compatible cache that knows what depends on what\n"
      "\n"
      "Usage: freshet-server [file] [--option value ...] [-]\n"
      "       freshet-server --help | --version\n"
      "\n"
      "Reads the configuration file, then with '-' more of it from standard input, then\n"
      "the options of the command line; what comes later wins. A line of the file is an\n"
      "option without the dashes; 'include path' reads another file. Bytes may carry a\n"
      "unit: 1k is 1000, 1kb is 1024, and so on with m, mb, g and gb.\n"
      "\n"
      "Options:\n";
  for (const OptionRow& row : option_rows()) {
    out += "  --" + std::string(row.name) + ' ' + form_of(row) + '\n';
    append_wrapped(out, std::string(row.meaning) + facts_of(row));
  }
  return out;
}

}  // namespace freshet
