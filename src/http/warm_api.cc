// /api/cache/warm: start, watch and cancel WARM jobs.
#include "http/warm_api.h"

#include "freshet/base/numbers.h"
#include "http/api.h"
#include "http/fields.h"
#include "http/text.h"

namespace freshet {
namespace {

Json shown_job(const ReplyValue& map) {
  Json json;
  for (size_t i = 0; i + 1 < map.items.size(); i += 2) {
    const ReplyValue& value = map.items[i + 1];
    std::string name = camel_case(map.items[i].text);
    if (value.kind == ReplyValue::Kind::kInteger) {
      json[name] = value.integer;
    } else {
      json[name] = shown(value.text);
    }
  }
  return json;
}

HttpResponse start(Call& call) {
  Fields fields(call.request.body);
  const std::string source = fields.text("source").value_or("");
  const std::vector<std::string> keys = fields.texts("keys");
  const auto pattern = fields.text("pattern");
  const auto ttl = fields.integer("ttl");
  if (const std::string error = fields.error(); !error.empty()) return json_error(400, error);
  if (source.empty()) return json_error(400, "the field source is missing");
  std::vector<std::string> args = {"WARM", "FROM", source};
  if (pattern) args.insert(args.end(), {"MATCH", *pattern});
  if (!keys.empty()) {
    args.insert(args.end(), {"KEYS", std::to_string(keys.size())});
    args.insert(args.end(), keys.begin(), keys.end());
  }
  if (ttl && *ttl != 0) args.insert(args.end(), {"EX", std::to_string(*ttl)});
  const Answer answer = call.desk.call(call.session, views(args));
  if (answer.is_error()) return failed(answer);
  return json_response(202, Json{{"job", answer.value().integer}});
}

HttpResponse list(Call& call) {
  const Answer answer = call.desk.call(call.session, {"WARM", "STATUS"});
  if (answer.is_error()) return failed(answer);
  return json_response(200, Json{{"jobs", jobs_of(answer.value())}});
}

HttpResponse status(Call& call) {
  if (!parse_int(call.rest)) return json_error(404, "no such job");
  const Answer answer = call.desk.call(call.session, {"WARM", "STATUS", call.rest});
  if (answer.is_error()) return failed(answer);
  if (answer.is_nil()) return json_error(404, "no such job");
  return json_response(200, shown_job(answer.value()));
}

HttpResponse cancel(Call& call) {
  if (!parse_int(call.rest)) return json_error(404, "no such job");
  const Answer answer = call.desk.call(call.session, {"WARM", "CANCEL", call.rest});
  if (answer.is_error()) return failed(answer);
  if (answer.value().integer == 0) return json_error(404, "no such job, or it has ended");
  return {204, "", "", {}};
}

}  // namespace

Json jobs_of(const ReplyValue& list) {
  Json jobs = Json::array();
  for (const ReplyValue& job : list.items) jobs.push_back(shown_job(job));
  return jobs;
}

std::vector<Route> warm_routes() {
  return {{"POST", "/api/cache/warm", start, {"warm from"}},
          {"GET", "/api/cache/warm", list, {"warm status"}},
          {"GET", "/api/cache/warm/", status, {"warm status"}},
          {"DELETE", "/api/cache/warm/", cancel, {"warm cancel"}}};
}

}  // namespace freshet
