// What a server says of itself in INFO, and what it is told with CONFIG SET.
#pragma once

#include <string>

#include "client.h"

namespace freshet {

// 0 if the section or the name is not there.
double info_figure(Client& client, const std::string& section, const std::string& name);

// False if the server refuses, or is gone.
bool set_option(Client& client, const std::string& name, const std::string& value);

}  // namespace freshet
