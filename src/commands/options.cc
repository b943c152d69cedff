#include "freshet/commands/options.h"

namespace freshet {

Options::Options() = default;

}  // namespace freshet
