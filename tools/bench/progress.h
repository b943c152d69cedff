// One line on stderr for each thing that begins, so that stdout stays the report.
#pragma once

#include <cstdio>
#include <string>

namespace freshet {

inline void progress(const std::string& what) { std::fprintf(stderr, "bench: %s\n", what.c_str()); }

}  // namespace freshet
