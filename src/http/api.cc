#include "http/api.h"

#include <algorithm>
#include <atomic>

#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/commands/options.h"
#include "http/clock.h"
#include "http/json_value.h"
#include "http/text.h"

namespace freshet {
namespace {

// Far from the numbers of RESP clients.
std::atomic<uint64_t> next_session{uint64_t{1} << 62};

const std::vector<Route>& routes() {
  static const std::vector<Route> all = [] {
    std::vector<Route> rows;
    for (auto* family : {key_routes, invalidate_routes, stats_routes, graph_routes, warm_routes,
                         metrics_routes, top_routes, event_routes, page_routes}) {
      for (const Route& route : family()) rows.push_back(route);
    }
    // A whole path goes before one that takes what follows, and a longer one before a shorter.
    std::stable_sort(rows.begin(), rows.end(), [](const Route& a, const Route& b) {
      const bool a_open = a.path.size() > 1 && a.path.ends_with('/');
      const bool b_open = b.path.size() > 1 && b.path.ends_with('/');
      return a_open != b_open ? b_open : a.path.size() > b.path.size();
    });
    return rows;
  }();
  return all;
}

bool fits(const Route& route, std::string_view path) {
  const bool open = route.path.size() > 1 && route.path.ends_with('/');
  return open ? path.starts_with(route.path) : path == route.path;
}

// A browser lets pages of other sites send some requests without asking, and read nothing: what
// comes from a page that is not our own is refused, unless http-cors-origin names its site.
bool origin_allowed(const HttpRequest& request, const std::string& allowed) {
  if (request.origin.empty() || allowed == "*" || request.origin == allowed) return true;
  const size_t host = request.origin.find("://");
  return host != std::string::npos &&
         std::string_view(request.origin).substr(host + 3) == request.host;
}

// Without a password a page of another site could rebind its own name to this machine, and then be
// of one origin with us: then only names that can't be rebound will do.
bool host_allowed(std::string_view host) {
  if (host.starts_with('[')) return true;  // an IPv6 address
  host = host.substr(0, host.find(':'));
  if (host.empty() || is_word(host, "localhost")) return true;
  return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

struct Credentials {
  std::string user = "default", password;
};

std::optional<Credentials> credentials_of(const std::string& header) {
  const size_t space = std::min(header.find(' '), header.size());
  const std::string_view scheme(header.data(), space);
  std::string_view rest = std::string_view(header).substr(space);
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  if (is_word(scheme, "bearer")) return Credentials{"default", std::string(rest)};
  if (!is_word(scheme, "basic")) return std::nullopt;
  const auto text = base64_decode(rest);
  const size_t colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  Credentials found{text->substr(0, colon), text->substr(colon + 1)};
  if (found.user.empty()) found.user = "default";
  return found;
}

HttpResponse unauthorized(std::string_view why) {
  HttpResponse response = json_error(401, why);
  response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"freshet\", charset=\"UTF-8\"");
  return response;
}

// An error's response if the client may not ask at all.
std::optional<HttpResponse> turned_away(const HttpRequest& request, Desk& desk, Session& session) {
  const Options& options = desk.host().options();
  const bool guarded = options.needs_password.load(std::memory_order_relaxed);
  const std::string allowed = options.text("http-cors-origin");
  if (!origin_allowed(request, allowed))
    return json_error(403,
                      "requests from pages of other sites are not taken: see http-cors-origin");
  if (!guarded && options.number("protected-mode") != 0) {
    if (!request.peer.local)
      return json_error(403,
                        "protected-mode is on and there is no password: only clients on this "
                        "machine are served");
    if (!host_allowed(request.host))
      return json_error(403,
                        "protected-mode is on and there is no password: ask for the server by "
                        "its address or as localhost");
  }
  session.authenticated = !guarded;
  if (!guarded) return std::nullopt;
  if (request.authorization.empty()) return unauthorized("a password is required");
  const auto given = credentials_of(request.authorization);
  if (!given) return unauthorized("Authorization wants Basic user:password, or Bearer password");
  const Answer answer = desk.call(session, {"AUTH", given->user, given->password});
  if (answer.is_error()) return unauthorized(answer.error());
  return std::nullopt;
}

// "" or what is wrong with ?db=.
std::string select_database(const HttpRequest& request, Desk& desk, Session& session) {
  const auto wanted = request.parameter("db");
  if (!wanted) return "";
  const auto db = parse_int(*wanted);
  if (!db || *db < 0 || *db >= desk.router().keyspace().databases())
    return "db wants the number of a database";
  session.db = static_cast<int>(*db);
  return "";
}

HttpResponse find_and_run(const HttpRequest& request, Call& call) {
  std::string methods;
  for (const Route& route : routes()) {
    if (!fits(route, request.path)) continue;
    const bool head = request.method == "HEAD" && route.method == "GET";
    if (route.method != request.method && !head) {
      if (methods.find(route.method) == std::string::npos)
        methods += (methods.empty() ? "" : ", ") + std::string(route.method);
      continue;
    }
    auto rest = percent_decode(std::string_view(request.path).substr(route.path.size()));
    if (!rest) return json_error(400, "the path is not well percent-encoded");
    call.rest = std::move(*rest);
    for (const std::string_view command : route.commands) {
      if (const std::string error = call.desk.refusal(command); !error.empty())
        return failed(error);
    }
    return route.endpoint(call);
  }
  if (methods.empty()) return json_error(404, "there is no such endpoint: see /api/openapi.json");
  HttpResponse response = json_error(405, "this endpoint knows " + methods);
  response.headers.emplace_back("Allow", methods);
  return response;
}

// Answers a browser's question whether a page of another site may ask.
HttpResponse preflight() {
  return {204,
          "",
          "",
          {{"Access-Control-Allow-Methods", "GET, POST, PUT, DELETE"},
           {"Access-Control-Allow-Headers", "Authorization, Content-Type"},
           {"Access-Control-Max-Age", "600"}}};
}

HttpResponse respond(const HttpRequest& request, Desk& desk, Session& session,
                     const Health& health) {
  if (request.method == "OPTIONS" && !request.origin.empty() &&
      origin_allowed(request, desk.host().options().text("http-cors-origin"))) {
    return preflight();
  }
  if (auto refusal = turned_away(request, desk, session)) return std::move(*refusal);
  if (const std::string error = select_database(request, desk, session); !error.empty())
    return json_error(400, error);
  Call call{request, desk, session, health, ""};
  return find_and_run(request, call);
}

}  // namespace

HttpResponse serve_api(const HttpRequest& request, Desk& desk, const Health& health) {
  Session session(next_session.fetch_add(1, std::memory_order_relaxed), desk.host());
  session.local = request.peer.local;
  session.name = "http:" + request.peer.ip;
  HttpResponse response = respond(request, desk, session, health);
  const std::string allowed = desk.host().options().text("http-cors-origin");
  if (!allowed.empty() && (allowed == "*" || request.origin == allowed)) {
    response.headers.emplace_back("Access-Control-Allow-Origin", allowed);
    response.headers.emplace_back("Vary", "Origin");
  }
  const bool kept = std::any_of(response.headers.begin(), response.headers.end(),
                                [](const auto& header) { return header.first == "Cache-Control"; });
  if (!kept) response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

HttpResponse failed(std::string_view text) {
  const std::string_view code = text.substr(0, text.find(' '));
  int status = 400;
  if (code == "NOAUTH" || code == "WRONGPASS") status = 401;
  if (code == "NOPERM" || text.starts_with("ERR unknown command")) status = 403;
  if (code == "WRONGTYPE" || code == "CYCLE") status = 409;
  if (code == "OOM") status = 507;
  if (code == "BUSY") status = 503;
  if (code == "BROKEN") status = 500;
  if (status == 401) return unauthorized(text);
  return json_error(status, text);
}

}  // namespace freshet
