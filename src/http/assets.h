// Files that are built into the program: tools/embed.cmake makes them from src/http/assets/.
#pragma once

#include <string_view>

namespace freshet {

extern const std::string_view kOpenApiJson;
extern const std::string_view kDashboardHtml;  // its style stands in it
extern const std::string_view kStyleHash;      // "sha256-…=", for a Content-Security-Policy
extern const std::string_view kStartJs, kWordsJs, kChartsJs, kLiveJs, kExplorerJs, kD3Js;

}  // namespace freshet
