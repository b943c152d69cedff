// A number of a server's INFO.
#pragma once

#include <string>

#include "client.h"

namespace freshet {

// 0 if the section or the name is not there.
double info_figure(Client& client, const std::string& section, const std::string& name);

}  // namespace freshet
