// What is served as it was built in: the dashboard, and the description of the API.
#include <cstdio>

#include "freshet/base/hash.h"
#include "http/api.h"
#include "http/assets.h"

namespace freshet {
namespace {

// The page runs its own scripts only, has its own style, and talks to nobody but this server.
std::string policy() {
  return "default-src 'none'; script-src 'self'; style-src '" + std::string(kStyleHash) +
         "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
         "frame-ancestors 'none'";
}

// A browser keeps it and asks each time whether it is still the same.
HttpResponse asset(const Call& call, const char* type, std::string_view bytes) {
  char tag[24];
  std::snprintf(tag, sizeof tag, "\"%016llx\"",
                static_cast<unsigned long long>(Hasher(0).digest(bytes)));
  HttpResponse response{
      200,
      type,
      "",
      {{"Content-Security-Policy", policy()}, {"ETag", tag}, {"Cache-Control", "no-cache"}}};
  if (call.request.if_none_match.find(tag) == std::string::npos) {
    response.body = bytes;
  } else {
    response.status = 304;
    response.headers.emplace_back("Content-Length", std::to_string(bytes.size()));
  }
  return response;
}

constexpr const char* kScript = "text/javascript; charset=utf-8";

HttpResponse page(Call& call) { return asset(call, "text/html; charset=utf-8", kDashboardHtml); }
HttpResponse start(Call& call) { return asset(call, kScript, kStartJs); }
HttpResponse words(Call& call) { return asset(call, kScript, kWordsJs); }
HttpResponse charts(Call& call) { return asset(call, kScript, kChartsJs); }
HttpResponse live(Call& call) { return asset(call, kScript, kLiveJs); }
HttpResponse explorer(Call& call) { return asset(call, kScript, kExplorerJs); }
HttpResponse d3(Call& call) { return asset(call, kScript, kD3Js); }
HttpResponse open_api(Call& call) { return asset(call, "application/json", kOpenApiJson); }

}  // namespace

std::vector<Route> page_routes() {
  return {{"GET", "/", page, {}},          {"GET", "/start.js", start, {}},
          {"GET", "/words.js", words, {}}, {"GET", "/charts.js", charts, {}},
          {"GET", "/live.js", live, {}},   {"GET", "/explorer.js", explorer, {}},
          {"GET", "/d3.min.js", d3, {}},   {"GET", "/api/openapi.json", open_api, {}}};
}

}  // namespace freshet
