#include "reference.h"

#include <algorithm>

#include "freshet/base/glob.h"

namespace freshet::model {
namespace {

// The names that an INVALIDATE gives or matches, whether they hold a value or not.
Names given(const Names& all, const Invalidation& request) {
  if (request.selector == "PATTERN") return matching(all, request.names);
  return {request.names.begin(), request.names.end()};
}

// All that depends on any of `from`, at every level.
Names closure(const Reference::Values& values, Names from) {
  Names found;
  while (!from.empty()) {
    for (const std::string& key : dependents(values, from.extract(from.begin()).value())) {
      if (found.insert(key).second) from.insert(key);
    }
  }
  return found;
}

}  // namespace

Names dependents(const Reference::Values& values, const std::string& name) {
  Names found;
  for (const auto& [key, value] : values) {
    if (value.deps.contains(name)) found.insert(key);
  }
  return found;
}

bool selects(const Invalidation& request, const std::string& key, const Reference::Value& value) {
  const auto hit = [&](const std::string& name) {
    if (request.selector == "TAG") return value.tags.contains(name);
    if (request.selector == "DEPS") return value.deps.contains(name);
    return request.selector == "KEY" ? name == key : glob_match(name, key);
  };
  const Words& names = request.names;
  if (request.all) return std::all_of(names.begin(), names.end(), hit);
  return std::any_of(names.begin(), names.end(), hit);
}

void Reference::store(Database& d, const std::string& key, Value value) {
  const bool present = d.values.contains(key);
  const bool same = present && d.values.at(key).bytes == value.bytes;
  same ? brushed(d, key) : wrote(d, key);
  const auto differs = [&](const std::map<std::string, std::string>& last) {
    return last.contains(key) && last.at(key) != value.bytes;
  };
  if (on_overwrite && ((present && !same) || differs(d.left))) d.changed.insert(key);
  if (on_overwrite && differs(d.faint)) d.doubtful.insert(key);
  for (auto* last : {&d.left, &d.faint}) last->erase(key);
  d.ghosts.erase(key);
  value.deadline = std::min(value.deadline, value.bound);
  d.values[key] = value;
  lower(d, key, value.deadline);
}

void Reference::edit(Database& d, const std::string& key, const std::string& bytes) {
  wrote(d, key);
  d.values.at(key).bytes = bytes;
  if (on_edit) d.changed.insert(key);
}

void Reference::remove(Database& d, const std::string& key) {
  wrote(d, key);
  leave(d, key, on_delete);
}

// Without a change the last bytes are remembered, for what comes next may be the same.
void Reference::leave(Database& d, const std::string& key, bool change) {
  const std::string bytes = d.values.at(key).bytes;
  d.values.erase(key);
  d.faint.erase(key);
  if (change) d.changed.insert(key);
  if (!change) (dependents(d.values, key).empty() ? d.faint : d.left)[key] = bytes;
}

void Reference::kill(Database& d, const std::string& key, bool change) {
  d.refused[key] = moment;
  Value ghost = d.values.at(key);
  if (ghost.deadline > now) ghost.deadline = kNever;
  leave(d, key, change);
  d.ghosts[key] = ghost;
}

void Reference::bind(const Database& d, Value& value) const {
  for (const std::string& dep : value.deps) {
    if (on_expire && d.values.contains(dep))
      value.bound = std::min(value.bound, d.values.at(dep).deadline);
  }
}

void Reference::limit(Database& d, const std::string& key, Millis deadline) {
  Value& value = d.values.at(key);
  value.deadline = std::min(deadline, value.bound);
  if (value.deadline <= now) return remove(d, key);
  lower(d, key, value.deadline);
}

// What depends on `name` lives no longer than it does.
void Reference::lower(Database& d, const std::string& name, Millis deadline) {
  for (const std::string& key : dependents(d.values, name)) {
    Value& value = d.values.at(key);
    if (!on_expire || value.bound <= deadline) continue;
    value.bound = deadline;
    if (value.deadline <= deadline) continue;
    value.deadline = deadline;
    lower(d, key, deadline);
  }
}

void Reference::wrote(Database& d, const std::string& key) {
  d.refused[key] = moment;
  d.leases.erase(key);
  d.stale.erase(key);
}

void Reference::brushed(Database& d, const std::string& key) {
  d.doubted[key] = moment;
  if (d.leases.contains(key)) d.leases.at(key).sure = false;
  if (d.stale.contains(key)) d.stale.at(key).sure = false;
}

void Reference::settle() {
  for (int index : {0, 1}) {
    Database& d = dbs[index];
    const auto spread = [&] {
      for (const std::string& key : closure(d.values, d.changed)) kill(d, key, true);
      d.changed.clear();
    };
    spread();
    for (const std::string& name : d.doubtful) {
      const Names live = dependents(d.values, name);
      if (!live.empty() && !alive(index, *live.begin())) d.changed.insert(name);
      spread();
    }
    d.doubtful.clear();
    for (const auto& [name, bytes] : d.left) {
      if (dependents(d.values, name).empty()) d.faint[name] = bytes;
    }
    std::erase_if(d.left, [&](auto& it) { return d.faint.contains(it.first); });
    std::erase_if(d.faint, [&](auto& it) {
      return dependents(d.values, it.first).empty() && dependents(d.ghosts, it.first).empty();
    });
  }
}

Names Reference::victims(const Invalidation& request) {
  Names found;
  for (const auto& [key, value] : here().values) {
    if (selects(request, key, value)) found.insert(key);
  }
  if (!request.cascade) return found;
  Names from = found;
  if (request.selector == "KEY" || request.selector == "PATTERN") from.merge(given(names, request));
  found.merge(closure(here().values, from));
  return found;
}

void Reference::invalidate(const Invalidation& request) {
  Database& d = here();
  const Names dying = victims(request);
  for (const std::string& name : given(names, request)) {
    // With ALL a fence must refuse who names all of the tags, and may who names one.
    const bool tag = request.selector == "TAG";
    const bool some = request.all && request.names.size() > 1;
    (some ? d.doubted : d.refused)[tag ? "tag " + name : name] = moment;
    if (tag || request.selector == "DEPS") continue;
    d.leases.erase(name);
    if (d.stale.contains(name)) d.stale.at(name).sure = false;
    if (request.soft == 0) d.stale.erase(name);
  }
  for (const std::string& key : dying) {
    const Value value = d.values.at(key);
    kill(d, key, request.cascade);
    if (request.soft != 0)
      d.stale[key] = {value.bytes, std::min(now + request.soft, value.deadline), moment};
  }
}

void Reference::spend(const std::string& key, const std::string& token) {
  const auto lease = here().leases.find(key);
  if (lease != here().leases.end() && lease->second.text == token) here().leases.erase(lease);
}

Reference::Verdict Reference::judge(const std::string& key, const Options& fill) {
  const auto lease = here().leases.find(key);
  if (lease == here().leases.end() || lease->second.text != fill.fence) return Verdict::kRefuse;
  if (lease->second.until <= now) return Verdict::kRefuse;
  Names fenced = fill.deps;
  for (const std::string& tag : fill.tags) fenced.insert("tag " + tag);
  bool doubt = !lease->second.sure;
  for (const std::string& name : fenced) {
    if (here().refused[name] > lease->second.since) return Verdict::kRefuse;
    doubt |= here().doubted[name] > lease->second.since;
  }
  return doubt ? Verdict::kEither : Verdict::kAccept;
}

bool Reference::closes_loop(const Database& d, const std::string& key, const Names& deps) {
  const Names above = closure(d.values, {key});
  const auto loops = [&](auto& dep) { return dep == key || above.contains(dep); };
  return std::any_of(deps.begin(), deps.end(), loops);
}

void Reference::pass(Millis time) {
  now += time;
  for (Database& d : dbs) {
    for (const auto& [key, value] : Values(d.values)) {
      if (value.deadline <= now) kill(d, key, on_expire);
    }
  }
  settle();
}

void Reference::collected() {
  for (Database& d : dbs) d.ghosts.clear();
  settle();
}

}  // namespace freshet::model
