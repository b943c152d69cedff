// GET /api/cache/dependencies: what a value was made from and what was made from it, as a graph. A
// breadth-first walk over DEPINFO and DEPSCAN, bounded in nodes; where it stopped, a node has a
// cursor to go on from.
#include <deque>
#include <unordered_map>

#include "freshet/base/numbers.h"
#include "http/api.h"
#include "http/json_value.h"
#include "http/text.h"

namespace freshet {
namespace {

constexpr int64_t kMostNodes = 1000;
constexpr int64_t kDeepest = 32;

class Walk {
 public:
  Walk(Call& call, int64_t most, int64_t depth) : call_(call), most_(most), depth_(depth) {}

  // `cursor`: where the dependents of `name` go on.
  void from(const std::string& name, std::string cursor) {
    visit(name, 0, true);
    cursor_ = std::move(cursor);
    for (; !to_do_.empty(); to_do_.pop_front()) {
      const Visit next = to_do_.front();
      expand(next);
      if (!error_.empty()) return;
    }
  }

  const std::string& error() const { return error_; }
  Json json() {
    Json nodes = Json::array();
    for (const std::string& name : order_) nodes.push_back(nodes_.at(name));
    return {{"nodes", std::move(nodes)}, {"edges", std::move(edges_)}, {"truncated", truncated_}};
  }

 private:
  struct Visit {
    std::string name;
    int64_t level;
    bool root;
  };

  // False if there is no room for it.
  bool visit(const std::string& name, int64_t level, bool root) {
    if (nodes_.contains(name)) return true;
    if (static_cast<int64_t>(nodes_.size()) >= most_) {
      truncated_ = true;
      return false;
    }
    nodes_.emplace(name, Json{{"name", shown(name)}});
    order_.push_back(name);
    to_do_.push_back({name, level, root});
    return true;
  }

  // `to` was made from `from`.
  void edge(const std::string& from, const std::string& to) {
    if (!drawn_.insert({from + '\0' + to, true}).second) return;
    edges_.push_back({{"from", shown(from)}, {"to", shown(to)}});
  }

  void expand(const Visit& visit) {
    describe(visit);
    if (error_.empty() && visit.level < depth_) add_dependents(visit);
  }

  // What is there, and of the root and of what lies above it also what it was made from.
  void describe(const Visit& node) {
    const Answer info = call_.desk.call(call_.session, {"DEPINFO", node.name});
    if (info.is_error()) {
      error_ = info.error();
      return;
    }
    Json& json = nodes_.at(node.name);
    json["exists"] = !info.is_nil();
    if (info.is_nil()) return;
    json["ttl"] = info.field("ttl_ms")->integer < 0 ? -1 : info.field("ttl_ms")->integer / 1000;
    json["bytes"] = info.field("bytes")->integer;
    json["dependents"] = info.field("dependents")->integer;
    json["tags"] = Json::array();
    for (const ReplyValue& tag : info.field("tags")->items) json["tags"].push_back(shown(tag.text));
    if (!node.root) return;
    for (const ReplyValue& dep : info.field("deps")->items) {
      const std::string name(dep.text);
      if (visit(name, depth_, false)) edge(name, node.name);
    }
  }

  void add_dependents(const Visit& node) {
    std::string cursor = node.root ? cursor_ : "0";
    do {
      const int64_t room = most_ - static_cast<int64_t>(nodes_.size());
      if (room <= 0) break;
      const Answer page = call_.desk.call(
          call_.session, {"DEPSCAN", cursor, "DEPS", node.name, "COUNT", std::to_string(room)});
      if (page.is_error()) {
        error_ = page.error();
        return;
      }
      cursor = page.value().items[0].text;
      for (const ReplyValue& item : page.value().items[1].items) {
        const std::string name(item.text);
        if (visit(name, node.level + 1, false)) edge(node.name, name);
      }
    } while (cursor != "0");
    if (cursor == "0") return;
    truncated_ = true;
    nodes_.at(node.name)["cursor"] = cursor;
  }

  Call& call_;
  const int64_t most_, depth_;
  std::string cursor_ = "0";
  std::deque<Visit> to_do_;
  std::vector<std::string> order_;
  std::unordered_map<std::string, Json> nodes_;
  std::unordered_map<std::string, bool> drawn_;
  Json edges_ = Json::array();
  bool truncated_ = false;
  std::string error_;
};

HttpResponse dependencies(Call& call) {
  const auto key = call.request.parameter("key"), name = call.request.parameter("name");
  const auto depth = parse_int(call.request.parameter("depth").value_or("1"));
  const auto limit = parse_int(call.request.parameter("limit").value_or("200"));
  const std::string cursor(call.request.parameter("cursor").value_or("0"));
  if (key.has_value() == name.has_value())
    return json_error(400, "dependencies wants ?key= or ?name=");
  if (!depth || *depth < 1 || *depth > kDeepest)
    return json_error(400, "depth wants 1 to " + std::to_string(kDeepest));
  if (!limit || *limit < 1 || *limit > kMostNodes)
    return json_error(400, "limit wants 1 to " + std::to_string(kMostNodes));
  Walk walk(call, *limit, *depth);
  walk.from(std::string(key ? *key : *name), cursor);
  if (!walk.error().empty()) return failed(walk.error());
  Json json = walk.json();
  if (key && json["nodes"][0]["exists"] == false) return json_error(404, "no such key");
  return json_response(200, json);
}

}  // namespace

std::vector<Route> graph_routes() {
  return {{"GET", "/api/cache/dependencies", dependencies, {"depinfo", "depscan"}}};
}

}  // namespace freshet
