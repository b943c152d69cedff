#include "invalidation_rows.h"

#include "rows.h"

namespace freshet {

namespace {

const Operation kSet{{{"SET", "%k", "%v"}}};

// What is killed by a tag or by its name.
std::vector<InvalidationRow> compared_rows(uint64_t keys) {
  InvalidationRow tag{.name = kTagRow, .keys = keys};
  tag.freshet = {.fill = {{{"DEPSET", "%k", "%v", "TAGS", "1", "hot"}}},
                 .kill =
                     [] {
                       return once({"INVALIDATE", "TAG", "hot"});
                     },
                 .counts = true};
  tag.redis = {.fill = {{{"SET", "%k", "%v"}, {"SADD", "hot", "%k"}}},
               .kill = [] { return unlink_members("hot"); },
               .counts = true};
  InvalidationRow pattern{.name = kPatternRow, .keys = keys, .others = keys};
  pattern.freshet = {.fill = kSet,
                     .kill =
                         [] {
                           return once({"INVALIDATE", "PATTERN", "user:*"});
                         },
                     .counts = true};
  pattern.redis = {.fill = kSet, .kill = [] { return scan_and_unlink("user:*"); }};
  return {tag, pattern};
}

// A value changes, and what was made from it dies: nothing on Redis does that.
InvalidationRow change_row(const char* name, const Scale& scale, const Args& depset,
                           const std::string& root) {
  InvalidationRow row{.name = name, .keys = scale.invalidate_keys, .root = root};
  row.freshet.fill = {{depset}};
  row.freshet.kill = [root] { return once({"SET", root, "changed"}); };
  return row;
}

// The first of a chain shall be made from the last: the server has to walk it all to refuse that.
InvalidationRow loop_row(InvalidationRow chain) {
  const std::string last = name_of({"user:"}, chain.keys);
  chain.name = kLoopRow;
  chain.refusal = "CYCLE";
  chain.freshet.kill = [first = chain.root, last] {
    return once({"DEPSET", first, "changed", "DEPS", "1", last});
  };
  return chain;
}

}  // namespace

std::vector<InvalidationRow> invalidation_rows(const Scale& scale) {
  std::vector<InvalidationRow> rows = compared_rows(scale.invalidate_keys);
  rows.push_back(change_row(kFanRow, scale, {"DEPSET", "%k", "%v", "DEPS", "1", "hub"}, "hub"));
  rows.push_back(change_row(kChainRow, scale, {"DEPSET", "%n", "%v", "DEPS", "1", "%k"},
                            name_of({"user:"}, 0)));
  rows.back().first = 1;
  rows.back().freshet.in_order = true;
  rows.push_back(loop_row(rows.back()));
  if (scale.invalidate_many_keys == 0) return rows;
  rows.push_back(compared_rows(scale.invalidate_many_keys)[1]);
  rows.back().name = kManyRow;
  rows.back().others = 0;
  rows.back().rounds = 2;
  rows.back().redis = {};
  return rows;
}

}  // namespace freshet
