// Statistics by prefix and by tag, of all shards together: CACHESTATS TOP, PREFIX and TAG.
#pragma once

#include <cstdint>
#include <string_view>

#include "freshet/commands/context.h"

namespace freshet {

// What was counted of a name, or of several.
struct NameFigures {
  uint64_t of[TopNames::kEvents] = {};
  uint64_t error = 0;  // by how much their sum may be too low
  uint64_t names = 0;  // that are kept
};
NameFigures figures_of_tag(Router& router, std::string_view tag);

void report_top_names(Context& c);
void report_prefix(Context& c);

}  // namespace freshet
