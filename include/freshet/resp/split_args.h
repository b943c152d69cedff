// A line cut into arguments as Redis's sdssplitargs does: spaces part them, "…" knows \n \r \t \b
// \a \xHH and \", '…' knows \'. Used for inline commands and for configuration files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace freshet {

// False if a quote is not closed, or is followed by something else than a space.
bool split_args(std::string_view line, std::vector<std::string>& args);

}  // namespace freshet
