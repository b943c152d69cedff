#include "insert.h"

#include <cstdio>
#include <fstream>
#include <sstream>

#include "report.h"

namespace freshet {

namespace {
constexpr char kMark[] = "<!-- bench: ", kClose[] = " -->";
constexpr char kEnd[] = "<!-- bench: end -->";
}  // namespace

Inserted insert(const std::string& document, const Sections& sections) {
  std::string out;
  size_t at = 0;
  for (size_t mark; (mark = document.find(kMark, at)) != std::string::npos;) {
    const size_t name = mark + sizeof kMark - 1, close = document.find(kClose, name);
    const size_t end = document.find(kEnd, name);
    if (close == std::string::npos || end == std::string::npos) return {{}, "a section has no end"};
    const auto section = sections.find(document.substr(name, close - name));
    if (section == sections.end()) {
      return {{}, "no section '" + document.substr(name, close - name) + "'"};
    }
    out += document.substr(at, close + sizeof kClose - 1 - at) + "\n" + section->second + kEnd;
    at = end + sizeof kEnd - 1;
  }
  if (at == 0) return {{}, "no section begins with " + std::string(kMark)};
  return {out + document.substr(at), {}};
}

bool insert_into_file(const std::string& path, const Sections& sections) {
  std::stringstream document;
  document << std::ifstream(path).rdbuf();
  const Inserted inserted = insert(document.str(), sections);
  if (inserted.error.empty()) return write_file(path, inserted.text);
  std::fprintf(stderr, "freshet-bench: %s: %s\n", path.c_str(), inserted.error.c_str());
  return false;
}

}  // namespace freshet
