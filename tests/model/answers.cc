#include "answers.h"

#include <algorithm>

#include "freshet/base/numbers.h"

namespace freshet::model {
namespace {

constexpr auto kSame = "-ERR source and destination objects are the same\r\n";

std::string bulk_or_nil(const Reference::Value* value) {
  return value == nullptr ? kNil : bulk(value->bytes);
}

bool expired(const Reference::Value& ghost) { return ghost.deadline != kNever; }

}  // namespace

const std::map<std::string, Answers::Answer>& Answers::all() {
  static const std::map<std::string, Answer> answers = {
      {"GET", &Answers::look},      {"TTL", &Answers::look},
      {"PTTL", &Answers::look},     {"TYPE", &Answers::look},
      {"MGET", &Answers::look},     {"EXISTS", &Answers::count},
      {"DBSIZE", &Answers::count},  {"KEYS", &Answers::keys},
      {"SET", &Answers::set},       {"DEPSET", &Answers::set},
      {"GETSET", &Answers::assign}, {"MSET", &Answers::assign},
      {"APPEND", &Answers::edit},   {"INCR", &Answers::edit},
      {"SETRANGE", &Answers::edit}, {"PEXPIRE", &Answers::limit},
      {"PERSIST", &Answers::limit}, {"DEL", &Answers::remove},
      {"UNLINK", &Answers::remove}, {"GETDEL", &Answers::remove},
      {"RENAME", &Answers::carry},  {"COPY", &Answers::carry},
      {"MOVE", &Answers::carry},    {"DEPADD", &Answers::depadd},
      {"DEPREM", &Answers::deprem}, {"SELECT", &Answers::whole},
      {"FLUSHDB", &Answers::whole}, {"FLUSHALL", &Answers::whole},
      {"SWAPDB", &Answers::whole},  {"INVALIDATE", &Answers::invalidate},
      {"FETCH", &Answers::fetch},
  };
  return answers;
}

std::string Answers::to(const Words& args, const std::string& reply) {
  const std::string right = (this->*all().at(args[0]))(args, reply);
  r_.settle();
  return right;
}

const Answers::Value* Answers::find(const std::string& key) {
  const auto found = r_.here().values.find(key);
  return found == r_.here().values.end() ? nullptr : &found->second;
}

std::string Answers::look(const Words& args, const std::string&) {
  const Value* value = find(args[1]);
  if (args[0] == "GET") return bulk_or_nil(value);
  if (args[0] == "TYPE") return value == nullptr ? "+none\r\n" : "+string\r\n";
  if (args[0] == "MGET") {
    Words replies;
    for (size_t i = 1; i < args.size(); ++i) replies.push_back(bulk_or_nil(find(args[i])));
    return array(replies);
  }
  if (value == nullptr) return integer(-2);
  if (value->deadline == kNever) return integer(-1);
  const Millis left = value->deadline - r_.now;
  return integer(args[0] == "PTTL" ? left : (left + 500) / 1000);
}

// DBSIZE may count what has expired and was not collected.
std::string Answers::count(const Words& args, const std::string& reply) {
  int64_t least = 0;
  for (size_t i = 1; i < args.size(); ++i) least += find(args[i]) != nullptr;
  if (args[0] == "EXISTS") return integer(least);
  least = static_cast<int64_t>(r_.here().values.size());
  const auto& ghosts = r_.here().ghosts;
  const int64_t most = least + std::count_if(ghosts.begin(), ghosts.end(),
                                             [](auto& it) { return expired(it.second); });
  const int64_t count = number_of(reply);
  return count >= least && count <= most ? reply : integer(least);
}

std::string Answers::keys(const Words& args, const std::string& reply) {
  Names live;
  for (const auto& [key, value] : r_.here().values) live.insert(key);
  const Names right = matching(live, {args[1]});
  const Words got = leaves(reply);
  if (got.size() == right.size() + 1 && Names(got.begin() + 1, got.end()) == right) return reply;
  return array({right.begin(), right.end()});
}

std::string Answers::set(const Words& args, const std::string& reply) {
  const std::string& key = args[1];
  const Options o = parse_options(args, 3);
  const Value* old = find(key);
  const std::string before = bulk_or_nil(old);
  const std::string refused = o.get ? before : kNil;
  const auto verdict = o.fence.empty() ? Reference::Verdict::kAccept : r_.judge(key, o);
  if (r_.closes_loop(r_.here(), key, o.deps)) {
    if (verdict != Reference::Verdict::kAccept && reply == refused) return reply;
    r_.brushed(r_.here(), key);
    return spells_loop(r_.here(), key, o.deps, reply) ? reply : "-CYCLE of " + key;
  }
  const bool unwanted = (o.nx && old != nullptr) || (o.xx && old == nullptr);
  if (verdict == Reference::Verdict::kRefuse) {
    if (!unwanted) r_.spend(key, o.fence);
    return refused;
  }
  if (unwanted) {
    r_.brushed(r_.here(), key);
    return refused;
  }
  if (!o.fence.empty()) {  // the key was absent, or its lease would have ended
    ++fenced_fills_;
    const bool filled = r_.alive(r_.db, key);
    false_refusals_ += !filled && verdict == Reference::Verdict::kAccept;
    if (!filled) {
      r_.spend(key, o.fence);
      return refused;
    }
  }
  fill(key, args[2], o);
  return o.get ? before : kOk;
}

// A fenced fill is no change for the fences of others.
void Answers::fill(const std::string& key, const std::string& bytes, const Options& o) {
  Database& d = r_.here();
  const Value* old = find(key);
  Value value{bytes, o.time == kNever ? kNever : r_.now + o.time};
  if (o.keep_ttl && old != nullptr) value.deadline = old->deadline;
  value.deps = o.deps;
  value.tags = o.tags;
  value.priority = o.priority.value_or(3);
  value.cost = o.cost.value_or(1);
  value.declared = o.declares();
  r_.bind(d, value);
  const uint64_t was_refused = d.refused[key];
  r_.store(d, key, value);
  if (!o.fence.empty()) d.refused[key] = was_refused;
}

std::string Answers::assign(const Words& args, const std::string&) {
  const std::string before = bulk_or_nil(find(args[1]));
  for (size_t i = 1; i < args.size(); i += 2) r_.store(r_.here(), args[i], {args[i + 1]});
  return args[0] == "GETSET" ? before : kOk;
}

std::string Answers::edit(const Words& args, const std::string&) {
  const Value* value = find(args[1]);
  r_.brushed(r_.here(), args[1]);
  std::string bytes = value == nullptr ? "" : value->bytes;
  if (args[0] == "INCR") {
    const auto number = parse_int(value == nullptr ? "0" : bytes);
    if (!number) return "-ERR value is not an integer or out of range\r\n";
    if (*number == INT64_MAX) return "-ERR increment or decrement would overflow\r\n";
    bytes = std::to_string(*number + 1);
  } else if (args[0] == "APPEND") {
    bytes += args[2];
  } else {
    const size_t at = std::stoul(args[2]);
    bytes.resize(std::max(bytes.size(), at + args[3].size()));
    bytes.replace(at, args[3].size(), args[3]);
  }
  if (value == nullptr) {
    r_.store(r_.here(), args[1], {bytes});
  } else {
    r_.edit(r_.here(), args[1], bytes);
  }
  return args[0] == "INCR" ? ":" + bytes + "\r\n" : integer(static_cast<int64_t>(bytes.size()));
}

std::string Answers::limit(const Words& args, const std::string&) {
  r_.brushed(r_.here(), args[1]);
  const Value* value = find(args[1]);
  if (value == nullptr) return integer(0);
  if (args[0] == "PEXPIRE") {
    r_.limit(r_.here(), args[1], r_.now + std::stoll(args[2]));
    return integer(1);
  }
  if (value->deadline == kNever) return integer(0);
  r_.limit(r_.here(), args[1], kNever);
  return integer(value->deadline == kNever);
}

std::string Answers::remove(const Words& args, const std::string&) {
  const std::string before = bulk_or_nil(find(args[1]));
  int64_t count = 0;
  for (size_t i = 1; i < args.size(); ++i) {
    r_.wrote(r_.here(), args[i]);  // absent or not: who deletes it knows that it changed
    if (find(args[i]) == nullptr) continue;
    r_.remove(r_.here(), args[i]);
    ++count;
  }
  return args[0] == "GETDEL" ? before : integer(count);
}

std::string Answers::carry(const Words& args, const std::string& reply) {
  const bool renames = args[0] == "RENAME", copies = args[0] == "COPY";
  const std::string& from = args[1];
  const std::string& key = renames || copies ? args[2] : from;
  int db = r_.db;
  if (args[0] == "MOVE") db = std::stoi(args[2]);
  if (copies && args.size() > 4) db = std::stoi(args[4]);
  Database& to = r_.dbs[db];
  r_.brushed(r_.here(), from);
  r_.brushed(to, key);
  if (!renames && db == r_.db && key == from) return kSame;
  const Value* value = find(from);
  if (value == nullptr) return renames ? "-ERR no such key\r\n" : integer(0);
  if (renames && key == from) return kOk;
  const bool over = renames || args.back() == "REPLACE";
  if (!over && to.values.contains(key)) return integer(0);
  Value carried = *value;
  carried.deps.erase(key);  // a value can't be made from itself
  if (r_.closes_loop(to, key, carried.deps))
    return spells_loop(to, key, carried.deps, reply) ? reply : "-CYCLE of " + key;
  r_.bind(to, carried);
  r_.store(to, key, carried);
  if (!copies) r_.remove(r_.here(), from);
  return renames ? kOk : integer(1);
}

std::string Answers::depadd(const Words& args, const std::string& reply) {
  const std::string& key = args[1];
  r_.brushed(r_.here(), key);
  if (find(key) == nullptr) return kNil;
  const Options o = parse_options(args, 2);
  if (r_.closes_loop(r_.here(), key, o.deps))
    return spells_loop(r_.here(), key, o.deps, reply) ? reply : "-CYCLE of " + key;
  Value& value = r_.here().values.at(key);
  const size_t before = value.deps.size() + value.tags.size();
  value.deps.insert(o.deps.begin(), o.deps.end());
  value.tags.insert(o.tags.begin(), o.tags.end());
  value.priority = o.priority.value_or(value.priority);
  value.cost = o.cost.value_or(value.cost);
  value.declared = true;
  r_.bind(r_.here(), value);
  r_.limit(r_.here(), key, value.deadline);
  return integer(static_cast<int64_t>(value.deps.size() + value.tags.size() - before));
}

std::string Answers::deprem(const Words& args, const std::string&) {
  r_.brushed(r_.here(), args[1]);
  if (find(args[1]) == nullptr) return kNil;
  const Options o = parse_options(args, 2);
  Value& value = r_.here().values.at(args[1]);
  int64_t removed = 0;
  for (const std::string& dep : o.deps) removed += static_cast<int64_t>(value.deps.erase(dep));
  for (const std::string& tag : o.tags) removed += static_cast<int64_t>(value.tags.erase(tag));
  return integer(removed);
}

// Commands on databases. Fences of the other database may refuse, for a flush is rare.
std::string Answers::whole(const Words& args, const std::string&) {
  if (args[0] == "SELECT") r_.db = std::stoi(args[1]);
  if (args[0] == "SELECT") return kOk;
  if (args[0] == "SWAPDB") std::swap(r_.dbs[0], r_.dbs[1]);
  for (int i : {0, 1}) {
    if (args[0] == "FLUSHALL" || (args[0] == "FLUSHDB" && i == r_.db)) r_.dbs[i] = {};
    for (auto& [key, lease] : r_.dbs[i].leases) lease.sure = false;
    if (args[0] == "SWAPDB") r_.dbs[i].leases.clear();
  }
  return kOk;
}

// What has expired and was not collected may be counted.
std::string Answers::invalidate(const Words& args, const std::string& reply) {
  const Invalidation request = parse_invalidation(args);
  const auto least = static_cast<int64_t>(r_.victims(request).size());
  int64_t most = least;
  for (const auto& [key, ghost] : r_.here().ghosts) {
    most += expired(ghost) && (request.cascade || selects(request, key, ghost));
  }
  if (!request.dry_run) r_.invalidate(request);
  if (request.async) return kOk;
  const int64_t count = number_of(reply);
  return count >= least && count <= most ? reply : integer(least);
}

std::string Answers::fetch(const Words& args, const std::string& reply) {
  Millis term = 3000;
  if (args.size() > 3) term = std::stoll(args[3]);
  if (term < 1 || term > 60000) return is_error(reply) ? reply : "-ERR";
  const Value* value = find(args[1]);
  if (value != nullptr) return array({bulk("HIT"), bulk(value->bytes), kNil, kNil});
  return fetch_absent(args, reply, term);
}

// `reply` is state, value, token, wait.
std::string Answers::fetch_absent(const Words& args, const std::string& reply, Millis term) {
  const std::string& key = args[1];
  auto& stale = r_.here().stale;
  auto& leases = r_.here().leases;
  const auto over = [&](auto& it) { return it.second.until <= r_.now; };
  std::erase_if(stale, over);
  std::erase_if(leases, over);
  const Words got = leaves(reply);
  if (got.size() != 5 || got[0] != "*4") return "an array of four";
  const bool wants_stale = args.back() == "STALE";
  if (wants_stale && stale.contains(key) && !stale.at(key).sure) {
    if (got[1] == "STALE") stale.at(key).sure = true;
    if (got[1] != "STALE") stale.erase(key);
  }
  const bool shows = wants_stale && stale.contains(key);
  if (leases.contains(key) && !leases.at(key).sure && got[3] != "nil") leases.erase(key);
  const bool waits = leases.contains(key);
  const std::string state = shows ? "STALE" : waits ? "WAIT" : "LEASE";
  const std::string value = shows ? stale.at(key).text : "nil";
  if (got[1] != state || got[2] != value) return state + ", value " + value;
  if (waits) {
    const Millis wait = parse_int(got[4]).value_or(0), most = leases.at(key).until - r_.now;
    if (got[3] == "nil" && wait >= 1 && wait <= most) return reply;
    return "no token, and a wait of at most " + std::to_string(most);
  }
  if (got[3] == "nil" || got[4] != "nil") return "a token, and no wait";
  leases[key] = {got[3], r_.now + term, r_.moment};
  return reply;
}

// "-CYCLE key <- dep <- … <- key": each is made from the next, the first from one of `deps`.
bool Answers::spells_loop(const Database& d, const std::string& key, Names deps,
                          const std::string& reply) {
  const std::string start = "-CYCLE " + key + " <- ";
  if (!reply.starts_with(start)) return false;
  for (size_t at = start.size();;) {
    const size_t end = reply.find(" <- ", at);
    const bool last = end == std::string::npos;
    const std::string name = reply.substr(at, (last ? reply.size() - 2 : end) - at);
    if (!deps.contains(name)) return false;
    if (last) return name == key;
    if (!d.values.contains(name)) return false;
    deps = d.values.at(name).deps;
    at = end + 4;
  }
}

}  // namespace freshet::model
