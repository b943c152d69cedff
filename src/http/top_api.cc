// GET /api/cache/top and /api/cache/mrc.
#include "http/top_api.h"

#include <algorithm>

#include "http/api.h"
#include "http/figure.h"
#include "http/text.h"

namespace freshet {
namespace {

// Part of a whole; null if there is no whole.
Json share_of(int64_t part, int64_t whole) {
  if (whole == 0) return nullptr;
  return static_cast<double>(part) / static_cast<double>(whole);
}

// A row is [name, hits, misses, evictions, error].
Json named(const ReplyValue& row) {
  return {{"name", shown(row.items[0].text)},
          {"hits", row.items[1].integer},
          {"misses", row.items[2].integer},
          {"hitRate", share_of(row.items[1].integer, row.items[1].integer + row.items[2].integer)},
          {"evictions", row.items[3].integer},
          {"error", row.items[4].integer}};
}

Json names_of(const ReplyValue& list, size_t most) {
  Json names = Json::array();
  for (size_t i = 0; i < std::min(most, list.items.size()); ++i)
    names.push_back(named(list.items[i]));
  return names;
}

// A row is [maxmemory, estimate for LRU, estimate for the active policy].
Json sized(const ReplyValue& row) {
  constexpr const char* kColumns[] = {"maxmemory", "lru", "active"};
  Json json = Json::object();
  for (size_t i = 0; i < std::min(std::size(kColumns), row.items.size()); ++i)
    json[kColumns[i]] = figure_of(row.items[i]);
  return json;
}

HttpResponse top(Call& call) {
  const Answer answer = call.desk.call(call.session, {"CACHESTATS", "TOP"});
  if (answer.is_error()) return failed(answer);
  return json_response(200, top_of(answer.value(), SIZE_MAX));
}

HttpResponse mrc(Call& call) {
  const Answer answer = call.desk.call(call.session, {"CACHESTATS", "MRC"});
  if (answer.is_error()) return failed(answer);
  return json_response(200, curve_of(answer.value()));
}

}  // namespace

Json top_of(const ReplyValue& map, size_t most) {
  return {{"prefixes", names_of(map.items[1], most)}, {"tags", names_of(map.items[3], most)}};
}

Json curve_of(const ReplyValue& map) {
  Json json = Json::object();
  for (size_t i = 0; i + 1 < map.items.size(); i += 2) {
    const ReplyValue& value = map.items[i + 1];
    Json& field = json[camel_case(map.items[i].text)];
    if (map.items[i].text != "rows") {
      field = figure_of(value);
      continue;
    }
    field = Json::array();
    for (const ReplyValue& row : value.items) field.push_back(sized(row));
  }
  return json;
}

std::vector<Route> top_routes() {
  return {{"GET", "/api/cache/top", top, {"cachestats"}},
          {"GET", "/api/cache/mrc", mrc, {"cachestats"}}};
}

}  // namespace freshet
