#include "rows.h"

#include <algorithm>

namespace freshet {

namespace {

constexpr size_t kSmallValue = 64;
constexpr uint64_t kEndless = 100'000'000'000;  // more keys than any run stores

const Operation kGet{{{"GET", "%k"}}};
const Operation kSet{{{"SET", "%k", "%v"}}};
const Operation kSetEx{{{"SET", "%k", "%v", "EX", "100000"}}};
const Operation kIncr{{{"INCR", "%k"}}};
const Operation kMix{{{"GET", "%k"}, {"SET", "%k", "%v"}}, 10};
const Operation kMget{{{"MGET", "%r", "%r", "%r", "%r", "%r", "%r", "%r", "%r", "%r", "%r"}}};

const Operation kTwoTags{{{"DEPSET", "%k", "%v", "TAGS", "2", "%t", "%t"}}};
const Operation kTwoSets{{{"SET", "%k", "%v"}, {"SADD", "%t", "%k"}, {"SADD", "%t", "%k"}}};
const Operation kTwoDependencies{{{"DEPSET", "%k", "%v", "DEPS", "2", "%t", "%t"}}};

CommandRow row(std::string name, const Operation& operation, const Space& space, int pipeline) {
  CommandRow made{.name = std::move(name), .spec = {.operation = operation, .space = space}};
  made.spec.pipeline = pipeline;
  return made;
}

// Counters and keys with a deadline have spaces of their own, so that no row changes what another
// reads.
void add_small(std::vector<CommandRow>& rows, const Scale& scale) {
  const Space keys{"key:", scale.keys, kSmallValue};
  const Space counters{"cnt:", scale.keys, 0};
  const Space mortal{"ttl:", scale.keys, kSmallValue};
  for (const int pipeline : {1, 8, 32, 128}) {
    const std::string suffix = " p" + std::to_string(pipeline);
    for (const auto& [name, operation] : {std::pair{"GET", kGet}, std::pair{"SET", kSet}}) {
      rows.push_back(row(name + suffix, operation, keys, pipeline));
      rows.back().on_two_cores = pipeline == 32;
      rows.back().everyday = pipeline != 8;
    }
  }
  rows.push_back(row(kOpenLoopRow, kGet, keys, 1));
  rows.back().open_loop = true;
  rows.back().everyday = true;
  rows.push_back(row("MGET 10 p8", kMget, keys, 8));
  rows.back().everyday = true;
  rows.push_back(row("90 % GET 10 % SET p8", kMix, keys, 8));
  rows.push_back(row("INCR p8", kIncr, counters, 8));
  rows.push_back(row("SET EX p8", kSetEx, mortal, 8));
}

void add_large(std::vector<CommandRow>& rows, const Scale& scale) {
  const auto space = [&scale](const char* prefix, uint64_t bytes) {
    return Space{prefix, std::max<uint64_t>(scale.large_bytes / bytes, 1), bytes};
  };
  rows.push_back(row("GET 1 KB p8", kGet, space("1kb:", 1 << 10), 8));
  rows.push_back(row("GET 16 KB p8", kGet, space("16k:", 16 << 10), 8));
  rows.push_back(row("GET 1 MB p1", kGet, space("1mb:", 1 << 20), 1));
  rows.back().everyday = true;
}

void add_skewed(std::vector<CommandRow>& rows, const Scale& scale) {
  const Space keys{"key:", scale.keys, kSmallValue};
  for (const auto& [name, operation] : {std::pair{"GET", kGet}, std::pair{"SET", kSet}}) {
    rows.push_back(row(std::string(name) + " Zipf p32", operation, keys, 32));
    rows.back().spec.pick = Pick::kZipf;
  }
}

void add_crowded(std::vector<CommandRow>& rows, const Scale& scale) {
  const Space keys{"key:", scale.keys, kSmallValue};
  for (const auto& [name, operation] : {std::pair{"GET", kGet}, std::pair{"SET", kSet}}) {
    const std::string connections = " p1 x" + std::to_string(scale.many_connections);
    rows.push_back(row(name + connections, operation, keys, 1));
    rows.back().spec.connections = scale.many_connections;
  }
}

void add_many(std::vector<CommandRow>& rows, const Scale& scale) {
  const Space many{"mny:", scale.many_keys, kSmallValue};
  const std::string millions = std::to_string(scale.many_keys / 1000000) + "M keys p32";
  rows.push_back(row("GET " + millions, kGet, many, 32));
  rows.push_back(row("SET " + millions, kSet, many, 32));
}

// Redis keeps a set of keys for each tag. Its operation is three requests, so its batches are
// longer, which is in its favour; nor does it take a key out of the sets it was in before, as
// Freshet does. Late, for new keys make the tables grow.
void add_tagged(std::vector<CommandRow>& rows, const Scale& scale) {
  const Space tagged{"dep:", scale.keys, kSmallValue};
  const Space endless{"new:", kEndless, kSmallValue};
  rows.push_back(row(kTaggedRow, kTwoTags, tagged, 32));
  rows.back().filling = Filling::kOperation;
  rows.back().everyday = true;
  rows.push_back(row("DEPSET 2 tags new keys p32", kTwoTags, endless, 32));
  rows.back().filling = Filling::kNone;
  rows.back().spec.pick = Pick::kSequence;
  for (size_t i = rows.size() - 2; i < rows.size(); ++i) rows[i].redis = kTwoSets;
}

}  // namespace

std::vector<CommandRow> command_rows(const Scale& scale) {
  std::vector<CommandRow> rows;
  add_small(rows, scale);
  add_large(rows, scale);
  add_skewed(rows, scale);
  if (scale.many_connections > 0) add_crowded(rows, scale);
  add_tagged(rows, scale);
  if (scale.many_keys > 0) add_many(rows, scale);  // last: it takes the most memory
  if (!scale.all_rows) {
    std::erase_if(rows, [](const CommandRow& made) { return !made.everyday; });
  }
  for (CommandRow& made : rows) {
    if (made.spec.connections == 1) made.spec.connections = scale.connections;
  }
  return rows;
}

std::vector<MemoryRow> memory_rows() {
  return {
      {kPlainKey, kSet, kSet},
      {kMortalKey, kSetEx, kSetEx},
      {kTaggedKey, kTwoTags, kTwoSets, 2},
      {kDependentKey, kTwoDependencies, {}, 2},
  };
}

}  // namespace freshet
