// Files that are built into the program: tools/embed.cmake makes them from src/http/assets/.
#pragma once

#include <string_view>

namespace freshet {

extern const std::string_view kOpenApiJson;
extern const std::string_view kDashboardHtml, kDashboardCss, kDashboardJs, kD3Js;

}  // namespace freshet
