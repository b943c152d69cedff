// What is served as it was built in: the dashboard, and the description of the API.
#include "http/api.h"
#include "http/assets.h"

namespace freshet {
namespace {

// The page runs its own script only, and talks to nobody but this server.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

HttpResponse asset(const char* type, std::string_view bytes) {
  return {200, type, std::string(bytes), {{"Content-Security-Policy", kPolicy}}};
}

HttpResponse page(Call&) { return asset("text/html; charset=utf-8", kDashboardHtml); }
HttpResponse style(Call&) { return asset("text/css; charset=utf-8", kDashboardCss); }
HttpResponse script(Call&) { return asset("text/javascript; charset=utf-8", kDashboardJs); }
HttpResponse d3(Call&) { return asset("text/javascript; charset=utf-8", kD3Js); }
HttpResponse open_api(Call&) { return asset("application/json", kOpenApiJson); }

}  // namespace

std::vector<Route> page_routes() {
  return {{"GET", "/", page},
          {"GET", "/dashboard.css", style},
          {"GET", "/dashboard.js", script},
          {"GET", "/d3.min.js", d3},
          {"GET", "/api/openapi.json", open_api}};
}

}  // namespace freshet
