// What is served as it was built in: the description of the API.
#include "http/api.h"
#include "http/assets.h"

namespace freshet {
namespace {

HttpResponse open_api(Call&) { return {200, "application/json", std::string(kOpenApiJson), {}}; }

}  // namespace

std::vector<Route> page_routes() { return {{"GET", "/api/openapi.json", open_api}}; }

}  // namespace freshet
