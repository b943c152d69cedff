// LOLWUT's drawing.
#pragma once

#include <string>

namespace freshet {

// A stream in spring, seen from above: snow melts on top, and the water spreads between its banks.
std::string draw_freshet(int rows, int columns);

}  // namespace freshet
