// Configuration files as text: reading, cutting into lines, replacing. Knows no option.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace freshet {

struct FileText {
  std::string text;
  int error = 0;  // errno
};
FileText read_file_text(const std::string& path);

// Without their line breaks; a last line need not have one.
std::vector<std::string_view> option_lines(std::string_view text);

// Nothing but space, or a '#' first.
bool is_option_comment(std::string_view line);

// A word as a file must spell it, so that it is read back as the same word.
std::string option_word(std::string_view word);

// Replaces the file at once: whoever reads it sees the old text or the new one. A link stays a
// link, and the file's mode is kept. Returns errno.
int replace_file(const std::string& path, std::string_view text);

}  // namespace freshet
