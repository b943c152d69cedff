#include "commands/name_figures.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace freshet {
namespace {

using Names = std::map<std::string, NameFigures, std::less<>>;

Names gather_names(Router& router, TopNames Shard::*kind) {
  Names names;
  router.each([&](Shard& shard) {
    for (const TopNames::Tally& tally : (shard.*kind).tallies()) {
      NameFigures& figures = names[std::string(tally.name())];
      for (int event = 0; event < TopNames::kEvents; ++event) {
        figures.of[event] += tally.of[event];
      }
      figures.error += tally.error;
      figures.names = 1;
    }
  });
  return names;
}

uint64_t sum_of(const NameFigures& figures) {
  return figures.of[TopNames::kHit] + figures.of[TopNames::kMiss] + figures.of[TopNames::kEviction];
}

// Rows of [name, hits, misses, evictions, error], the largest sums first.
void write_top(Reply& reply, const Names& names, size_t most) {
  std::vector<const Names::value_type*> order;
  for (const auto& one : names) order.push_back(&one);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return sum_of(a->second) > sum_of(b->second);
  });
  order.resize(std::min(order.size(), most));
  reply.array(order.size());
  for (const auto* one : order) {
    reply.array(5);
    reply.bulk(one->first);
    for (const uint64_t count : one->second.of) reply.integer(static_cast<int64_t>(count));
    reply.integer(static_cast<int64_t>(one->second.error));
  }
}

}  // namespace

NameFigures figures_of_tag(Router& router, std::string_view tag) {
  const Names names = gather_names(router, &Shard::tags);
  const auto found = names.find(tag.substr(0, TopNames::kLongest));
  return found == names.end() ? NameFigures{} : found->second;
}

void report_top_names(Context& c) {
  const size_t most = c.router.keyspace().settings.stats_top_names.load(std::memory_order_relaxed);
  c.reply.map(2);
  c.reply.bulk("prefixes");
  write_top(c.reply, gather_names(c.router, &Shard::prefixes), most);
  c.reply.bulk("tags");
  write_top(c.reply, gather_names(c.router, &Shard::tags), most);
}

// All prefixes that are kept and begin as the argument does.
void report_prefix(Context& c) {
  NameFigures sum;
  for (const auto& [name, figures] : gather_names(c.router, &Shard::prefixes)) {
    if (!name.starts_with(c.args[2])) continue;
    for (int event = 0; event < TopNames::kEvents; ++event) sum.of[event] += figures.of[event];
    sum.error += figures.error;
    ++sum.names;
  }
  c.reply.map(6);
  c.reply.bulk("prefix");
  c.reply.bulk(c.args[2]);
  const auto field = [&c](std::string_view name, uint64_t value) {
    c.reply.bulk(name);
    c.reply.integer(static_cast<int64_t>(value));
  };
  field("prefixes", sum.names);
  field("hits", sum.of[TopNames::kHit]);
  field("misses", sum.of[TopNames::kMiss]);
  field("evictions", sum.of[TopNames::kEviction]);
  field("error", sum.error);
}

}  // namespace freshet
