#include "info.h"

#include <cstdlib>

namespace freshet {

double info_figure(Client& client, const std::string& section, const std::string& name) {
  const auto info = client.call({"INFO", section});
  if (!info) return 0;
  const size_t at = info->text.find("\n" + name + ":");
  return at == std::string::npos ? 0 : std::atof(info->text.c_str() + at + name.size() + 2);
}

bool set_option(Client& client, const std::string& name, const std::string& value) {
  const auto reply = client.call({"CONFIG", "SET", name, value});
  return reply && !reply->is_error();
}

}  // namespace freshet
