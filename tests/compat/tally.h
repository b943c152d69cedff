// How often each command was compared and how often the reply was an error or a null: shows that
// the generator draws commands that mostly do something.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "step.h"

namespace freshet::compat {

class Tally {
 public:
  void add(const Args& args, std::string_view reply);
  void add_script() { ++scripts_; }
  std::string summary() const;  // one line
  std::string table() const;    // a line for each command

 private:
  struct Count {
    size_t replies = 0;
    size_t errors = 0;
    size_t nulls = 0;
  };
  std::map<std::string, Count> counts_;
  size_t scripts_ = 0;
};

}  // namespace freshet::compat
