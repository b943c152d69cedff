// What is run, as rows of tables. To measure something else, add a row.
#pragma once

#include <string>
#include <vector>

#include "load.h"
#include "options.h"

namespace freshet {

// How the keys of a row come to be before it is measured: with SET (counters: INCR), with the row's
// own operation, or not at all.
enum class Filling { kValues, kOperation, kNone };

struct CommandRow {
  std::string name;
  LoadSpec spec;
  Operation redis;  // how Redis spells it; no request: as Freshet does
  Filling filling = Filling::kValues;
  bool open_loop = false;
  bool everyday = false;      // in a run of the default scale, too: there is a target for it
  bool on_two_cores = false;  // also run by Freshet with --cores 2
};

// An operation that Freshet and Redis spell differently.
struct MemoryRow {
  std::string name;
  Operation freshet;
  Operation redis;  // no request: Redis has nothing of the kind
  int names = 0;    // tags or dependencies of a key
};

// Rows that are spoken of elsewhere. What the names of a key cost is counted from the plain one.
inline constexpr char kPlainKey[] = "key 16 B + value 32 B";
inline constexpr char kMortalKey[] = "the same with EX";
inline constexpr char kIdleConnection[] = "idle connection";
inline constexpr char kOpenLoopRow[] = "GET p1 open loop";
inline constexpr char kTaggedKey[] = "the same with 2 of 10000 tags";
inline constexpr char kDependentKey[] = "the same with 2 of 10000 dependencies";
inline constexpr char kTaggedRow[] = "DEPSET 2 tags p32";
inline constexpr char kTagRow[] = "one tag of all keys";
inline constexpr char kPatternRow[] = "pattern user:* that half the keys match";
inline constexpr char kFanRow[] = "a fan: all keys depend on one";
inline constexpr char kChainRow[] = "a chain: each key depends on the one before";
inline constexpr char kLoopRow[] = "the ends of a chain joined: refused";
inline constexpr char kGrowthRow[] = "a table grows from nothing";
inline constexpr char kKeysRow[] = "KEYS of 100 matches";
inline constexpr char kKillRow[] = "INVALIDATE PATTERN of 100 matches";
inline constexpr char kChurnRow[] = "64 B to 64 KB under maxmemory";
inline constexpr char kHalvingRow[] = "maxmemory is halved under SETs";
inline constexpr char kAdaptiveRow[] = "SET of a new key: allkeys-adaptive";
inline constexpr char kLruRow[] = "SET of a new key: allkeys-lru";
inline constexpr char kLfuRow[] = "SET of a new key: allkeys-lfu";
inline constexpr char kManyRow[] = "pattern user:* that all keys match";

std::vector<CommandRow> command_rows(const Scale& scale);
std::vector<MemoryRow> memory_rows();

}  // namespace freshet
