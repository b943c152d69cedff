// Random commands from a seed, over so few names and values that everything collides. Besides
// commands there are steps that only a test can take; their words start with a dot:
//
//   .pass ms        time passes          .evict key      memory was short
//   .press shard policy   the shard evicts one, which one it says
//   .slice shard    a little of one shard's background work
//   .background     all of it            .triggers n     what counts as a change (bits of Trigger)
//   .compare        everything is looked at
//   .at-once n      what dies in larger numbers is buried later
//   .index 0|1      the prefix index
//
// "{token k}" stands for the newest token that FETCH gave for k, "{former k}" for the one before.
#pragma once

#include "freshet/base/rng.h"
#include "freshet/engine/policy.h"
#include "words.h"

namespace freshet::model {

// What the engine has by now; the rest is not generated.
struct Features {
  bool fetch, fence, soft, async;
};
inline constexpr Features kBuilt{.fetch = true, .fence = true, .soft = true, .async = true};

class Generator {
 public:
  explicit Generator(uint64_t seed, Features features = kBuilt) : rng_(seed), has_(features) {}

  Words next();

  static const Words& keys();   // that get values
  static const Words& names();  // those, and two signals
  static const Words& tags();

 private:
  bool chance(uint64_t percent) { return rng_.below(100) < percent; }
  std::string number(uint64_t least, uint64_t most) {
    return std::to_string(least + rng_.below(most - least + 1));
  }
  const std::string& one_of(const Words& words) { return words[rng_.below(words.size())]; }
  std::string key();
  std::string value();
  std::string duration();
  void add_time(Words& words);
  void add_names(Words& words, const std::string& clause, const Words& from);
  void add_keys(Words& words, uint64_t most);

  Words set();
  Words depset();
  Words declare();
  Words undeclare();
  Words write();
  Words limit();
  Words carry();
  Words read();
  Words whole();
  Words invalidate();
  Words fetch();
  Words step();

  Rng rng_;
  const Features has_;
  std::string fetched_[3] = {"a:1", "a:2", "a:3"};  // lately: what a fenced fill is for
};

// As a line for redis-cli, or as a remark that says what a step was.
std::string spelled(const Words& words);

}  // namespace freshet::model
