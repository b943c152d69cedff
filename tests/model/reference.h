// The reference: what a cache holds after a command, as plainly as it can be said: all happens at
// once, and is found by looking at everything. What commands ask and reply is answers.h's affair.
#pragma once

#include <functional>
#include <map>

#include "words.h"

namespace freshet::model {

struct Reference {
  struct Value {
    std::string bytes;
    Millis deadline = kNever;
    Millis bound = kNever;  // no dependency lives longer
    Names deps, tags;
    int priority = 3;
    int cost = 1;           // ms
    bool declared = false;  // stored with declarations, or given some since
  };
  using Values = std::map<std::string, Value>;
  struct Term {  // a stale value, or the token of a lease
    std::string text;
    Millis until;
    uint64_t since;
    bool sure = true;  // false: a write that changed nothing may have ended it, or may not
  };
  struct Database {
    Values values;
    Values ghosts;  // dead, maybe not collected; those killed before their deadline have none
    // The last bytes of names that left without a change while somebody depended on them …
    std::map<std::string, std::string> left;
    // … and of those on whom only ghosts have depended since: the engine may remember them.
    std::map<std::string, std::string> faint;
    std::map<std::string, Term> stale, leases;
    // Since when fences must refuse a name or "tag …", and since when they may.
    std::map<std::string, uint64_t> refused, doubted;
    Names changed;   // by the present command
    Names doubtful;  // changed if the engine remembers a faint value
  };
  enum class Verdict { kAccept, kEither, kRefuse };

  // What commands do with a key. REQUIRES: all but store: it is there.
  void store(Database& d, const std::string& key, Value value);
  void edit(Database& d, const std::string& key, const std::string& bytes);
  void remove(Database& d, const std::string& key);
  void limit(Database& d, const std::string& key, Millis deadline);
  void leave(Database& d, const std::string& key, bool change);
  void bind(const Database& d, Value& value) const;   // its deadlines are its dependencies'
  void brushed(Database& d, const std::string& key);  // named by a command that left it alone
  void wrote(Database& d, const std::string& key);
  Names victims(const Invalidation& request);
  void invalidate(const Invalidation& request);
  Verdict judge(const std::string& key, const Options& fill);
  void spend(const std::string& key, const std::string& token);  // its fill came, and was refused
  static bool closes_loop(const Database& d, const std::string& key, const Names& deps);

  void pass(Millis time);
  void collected();  // the cache freed everything that is dead
  void settle();     // ends a command: what it changed spreads
  Database& here() { return dbs[db]; }

  const Names names;  // all that commands will name
  // Is this key alive in the cache under test? Asked where both would be right.
  const std::function<bool(int db, const std::string& key)> alive;
  bool on_overwrite = true, on_edit = true, on_delete = true, on_expire = true;
  Millis now = 0;
  int db = 0;
  Database dbs[2] = {};
  uint64_t moment = 0;  // counts steps
  void kill(Database& d, const std::string& key, bool change);
  void lower(Database& d, const std::string& name, Millis deadline);
};

Names dependents(const Reference::Values& values, const std::string& name);
bool selects(const Invalidation& request, const std::string& key, const Reference::Value& value);

}  // namespace freshet::model
