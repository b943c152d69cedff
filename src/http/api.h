// The HTTP API: which call does what. It decides who may ask (credentials, origins, hosts), finds
// the endpoint, and turns what goes wrong into a status and {"error"}. It owns nothing: a worker's
// desk does the work.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/commands/session.h"
#include "http/desk.h"
#include "http/message.h"

namespace freshet {

// What is wrong with the server, if anything; the lobby's clock finds out.
struct Health {
  std::vector<std::string> sick;     // it does not work: liveness
  std::vector<std::string> unready;  // it should not be asked now
};

// One request on its way.
struct Call {
  const HttpRequest& request;
  Desk& desk;
  Session& session;
  const Health& health;
  std::string rest;  // of the path, behind the endpoint's own: a key, a job; decoded
};

using Endpoint = HttpResponse (*)(Call&);

// A row of the routing table. A path that ends with '/' takes all that follows as Call::rest.
// `commands` are those that the endpoint stands for, "get" or "warm status": who may not run one of
// them may not ask.
struct Route {
  std::string_view method;
  std::string_view path;
  Endpoint endpoint;
  std::vector<std::string_view> commands;
};

// Each family's file ends with its rows.
std::vector<Route> key_routes();
std::vector<Route> invalidate_routes();
std::vector<Route> stats_routes();
std::vector<Route> graph_routes();
std::vector<Route> warm_routes();
std::vector<Route> metrics_routes();
std::vector<Route> top_routes();
std::vector<Route> event_routes();
std::vector<Route> page_routes();

// Any thread; `desk` is that thread's.
HttpResponse serve_api(const HttpRequest& request, Desk& desk, const Health& health);

// What all who listen to GET /api/events are sent once a second: "data: {…}".
std::string next_event(Desk& desk, const Health& health);

// The status and text that a RESP error stands for.
HttpResponse failed(std::string_view error);
inline HttpResponse failed(const Answer& answer) { return failed(answer.error()); }

}  // namespace freshet
