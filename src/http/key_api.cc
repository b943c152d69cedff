// /api/cache/{key} and /api/keys/{key}: read, store, delete a value; /api/keys: look for keys; and
// /api/cache/clear.
#include <algorithm>

#include "freshet/base/numbers.h"
#include "http/api.h"
#include "http/fields.h"
#include "http/text.h"

namespace freshet {
namespace {

constexpr int64_t kDefaultTtl = 3600;  // seconds
constexpr int64_t kMostListed = 1000;  // keys of one page

// --- Reading -------------------------------------------------------------------------------------

// GET, with all that DEPINFO tells of the value, at one moment: [value, ttl ms, tags, deps].
void read_whole(Context& c) {
  const Key key = c.key(1);
  Space space = c.space(key);
  const Entry* entry = space.read(key);
  if (entry == nullptr) return c.reply.nil();
  if (entry->type() != Type::kString)
    return c.reply.error("WRONGTYPE Operation against a key holding the wrong kind of value");
  const Graph& graph = space.db().graph;
  const Declarations* declarations = graph.of(entry);
  const auto names = [&](std::span<const Link> links) {
    c.reply.array(links.size());
    for (const Link& link : links) c.reply.bulk(graph.node(link)->key());
  };
  c.reply.array(4);
  c.reply_value(entry);
  c.reply.integer(entry->has_deadline() ? entry->deadline() - c.now : -1);
  names(declarations ? declarations->tag_links() : std::span<const Link>{});
  names(declarations ? declarations->dep_links() : std::span<const Link>{});
}

constexpr Command kReadWhole = {
    "get",      2,        kReadOnly | kFast, keys(1, 1, 1), Verb::kAt,
    read_whole, "string", "1.0.0",           "key",         "Reads a value."};

Json names_of(const ReplyValue& list) {
  Json names = Json::array();
  for (const ReplyValue& item : list.items) names.push_back(shown(item.text));
  return names;
}

// Seconds as TTL says them: rounded, and never 0 for what is alive.
int64_t seconds_of(int64_t millis) {
  return millis < 0 ? -1 : std::max<int64_t>(1, (millis + 500) / 1000);
}

HttpResponse get_key(Call& call) {
  const Answer answer = call.desk.call_as("get", kReadWhole, call.session,
                                          std::vector<std::string_view>{"get", call.rest});
  if (answer.is_error()) return failed(answer);
  if (answer.is_nil()) return json_error(404, "no such key");
  const auto& parts = answer.value().items;
  if (call.request.accept.find("application/octet-stream") != std::string::npos)
    return {200, "application/octet-stream", std::string(parts[0].text), {}};
  Json json{{"key", shown(call.rest)}};
  if (!is_utf8(call.rest)) json["keyEncoding"] = "percent";
  if (auto value = shown_value(parts[0].text)) {
    json["value"] = std::move(*value);
  } else {
    json["value"] = base64_encode(parts[0].text);
    json["encoding"] = "base64";
  }
  json["ttl"] = seconds_of(parts[1].integer);
  json["tags"] = names_of(parts[2]);
  json["dependencies"] = names_of(parts[3]);
  return json_response(200, json);
}

// --- Storing -------------------------------------------------------------------------------------

// What a request asks to be stored.
struct Wanted {
  std::string value;
  int64_t ttl = 0;
  std::vector<std::string> dependencies, tags;
  std::optional<int64_t> priority, cost;
  std::string fence;
};

bool is_json(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return is_word(type, "application/json") || type.ends_with("+json");
}

// "" or what is wrong.
std::string read_wanted(const HttpRequest& request, Wanted& wanted) {
  if (!is_json(request.content_type)) {
    wanted.value = request.body;
    const auto ttl = request.parameter("ttl");
    const auto seconds = ttl ? parse_int(*ttl) : 0;
    if (!seconds) return "ttl wants whole seconds";
    wanted.ttl = *seconds;
    return "";
  }
  Fields fields(request.body);
  const Json* value = fields.any("value");
  if (value != nullptr) wanted.value = stored_bytes(*value);
  wanted.ttl = fields.integer("ttl").value_or(0);
  wanted.dependencies = fields.texts("dependencies");
  wanted.tags = fields.texts("tags");
  wanted.priority = fields.integer("priority");
  wanted.cost = fields.integer("cost");
  wanted.fence = fields.text("fence").value_or("");
  if (std::string error = fields.error(); !error.empty()) return error;
  return value == nullptr ? "the field value is missing" : "";
}

void add_clause(std::vector<std::string>& args, const char* word,
                const std::vector<std::string>& names) {
  if (names.empty()) return;
  args.insert(args.end(), {word, std::to_string(names.size())});
  args.insert(args.end(), names.begin(), names.end());
}

HttpResponse put_key(Call& call) {
  Wanted wanted;
  if (const std::string error = read_wanted(call.request, wanted); !error.empty())
    return json_error(400, error);
  if (wanted.ttl < 0) return json_error(400, "ttl wants seconds, 0 or more");
  const int64_t ttl = wanted.ttl == 0 ? kDefaultTtl : wanted.ttl;
  std::vector<std::string> args = {"DEPSET", call.rest, std::move(wanted.value), "EX",
                                   std::to_string(ttl)};
  add_clause(args, "DEPS", wanted.dependencies);
  add_clause(args, "TAGS", wanted.tags);
  if (wanted.priority) args.insert(args.end(), {"PRIORITY", std::to_string(*wanted.priority)});
  if (wanted.cost) args.insert(args.end(), {"COST", std::to_string(*wanted.cost)});
  if (!wanted.fence.empty()) args.insert(args.end(), {"FENCE", wanted.fence});
  const Answer answer = call.desk.call(call.session, views(args));
  if (answer.is_error()) return failed(answer);
  if (answer.is_nil())
    return json_error(409, "the fence refused the fill: what it was made of has changed since");
  return json_response(200, Json{{"key", shown(call.rest)}, {"ttl", ttl}});
}

HttpResponse delete_key(Call& call) {
  const Answer answer = call.desk.call(call.session, {"DEL", call.rest});
  if (answer.is_error()) return failed(answer);
  if (answer.value().integer == 0) return json_error(404, "no such key");
  return {204, "", "", {}};
}

// --- Several -------------------------------------------------------------------------------------

HttpResponse list_keys(Call& call) {
  const std::string cursor(call.request.parameter("cursor").value_or("0"));
  const std::string pattern(call.request.parameter("pattern").value_or("*"));
  const auto count = parse_int(call.request.parameter("count").value_or("100"));
  if (!count || *count < 1 || *count > kMostListed)
    return json_error(400, "count wants 1 to " + std::to_string(kMostListed));
  const Answer answer = call.desk.call(
      call.session, {"SCAN", cursor, "MATCH", pattern, "COUNT", std::to_string(*count)});
  if (answer.is_error()) return failed(answer);
  return json_response(200, Json{{"cursor", std::string(answer.value().items[0].text)},
                                 {"keys", names_of(answer.value().items[1])}});
}

HttpResponse clear(Call& call) {
  Fields fields(call.request.body);
  const bool confirmed = fields.flag("confirm").value_or(false);
  if (const std::string error = fields.error(); !error.empty()) return json_error(400, error);
  if (!confirmed) return json_error(400, "clear wants {\"confirm\": true}");
  const Answer answer = call.desk.call(call.session, {"FLUSHDB"});
  if (answer.is_error()) return failed(answer);
  return json_response(200, Json{{"cleared", true}, {"db", call.session.db}});
}

}  // namespace

std::vector<Route> key_routes() {
  return {{"GET", "/api/cache/", get_key, {"get", "depinfo"}},
          {"POST", "/api/cache/", put_key, {"depset"}},
          {"PUT", "/api/cache/", put_key, {"depset"}},
          {"DELETE", "/api/cache/", delete_key, {"del"}},
          {"GET", "/api/keys/", get_key, {"get", "depinfo"}},
          {"POST", "/api/keys/", put_key, {"depset"}},
          {"PUT", "/api/keys/", put_key, {"depset"}},
          {"DELETE", "/api/keys/", delete_key, {"del"}},
          {"GET", "/api/keys", list_keys, {"scan"}},
          {"POST", "/api/cache/clear", clear, {"flushdb"}}};
}

}  // namespace freshet
