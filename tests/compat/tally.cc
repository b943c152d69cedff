#include "tally.h"

#include <cstdio>

#include "escape.h"

namespace freshet::compat {

void Tally::add(const Args& args, std::string_view reply) {
  std::string name = args[0];
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  Count& count = counts_[name];
  ++count.replies;
  count.errors += reply.starts_with('-') ? 1 : 0;
  count.nulls += reply == "$-1\r\n" || reply == "*-1\r\n" || reply == "_\r\n" ? 1 : 0;
}

std::string Tally::summary() const {
  Count all;
  for (const auto& [name, count] : counts_) {
    all.replies += count.replies;
    all.errors += count.errors;
  }
  const size_t percent = all.replies == 0 ? 0 : all.errors * 100 / all.replies;
  return std::to_string(all.replies) + " replies compared, " + std::to_string(percent) +
         "% of them errors, and " + std::to_string(scripts_) + " raw connections";
}

std::string Tally::table() const {
  std::string text = "   replies   errors    nulls  command\n";
  for (const auto& [name, count] : counts_) {
    const double percent = 100.0 / static_cast<double>(count.replies);
    char line[120];
    std::snprintf(line, sizeof line, "%10zu %7.1f%% %7.1f%%  %s\n", count.replies,
                  percent * static_cast<double>(count.errors),
                  percent * static_cast<double>(count.nulls), quoted(name, 40).c_str());
    text += line;
  }
  return text;
}

}  // namespace freshet::compat
