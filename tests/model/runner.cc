// The harness brings doctest, which wants to be linked once.
#define DOCTEST_CONFIG_IMPLEMENT
#include "runner.h"

#include <algorithm>
#include <cstdio>

#include "freshet/base/text.h"

namespace freshet::model {
namespace {

std::string joined(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += " " + name;
  return text;
}

std::string differ(const std::string& what, const std::string& right, const std::string& got) {
  if (right == got) return "";
  return what + "\n    expected " + freshet::quoted(right) + "\n    got      " +
         freshet::quoted(got);
}

Names names_of(const Words& words) { return {words.begin(), words.end()}; }

// The entries of a bucket get other places, as if their pages were half empty.
void move_some(Shard& shard, Millis now) {
  for (int db = 0; db < shard.databases(); ++db) {
    std::vector<Entry*> found;
    shard.db(db).keys.scan(shard.rng.below(Database::kAllPositions),
                           [&](Entry* entry) { found.push_back(entry); });
    Space space(shard, db, now);
    for (Entry* entry : found) space.move(entry);
  }
}

}  // namespace

Pair::Pair(uint32_t shards)
    : cache_(shards),
      reference_{.names = names_of(Generator::names()),
                 .alive =
                     [this](int db, const std::string& key) {
                       return run(db, {"EXISTS", key}) == integer(1);
                     }},
      answers_(reference_) {
  reference_.now = cache_.session.now;
}

std::string Pair::run(int db, const Words& args) {
  const int selected = cache_.session.db;
  cache_.session.db = db;
  std::string reply = cache_.run({args.begin(), args.end()});
  if (cache_.session.db == db) cache_.session.db = selected;  // else it was SELECT
  return reply;
}

std::string Pair::token(const std::string& word) const {
  const size_t space = word.find(' ');
  const auto given = tokens_.find(word.substr(space + 1, word.size() - space - 2));
  const size_t back = word.starts_with("{token ") ? 1 : 2;
  if (given == tokens_.end() || given->second.size() < back) return "1";
  return given->second[given->second.size() - back];
}

std::string Pair::command(Words args) {
  for (std::string& word : args) {
    if (word.starts_with('{')) word = token(word);
  }
  if (kExpiredKillsNewDependents && meets_expired(args)) collect();
  const std::string reply = run(args);
  if (args[0] == "FETCH" && reply.starts_with('*')) {
    const Words got = leaves(reply);
    if (got.size() == 5 && got[3] != "nil") tokens_[args[1]].push_back(got[3]);
  }
  return differ(spelled(args), answers_.to(args, reply), reply);
}

// Everything that is dead. The timing wheel leaves what expired within its finest step.
void Pair::collect() {
  cache_.background();
  for (int db : {0, 1}) {
    for (const std::string& key : Generator::keys()) run(db, {"EXISTS", key});
  }
  reference_.collected();
}

// Would this command give an existing value a dependency that has expired?
bool Pair::meets_expired(const Words& args) const {
  const auto& values = reference_.dbs[reference_.db].values;
  Names deps;
  if (args[0] == "DEPADD") deps = parse_options(args, 2).deps;
  const bool carries = args[0] == "RENAME" || args[0] == "COPY" || args[0] == "MOVE";
  if (carries && values.contains(args[1])) deps = values.at(args[1]).deps;
  return std::any_of(deps.begin(), deps.end(), [&](const std::string& dep) {
    const auto expired = [&](const auto& d) {
      return d.ghosts.contains(dep) && d.ghosts.at(dep).deadline != kNever;
    };
    return expired(reference_.dbs[0]) || expired(reference_.dbs[1]);
  });
}

void Pair::evict(const std::string& key) {
  if (!reference_.here().values.contains(key)) return;
  const Key hashed = cache_.keyspace.hasher.key(key);
  cache_.chore(cache_.keyspace.id_of(hashed.hash), [&](Shard& shard) {
    Space space(shard, reference_.db, cache_.session.now);
    Entry* entry = space.peek(hashed);
    if (entry != nullptr) space.remove(hashed, entry, Cause::kEvicted);
  });
  reference_.leave(reference_.here(), key, false);
  reference_.settle();
}

// What stands alive in a shard.
std::vector<Pair::Held> Pair::held_in(uint32_t shard) {
  std::vector<Held> held;
  for (int db : {0, 1}) {
    for (const auto& [key, value] : reference_.dbs[db].values) {
      const Key hashed = cache_.keyspace.hasher.key(key);
      if (cache_.keyspace.id_of(hashed.hash) != shard) continue;
      const bool there =
          Space(cache_.keyspace.shard(shard), db, cache_.session.now).peek(hashed) != nullptr;
      if (there) held.push_back({db, key});
    }
  }
  return held;
}

// The engine chooses who goes, and the reference follows; it checks that the choice was allowed.
std::string Pair::press(const Words& step) {
  const uint32_t id = static_cast<uint32_t>(std::stoul(step[1])) % cache_.keyspace.size();
  const auto* name = std::find(std::begin(kPolicyNames), std::end(kPolicyNames), step[2]);
  const auto policy = static_cast<EvictionPolicy>(name - std::begin(kPolicyNames));
  Settings& settings = cache_.options.settings;
  settings.maxmemory = int64_t{1} << 40;  // the learning policies want a limit
  settings.policy = policy;
  const std::vector<Held> before = held_in(id);
  bool freed = false;
  cache_.chore(id, [&](Shard& shard) {
    shard.follow_policy(cache_.session.now);
    freed = shard.evict_one(cache_.session.now);
  });
  settings.policy = EvictionPolicy::kNoEviction;
  settings.maxmemory = 0;
  std::vector<Held> gone = before;
  for (const Held& left : held_in(id)) std::erase(gone, left);
  std::string wrong = judge_victims(before, gone, policy);
  const bool may = std::any_of(before.begin(), before.end(),
                               [&](const Held& one) { return may_go(one, policy); });
  if (wrong.empty() && !freed && may) wrong = step[2] + " finds nobody in shard " + step[1];
  for (const Held& one : gone) {
    reference_.leave(reference_.dbs[one.db], one.key, false);
    reference_.settle();
  }
  for (auto& d : reference_.dbs) {
    for (auto& [key, stale] : d.stale) stale.sure = false;  // stale values go first
  }
  return wrong;
}

bool Pair::may_go(const Held& one, EvictionPolicy policy) const {
  return !is_volatile(policy) || reference_.dbs[one.db].values.at(one.key).deadline != kNever;
}

// One goes at most, and who may; of the highest priority only when there is nobody else.
std::string Pair::judge_victims(const std::vector<Held>& before, const std::vector<Held>& gone,
                                EvictionPolicy policy) const {
  if (gone.size() > 1) return std::to_string(gone.size()) + " keys were evicted at once";
  for (const Held& one : gone) {
    if (!may_go(one, policy)) return one.key + " was evicted and has no deadline";
    const auto priority = [&](const Held& of) {
      return reference_.dbs[of.db].values.at(of.key).priority;
    };
    const bool others = std::any_of(before.begin(), before.end(), [&](const Held& other) {
      return may_go(other, policy) && priority(other) < kTopPriority;
    });
    if (is_priority(policy) && priority(one) == kTopPriority && others) {
      return one.key + " was evicted, and others were worth less";
    }
  }
  return "";
}

// Whether expiry counts changes for empty databases only: what was declared before and has expired
// since may be collected before or after the change.
void Pair::set_triggers(int bits) {
  if (reference_.on_expire != ((bits & kOnExpire) != 0)) command({"FLUSHALL"});
  cache_.options.settings.triggers = static_cast<uint8_t>(bits);
  reference_.on_overwrite = bits & kOnOverwrite;
  reference_.on_edit = bits & kOnEdit;
  reference_.on_delete = bits & kOnDelete;
  reference_.on_expire = bits & kOnExpire;
}

std::string Pair::take(const Words& step) {
  const std::string& what = step[0];
  ++reference_.moment;
  if (what[0] != '.') return command(step);
  if (what == ".compare") return compare();
  if (what == ".evict") evict(step[1]);
  if (what == ".press") return press(step);
  if (what == ".triggers") set_triggers(std::stoi(step[1]));
  Settings& settings = cache_.options.settings;
  if (what == ".at-once") {
    settings.invalidate_at_once = static_cast<uint32_t>(std::stoul(step[1]));
    settings.loop_check_at_once = static_cast<uint32_t>(std::stoul(step[1]));
  }
  if (what == ".index") settings.prefix_index = step[1] == "1";
  if (what == ".pass") {
    cache_.pass(std::stoll(step[1]));
    reference_.pass(std::stoll(step[1]));
    // How far a change reaches through a value that expired without being a change depends on when
    // it is collected.
    if (!reference_.on_expire) collect();
  } else if (what == ".background") {
    collect();
  } else if (what == ".slice") {
    cache_.chore(static_cast<uint32_t>(std::stoul(step[1])) % cache_.keyspace.size(),
                 [&](Shard& shard) {
                   shard.expire_slice(cache_.session.now, 1);
                   shard.reclaim_slice(cache_.session.now, 1);
                   shard.index_slice(1);
                   move_some(shard, cache_.session.now);
                 });
  }
  return "";
}

std::string Pair::end() {
  for (const char* db : {"0", "1"}) {
    command({"SELECT", db});
    for (const std::string& key : Generator::keys()) {
      if (const std::string wrong = command({"DEL", key}); !wrong.empty()) return wrong;
    }
  }
  return compare();
}

std::string Pair::compare() {
  for (int db : {0, 1}) {
    if (const std::string wrong = compare_db(db); !wrong.empty())
      return "in database " + std::to_string(db) + ": " + wrong;
  }
  collect();
  return compare_graph();
}

std::string Pair::compare_db(int db) {
  const auto& values = reference_.dbs[db].values;
  Names live;
  for (const auto& [key, value] : values) live.insert(key);
  Words got = leaves(run(db, {"KEYS", "*"}));
  got.erase(got.begin());
  std::string wrong = differ("KEYS *", joined(live), joined(names_of(got)));
  for (const std::string& key : Generator::names()) {
    if (wrong.empty()) wrong = compare_key(db, key);
  }
  if (wrong.empty()) wrong = compare_declarants(db);
  if (wrong.empty())
    wrong = differ("DBSIZE", integer(static_cast<int64_t>(values.size())), run(db, {"DBSIZE"}));
  return wrong;
}

std::string Pair::compare_key(int db, const std::string& key) {
  const auto& values = reference_.dbs[db].values;
  const auto found = values.find(key);
  const bool present = found != values.end();
  std::string wrong =
      differ("GET " + key, present ? bulk(found->second.bytes) : kNil, run(db, {"GET", key}));
  if (!present) {
    if (wrong.empty()) wrong = differ("DEPINFO " + key, kNil, run(db, {"DEPINFO", key}));
    return wrong;
  }
  return wrong.empty() ? compare_info(db, key, found->second) : wrong;
}

std::string Pair::compare_info(int db, const std::string& key, const Reference::Value& value) {
  std::map<std::string, Words> info;
  const Words got = leaves(run(db, {"DEPINFO", key}));
  for (size_t at = 1; at + 1 < got.size();) {
    Words& words = info[got[at++]];
    const size_t count = got[at][0] == '*' ? std::stoul(got[at++].substr(1)) : 1;
    for (size_t i = 0; i < count; ++i) words.push_back(got[at++]);
  }
  const Millis left = value.deadline == kNever ? -1 : value.deadline - reference_.now;
  const std::string about = "DEPINFO " + key + ", ";
  std::string wrong = differ(about + "ttl_ms", std::to_string(left), info["ttl_ms"].at(0));
  if (wrong.empty())
    wrong = differ(about + "priority", std::to_string(value.priority), info["priority"].at(0));
  if (wrong.empty())
    wrong = differ(about + "cost_ms", std::to_string(value.cost), info["cost_ms"].at(0));
  if (wrong.empty())
    wrong = differ(about + "deps", joined(value.deps), joined(names_of(info["deps"])));
  if (wrong.empty())
    wrong = differ(about + "tags", joined(value.tags), joined(names_of(info["tags"])));
  const auto& d = reference_.dbs[db];
  const size_t least = dependents(d.values, key).size();
  const size_t most = least + dependents(d.ghosts, key).size();
  const size_t count = std::stoul(info["dependents"].at(0));
  if (wrong.empty() && (count < least || count > most))
    wrong = differ(about + "dependents", std::to_string(least), std::to_string(count));
  return wrong;
}

std::string Pair::compare_declarants(int db) {
  const auto scan = [&](const std::string& kind, const std::string& name) {
    Names found;
    std::string cursor = "0";
    for (int calls = 0; calls < 100; ++calls) {
      const Words got = leaves(run(db, {"DEPSCAN", cursor, kind, name, "COUNT", "3"}));
      found.insert(got.begin() + 3, got.end());  // behind "*2", the cursor, "*n"
      cursor = got[1];
      if (cursor == "0") break;
    }
    return joined(found);
  };
  const auto& values = reference_.dbs[db].values;
  for (const std::string& tag : Generator::tags()) {
    Names carriers;
    for (const auto& [key, value] : values) {
      if (value.tags.contains(tag)) carriers.insert(key);
    }
    const std::string wrong = differ("DEPSCAN TAG " + tag, joined(carriers), scan("TAG", tag));
    if (!wrong.empty()) return wrong;
  }
  for (const std::string& name : Generator::names()) {
    const std::string wrong =
        differ("DEPSCAN DEPS " + name, joined(dependents(values, name)), scan("DEPS", name));
    if (!wrong.empty()) return wrong;
  }
  return "";
}

// What the graph holds when all that is dead was collected.
std::string Pair::compare_graph() {
  size_t edges = 0, names = 0, bytes = 0;
  for (uint32_t id = 0; id < cache_.keyspace.size(); ++id) {
    for (int db = 0; db < cache_.keyspace.databases(); ++db) {
      const Graph& graph = cache_.keyspace.shard(id).db(db).graph;
      edges += graph.edges();
      names += graph.names();
      bytes += graph.memory();
    }
  }
  size_t right_edges = 0, declared = 0;
  Names depended_on;
  for (int db : {0, 1}) {
    for (const auto& [key, value] : reference_.dbs[db].values) {
      right_edges += value.deps.size() + value.tags.size();
      declared += value.declared;
      for (const std::string& dep : value.deps) depended_on.insert(std::to_string(db) + dep);
    }
  }
  std::string wrong = differ("edges", std::to_string(right_edges), std::to_string(edges));
  if (wrong.empty())
    wrong = differ("names", std::to_string(depended_on.size()), std::to_string(names));
  if (wrong.empty() && declared == 0) wrong = differ("graph bytes", "0", std::to_string(bytes));
  return wrong;
}

// --- Episodes ------------------------------------------------------------------------------------

Failure run_episode(uint64_t seed, uint64_t count, uint32_t shards, Tally& tally) {
  Generator generator(seed);
  Pair pair(shards);
  Failure failure;
  for (uint64_t i = 0; i < count && failure.wrong.empty(); ++i) {
    failure.steps.push_back(generator.next());
    failure.wrong = pair.take(failure.steps.back());
    ++tally.commands;
  }
  if (failure.wrong.empty()) failure.wrong = pair.end();
  tally.fenced_fills += pair.answers().fenced_fills();
  tally.false_refusals += pair.answers().false_refusals();
  return failure;
}

Failure replay(const Steps& steps, uint32_t shards) {
  Pair pair(shards);
  Failure failure;
  for (const Words& step : steps) {
    failure.steps.push_back(step);
    failure.wrong = pair.take(step);
    if (!failure.wrong.empty()) return failure;
  }
  failure.wrong = pair.end();
  return failure;
}

Failure shrunk(Failure failure, uint32_t shards) {
  for (size_t chunk = failure.steps.size(); chunk > 0;) {
    bool dropped = false;
    for (size_t at = 0; at < failure.steps.size();) {
      Steps fewer(failure.steps.begin(), failure.steps.begin() + static_cast<ptrdiff_t>(at));
      const size_t behind = std::min(at + chunk, failure.steps.size());
      fewer.insert(fewer.end(), failure.steps.begin() + static_cast<ptrdiff_t>(behind),
                   failure.steps.end());
      Failure again = replay(fewer, shards);
      if (again.wrong.empty()) {
        at += chunk;
      } else {
        failure = std::move(again);
        dropped = true;
      }
    }
    if (chunk > 1) {
      chunk /= 2;
    } else if (!dropped) {
      break;
    }
  }
  return failure;
}

void print(const Failure& failure) {
  for (const Words& step : failure.steps) std::printf("  %s\n", spelled(step).c_str());
  std::printf("then %s\n", failure.wrong.c_str());
}

}  // namespace freshet::model
