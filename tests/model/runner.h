// Runs steps on a cache and on the reference side by side, compares them, and makes a failing
// sequence short.
#pragma once

#include <memory>

#include "../commands/harness.h"
#include "answers.h"
#include "generator.h"

namespace freshet::model {

// A value that is given a dependency which has expired, but was not collected yet, dies of that
// expiry, though it was not made from the dead value. Until the engine knows better, the dead are
// collected before such a command.
inline constexpr bool kExpiredKillsNewDependents = false;

// A cache and its reference, both empty at first.
class Pair {
 public:
  explicit Pair(uint32_t shards);

  // Takes a step; "" or what the two disagree on.
  std::string take(const Words& step);
  // Ends the run: everything is deleted, and nothing may be left.
  std::string end();

  const Answers& answers() const { return answers_; }

 private:
  struct Held {
    int db;
    std::string key;
    bool operator==(const Held&) const = default;
  };

  std::string run(const Words& args) { return run(reference_.db, args); }
  std::string run(int db, const Words& args);
  std::string command(Words args);
  std::string compare();
  std::string compare_db(int db);
  std::string compare_key(int db, const std::string& key);
  std::string compare_info(int db, const std::string& key, const Reference::Value& value);
  std::string compare_declarants(int db);
  std::string compare_graph();
  void collect();
  bool meets_expired(const Words& args) const;
  void evict(const std::string& key);
  std::string press(const Words& step);
  std::string judge_victims(const std::vector<Held>& before, const std::vector<Held>& gone,
                            EvictionPolicy policy) const;
  bool may_go(const Held& one, EvictionPolicy policy) const;
  std::vector<Held> held_in(uint32_t shard);
  void set_triggers(int bits);
  std::string token(const std::string& word) const;

  Cache cache_;
  Reference reference_;
  Answers answers_;
  std::map<std::string, Words> tokens_;  // that were given, by key
};

using Steps = std::vector<Words>;

struct Failure {
  Steps steps;        // up to the one that failed
  std::string wrong;  // "" if none did
};
struct Tally {
  uint64_t commands = 0, fenced_fills = 0, false_refusals = 0;
};
// Runs `count` random steps from a seed on a fresh pair.
Failure run_episode(uint64_t seed, uint64_t count, uint32_t shards, Tally& tally);
// Runs given ones.
Failure replay(const Steps& steps, uint32_t shards);
// Drops steps as long as the rest still fails.
Failure shrunk(Failure failure, uint32_t shards);
void print(const Failure& failure);

}  // namespace freshet::model
