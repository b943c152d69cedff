#include "commands/hit_curve.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

#include "commands/figures.h"

namespace freshet {
namespace {

// Of maxmemory, or of the memory in use if there is no limit.
constexpr double kShares[] = {0.125, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4};
static_assert(kShares[std::size(kShares) - 1] <= Mrc::kHorizon);

struct Curve {
  uint64_t keys = 0, hits = 0, references = 0;
  double sampled = 0;
  double expected = 0;  // look-ups of the keys that are followed, if each had its share
  Millis since = 0;
  double maxmemory = 0;
  double within[std::size(kShares)] = {};  // hits that a cache of that share would have had
  Miniatures::Reading policy;

  // What the policy would have answered with that share of maxmemory.
  std::optional<double> by_policy(double share) const {
    const auto& shares = Miniatures::kShares;
    const auto* at = std::find(shares.begin(), shares.end(), share);
    if (at == shares.end() || !policy.hit_rates) return std::nullopt;
    return (*policy.hit_rates)[static_cast<size_t>(at - shares.begin())];
  }
};

Curve gather_curve(Context& c) {
  const Settings& settings = c.router.keyspace().settings;
  int64_t used = c.router.keyspace().budget.used();
  c.router.each([&](Shard& shard) { used += shard.meter.unpublished(); });
  const int64_t limit = settings.maxmemory.load(std::memory_order_relaxed);
  Curve curve;
  curve.maxmemory = static_cast<double>(limit != 0 ? limit : used);
  // What is not an entry grows with them: table, declarations, the allocator's own. A shard that
  // holds more than others goes on doing so.
  const double full = ratio(curve.maxmemory, static_cast<double>(used));
  c.router.each([&](Shard& shard) {
    const Mrc::Totals totals = shard.totals(c.now);
    const Mrc::Reading reading = shard.mrc.read(totals);
    const double room = full * static_cast<double>(shard.meter.entry_bytes());
    curve.keys += reading.keys;
    curve.hits += reading.hits;
    curve.references += reading.references;
    curve.sampled += reading.sampled;
    curve.expected += static_cast<double>(reading.references) * reading.rate;
    if (reading.since != 0 && (curve.since == 0 || reading.since < curve.since)) {
      curve.since = reading.since;
    }
    for (size_t i = 0; i < std::size(kShares); ++i) {
      curve.within[i] += shard.mrc.hits_within(kShares[i] * room, totals);
    }
  });
  curve.policy = c.router.keyspace().miniatures.read();
  return curve;
}

class Writer {
 public:
  Writer(Reply& reply, uint64_t references) : reply_(reply), references_(references) {}

  void integer(std::string_view name, uint64_t value) {
    reply_.bulk(name);
    reply_.integer(static_cast<int64_t>(value));
  }
  void real(std::string_view name, double value) {
    reply_.bulk(name);
    number(value);
  }
  // A part of all look-ups; nil if there were none.
  void share(double hits) {
    rate(references_ == 0 ? std::nullopt : std::optional(hits / static_cast<double>(references_)));
  }
  void share(std::string_view name, double hits) {
    reply_.bulk(name);
    share(hits);
  }
  void rate(std::optional<double> rate) {
    if (!rate) return reply_.nil();
    number(*rate);
  }

 private:
  void number(double value) {
    char digits[64];
    const int size = std::snprintf(digits, sizeof digits, "%.4f", value);
    const std::string_view text(digits, static_cast<size_t>(size));
    if (reply_.version() == 3) {
      reply_.output().append("," + std::string(text) + "\r\n");
    } else {
      reply_.bulk(text);
    }
  }

  Reply& reply_;
  uint64_t references_;
};

}  // namespace

void report_hit_curve(Context& c) {
  const Curve curve = gather_curve(c);
  constexpr size_t kFull = std::find(std::begin(kShares), std::end(kShares), 1.0) - kShares;
  c.reply.map(12);
  Writer writer(c.reply, curve.references);
  writer.integer("sample_keys", curve.keys);
  writer.real("sample_rate", ratio(curve.expected, static_cast<double>(curve.references)));
  writer.integer("sampled_references", static_cast<uint64_t>(curve.sampled));
  writer.integer("references", curve.references);
  writer.integer("window_ms", curve.since == 0 ? 0 : static_cast<uint64_t>(c.now - curve.since));
  writer.share("measured_hit_rate", static_cast<double>(curve.hits));
  writer.share("estimated_hit_rate", curve.within[kFull]);
  const EvictionPolicy policy = c.router.keyspace().settings.policy.load(std::memory_order_relaxed);
  c.reply.bulk("policy");
  c.reply.bulk(kPolicyNames[static_cast<size_t>(policy)]);
  writer.integer("policy_sample_keys", curve.policy.keys);
  writer.real("policy_sample_rate", curve.policy.rate);
  c.reply.bulk("policy_estimated_hit_rate");
  writer.rate(curve.by_policy(1));
  c.reply.bulk("rows");
  c.reply.array(std::size(kShares));
  for (size_t i = 0; i < std::size(kShares); ++i) {
    c.reply.array(3);
    c.reply.integer(static_cast<int64_t>(curve.maxmemory * kShares[i]));
    writer.share(curve.within[i]);
    writer.rate(curve.by_policy(kShares[i]));
  }
}

}  // namespace freshet
