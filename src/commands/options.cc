// Stand-in: defaults and --name value.
#include "freshet/commands/options.h"
#include "freshet/base/numbers.h"
#include <cstdlib>
namespace freshet {
struct Options::Value {};
Options::Options() {
  values_ = {{"port","6379"},{"bind","* -::*"},{"unixsocket",""},{"unixsocketperm","0"},{"tcp-backlog","511"},{"tcp-keepalive","300"},{"protected-mode","1"},{"databases","16"},{"loglevel","notice"},{"logfile",""},{"cores","0"},{"shards-per-core","8"},{"pidfile",""},{"requirepass",""}};
}
std::string Options::load(const std::vector<std::string>& a) {
  for (size_t i = 0; i + 1 < a.size(); i += 2) {
    std::string n = a[i].substr(2), v = a[i+1];
    if (n == "maxclients") maxclients = atoll(v.c_str());
    else if (n == "timeout") timeout = atoll(v.c_str());
    else if (n == "maxmemory") settings.maxmemory = *parse_memory(v);
    else if (n == "policy") settings.policy = EvictionPolicy::kAllKeysLru;
    else if (n == "query-limit") query_buffer_limit = atoll(v.c_str());
    else if (n == "hard") output_hard_limit = atoll(v.c_str());
    else if (n == "slow") slowlog_slower_than = atoll(v.c_str());
    else if (!values_.count(n)) return "unknown option " + n;
    values_[n] = v;
    if (n == "requirepass") needs_password = !v.empty();
  }
  return "";
}
std::vector<std::pair<std::string, std::string>> Options::get(const std::vector<std::string>&) const { return {}; }
std::string Options::set(const std::vector<std::pair<std::string, std::string>>&) { return ""; }
std::string Options::rewrite() { return ""; }
std::string Options::text(std::string_view n) const { auto f = values_.find(n); return f == values_.end() ? "" : f->second; }
int64_t Options::number(std::string_view n) const { auto t = text(n); return t == "yes" ? 1 : t == "no" ? 0 : atoll(t.c_str()); }
std::vector<std::string> Options::list(std::string_view n) const { std::vector<std::string> r; std::string t = text(n), w; for (char c : t + " ") { if (c == ' ') { if (!w.empty()) r.push_back(w); w.clear(); } else w += c; } return r; }
std::vector<std::vector<std::string>> Options::many(std::string_view) const { return {}; }
std::string Options::file() const { return ""; }
std::string Options::help() { return "help\n"; }
}
