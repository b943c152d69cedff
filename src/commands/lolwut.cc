#include "commands/lolwut.h"

#include <algorithm>
#include <cstdlib>

namespace freshet {
namespace {

// Up and down between 0 and `height`, one step at a time.
int zigzag(int t, int height) { return std::abs((t % (2 * height)) - height); }

char water(int x, int y) {
  constexpr char kWaves[] = "~~-~ ~~~-~~ ~";
  return kWaves[static_cast<size_t>(x * 5 + y * 3) % (sizeof kWaves - 1)];
}

char bank(int x, int y) {
  const int grain = (x * 7 + y * 11 + x * y * 3) % 29;
  if (y < 3) return grain < 12 ? '*' : ' ';  // snow
  if (grain == 0) return '^';                // a tree
  return grain < 3 ? '.' : ' ';
}

}  // namespace

std::string draw_freshet(int rows, int columns) {
  std::string picture;
  for (int y = 0; y < rows; ++y) {
    const int middle = columns / 2 - 6 + zigzag(y * 2 + 3, 8);
    const int half = 1 + y * y * columns / (rows * rows * 3);
    std::string line;
    for (int x = 0; x < columns; ++x) {
      const int off = x - middle;
      if (off == -half - 1) {
        line += '(';
      } else if (off == half + 1) {
        line += ')';
      } else {
        line += std::abs(off) <= half ? water(x, y) : bank(x, y);
      }
    }
    line.erase(std::min(line.find_last_not_of(' ') + 1, line.size()));
    picture += line + '\n';
  }
  return picture;
}

}  // namespace freshet
