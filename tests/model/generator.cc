#include "generator.h"

namespace freshet::model {

const Words& Generator::keys() {
  static const Words keys = {"a:1", "a:2", "a:3", "a:4", "b:1", "b:2",
                             "b:3", "b:4", "c:1", "c:2", "c:3", "c:4"};
  return keys;
}

const Words& Generator::names() {
  static const Words names = [] {
    Words all = keys();
    all.insert(all.end(), {"s:1", "s:2"});
    return all;
  }();
  return names;
}

// One looks like an option of INVALIDATE.
const Words& Generator::tags() {
  static const Words tags = {"red", "green", "blue", "CASCADE"};
  return tags;
}

Words Generator::next() {
  struct Row {
    uint64_t weight;
    Words (Generator::*draw)();
  };
  static constexpr Row kRows[] = {
      {12, &Generator::set},       {22, &Generator::depset}, {5, &Generator::declare},
      {2, &Generator::undeclare},  {10, &Generator::write},  {5, &Generator::limit},
      {6, &Generator::carry},      {10, &Generator::read},   {1, &Generator::whole},
      {7, &Generator::invalidate}, {8, &Generator::fetch},   {12, &Generator::step},
  };
  uint64_t sum = 0;
  for (const Row& row : kRows) sum += row.weight;
  uint64_t at = rng_.below(sum);
  for (const Row& row : kRows) {
    if (at < row.weight) return (this->*row.draw)();
    at -= row.weight;
  }
  return {".compare"};
}

std::string Generator::key() { return one_of(keys()); }

std::string Generator::value() {
  static const Words values = {"1", "2", "12", "21", "x", "y", "xy", "yx"};
  return one_of(values);
}

std::string Generator::duration() {
  return chance(50) ? number(1, 40) : chance(70) ? number(1, 500) : number(1, 100000);
}

void Generator::add_time(Words& words) {
  if (chance(15)) {
    words.push_back("KEEPTTL");
  } else if (chance(25)) {
    words.insert(words.end(), {"PX", duration()});
  } else if (chance(5)) {
    words.insert(words.end(), {"EX", number(1, 3)});
  }
}

void Generator::add_names(Words& words, const std::string& clause, const Words& from) {
  const uint64_t count = 1 + rng_.below(chance(20) ? 4 : 2);
  words.insert(words.end(), {clause, std::to_string(count)});
  for (uint64_t i = 0; i < count; ++i) words.push_back(one_of(from));
}

void Generator::add_keys(Words& words, uint64_t most) {
  for (uint64_t left = 1 + rng_.below(most); left > 0; --left) words.push_back(key());
}

Words Generator::set() {
  Words words = {"SET", key(), value()};
  if (chance(50)) return words;
  if (chance(20)) words.push_back(chance(50) ? "NX" : "XX");
  if (chance(15)) words.push_back("GET");
  add_time(words);
  return words;
}

Words Generator::depset() {
  Words words = {"DEPSET", key(), value()};
  if (chance(10)) words.push_back(chance(50) ? "NX" : "XX");
  if (chance(10)) words.push_back("GET");
  if (chance(30)) add_time(words);
  if (chance(75)) add_names(words, "DEPS", names());
  if (chance(40)) add_names(words, "TAGS", tags());
  if (chance(10)) words.insert(words.end(), {"PRIORITY", number(0, 7)});
  if (chance(10)) words.insert(words.end(), {"COST", std::to_string(1 << 2 * rng_.below(8))});
  if (has_.fence && chance(40)) {
    if (chance(90)) words[1] = fetched_[rng_.below(std::size(fetched_))];
    const std::string which = chance(95) ? words[1] : key();
    words.insert(words.end(), {"FENCE", (chance(92) ? "{token " : "{former ") + which + "}"});
  }
  return words;
}

Words Generator::declare() {
  Words words = {"DEPADD", key()};
  const uint64_t kind = rng_.below(10);
  if (kind < 7) add_names(words, "DEPS", names());
  if (kind >= 5 && kind < 9) add_names(words, "TAGS", tags());
  if (kind == 9) words.insert(words.end(), {"PRIORITY", number(0, 7)});
  if (kind == 9 || chance(5))
    words.insert(words.end(), {"COST", std::to_string(1 << 2 * rng_.below(8))});
  return words;
}

Words Generator::undeclare() {
  Words words = {"DEPREM", key()};
  const bool deps = chance(60);
  if (deps) add_names(words, "DEPS", names());
  if (!deps || chance(30)) add_names(words, "TAGS", tags());
  return words;
}

Words Generator::write() {
  Words words;
  switch (rng_.below(10)) {
    case 0:
    case 1:
      words = {chance(70) ? "DEL" : "UNLINK"};
      add_keys(words, chance(30) ? 4 : 1);
      return words;
    case 2:
      return {"GETDEL", key()};
    case 3:
    case 4:
      return {"INCR", key()};
    case 5:
      return {"APPEND", key(), value()};
    case 6:
      return {"SETRANGE", key(), number(0, 3), value()};
    case 7:
    case 8:
      return {"GETSET", key(), value()};
    default:
      words = {"MSET"};
      for (uint64_t left = 1 + rng_.below(3); left > 0; --left)
        words.insert(words.end(), {key(), value()});
      return words;
  }
}

Words Generator::limit() {
  if (chance(25)) return {"PERSIST", key()};
  return {"PEXPIRE", key(), chance(10) ? "-" + number(1, 9) : duration()};
}

Words Generator::carry() {
  if (chance(40)) return {"RENAME", key(), key()};
  if (chance(20)) return {"MOVE", key(), number(0, 1)};
  Words words = {"COPY", key(), key()};
  if (chance(20)) words.insert(words.end(), {"DB", number(0, 1)});
  if (chance(60)) words.push_back("REPLACE");
  return words;
}

Words Generator::read() {
  static const Words globs = {"*", "a:*", "?:1", "[bc]:2", "c:3", "*:[^1]"};
  Words words;
  switch (rng_.below(12)) {
    case 0:
      return {"TYPE", key()};
    case 1:
      return {"TTL", key()};
    case 2:
    case 3:
      return {"PTTL", key()};
    case 4:
      return {"DBSIZE"};
    case 5:
      return {"KEYS", one_of(globs)};
    case 6:
      words = {"MGET"};
      add_keys(words, 4);
      return words;
    case 7:
    case 8:
      words = {"EXISTS"};
      add_keys(words, 4);
      return words;
    default:
      return {"GET", key()};
  }
}

Words Generator::whole() {
  if (chance(60)) return {"SELECT", chance(70) ? "0" : "1"};
  if (chance(40)) return {"SWAPDB", "0", "1"};
  return {chance(20) ? "FLUSHALL" : "FLUSHDB"};
}

Words Generator::invalidate() {
  static const Words globs = {"a:*", "?:1", "[bc]:2", "c:3", "s:*", "b:[34]"};
  static const Words selectors = {"KEY", "PATTERN", "TAG", "TAG", "DEPS"};
  const std::string& selector = one_of(selectors);
  Words words = {"INVALIDATE", selector};
  const bool tag = selector == "TAG";
  const Words& from = tag ? tags() : selector == "PATTERN" ? globs : names();
  for (uint64_t left = 1 + rng_.below(chance(30) ? 3 : 1); left > 0; --left)
    words.push_back(one_of(from));
  if (words.back() == "CASCADE" || chance(15)) words.push_back("--");
  if (tag && chance(30)) words.push_back("ALL");
  if (chance(40)) words.push_back("CASCADE");
  if (has_.soft && chance(35)) words.insert(words.end(), {"SOFT", duration()});
  if (chance(15)) {
    words.push_back("DRYRUN");
  } else if (has_.async && chance(10)) {
    words.push_back("ASYNC");
  }
  return words;
}

Words Generator::fetch() {
  if (!has_.fetch) return read();
  Words words = {"FETCH", key()};
  fetched_[rng_.below(std::size(fetched_))] = words[1];
  if (chance(3)) {
    words.insert(words.end(), {"LEASE", chance(50) ? "0" : "60001"});
  } else if (chance(50)) {
    words.insert(words.end(), {"LEASE", duration().substr(0, 4)});
  }
  if (chance(40)) words.push_back("STALE");
  return words;
}

Words Generator::step() {
  switch (rng_.below(50)) {
    case 0:
      return {".triggers", number(0, 15)};
    case 1:
      return {".triggers", "15"};
    case 2:
    case 3:
      return {".background"};
    case 4:
    case 5:
      return {".at-once", chance(60) ? "0" : number(1, 64)};
    case 6:
      return {".index", number(0, 1)};
    default:
      break;
  }
  if (chance(20)) return {".compare"};
  if (chance(15)) return {".slice", number(0, 7)};
  if (chance(25)) return {".evict", key()};
  if (chance(20))
    return {".press", number(0, 7), std::string(kPolicyNames[1 + rng_.below(kPolicies - 1)])};
  return {".pass", chance(80) ? number(1, 20) : chance(90) ? number(1, 1000) : number(1, 200000)};
}

std::string spelled(const Words& words) {
  if (words[0] == ".pass") return "# " + words[1] + " ms pass";
  if (words[0] == ".evict") return "# " + words[1] + " is evicted";
  if (words[0] == ".press") return "# shard " + words[1] + " evicts by " + words[2];
  if (words[0] == ".slice") return "# shard " + words[1] + " works for a moment";
  if (words[0] == ".background") return "# the background work is done";
  if (words[0] == ".triggers") return "# dependency-triggers becomes the set " + words[1];
  if (words[0] == ".at-once")
    return "# invalidate-at-once and loop-check-at-once become " + words[1];
  if (words[0] == ".index") return "# prefix-index becomes " + words[1];
  if (words[0] == ".compare") return "# everything is compared";
  std::string line;
  for (const std::string& word : words) {
    const bool plain = word.find_first_of("{[*? ") == std::string::npos;
    line += (line.empty() ? "" : " ") + (plain ? word : "'" + word + "'");
  }
  return line;
}

}  // namespace freshet::model
