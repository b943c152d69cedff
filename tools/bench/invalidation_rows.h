// What is invalidated, and how each server is asked to. To measure something else, add a row.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "options.h"
#include "request.h"
#include "scripts.h"

namespace freshet {

struct Method {
  Operation fill;  // no request: this server has nothing of the kind
  std::function<Script()> kill;
  bool counts = false;  // its last reply is how many keys it killed
  bool in_order = false;
};

struct InvalidationRow {
  std::string name;
  uint64_t keys;
  uint64_t others = 0;  // keys that must stay
  uint64_t first = 0;   // the number of the first key that the fill stores
  std::string root;     // stored before the fill; it stays
  int rounds = 0;       // 0: as many as the scale says
  std::string refusal;  // not empty: nothing dies, the last reply is an error that begins so
  Method freshet;
  Method redis;
};

std::vector<InvalidationRow> invalidation_rows(const Scale& scale);

}  // namespace freshet
