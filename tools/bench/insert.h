// Puts generated text into documents: what stands between `<!-- bench: NAME -->` and
// `<!-- bench: end -->` is replaced, all else stays.
#pragma once

#include <map>
#include <string>

namespace freshet {

using Sections = std::map<std::string, std::string>;  // by NAME

struct Inserted {
  std::string text;  // the document anew
  std::string
      error;  // not empty: it names a section that there is not, none, or one without an end
};
Inserted insert(const std::string& document, const Sections& sections);

// The same with a file. False, and said on stderr, if that failed.
bool insert_into_file(const std::string& path, const Sections& sections);

}  // namespace freshet
