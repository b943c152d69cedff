// POST /api/cache/invalidate: all selectors that are given, their union, one answer.
#include "commands/dry_run.h"
#include "freshet/base/numbers.h"
#include "http/api.h"
#include "http/fields.h"

namespace freshet {
namespace {

// Several dry runs, one after the other, that count each key once.
class DryUnion : public Task {
 public:
  // REQUIRES: requests is not empty.
  DryUnion(std::vector<InvalidateRequest> requests, uint8_t db)
      : requests_(std::move(requests)), db_(db) {
    next({});
  }
  void step(Router& router, Millis now) override {
    present_->step(router, now);
    if (present_->done() && !requests_.empty()) next(present_->take_seen());
  }
  bool done() const override { return present_->done() && requests_.empty(); }
  void reply(Reply& reply) const override { present_->reply(reply); }

 private:
  void next(DryRun::Seen seen) {
    present_ = std::make_unique<DryRun>(std::move(requests_.back()), db_, std::move(seen));
    requests_.pop_back();
  }

  std::vector<InvalidateRequest> requests_;
  const uint8_t db_;
  std::unique_ptr<DryRun> present_;
};

// Several INVALIDATE … DRYRUN as one: before each stands the number of its arguments.
void dry_union(Context& c) {
  std::vector<InvalidateRequest> requests;
  for (size_t at = 1; at < c.args.size();) {
    const auto count = static_cast<size_t>(parse_int(c.args[at]).value_or(0));
    InvalidateRequest request;
    const std::string error =
        parse_invalidate(c.args.subspan(at + 1, count), c.router.hasher(), request);
    if (!error.empty()) return c.reply.error(error);
    requests.push_back(std::move(request));
    at += 1 + count;
  }
  uint8_t db = 0;
  c.router.at(0, [&](Shard& shard) { db = shard.db(c.db).id; });
  c.task = std::make_unique<DryUnion>(std::move(requests), db);
}

constexpr Command kDryUnion = {
    "invalidate", -3,      kReadOnly, no_keys(), Verb::kHere,
    dry_union,    "graph", "0.1.0",   "",        "Counts what several INVALIDATEs would kill."};

struct Selection {
  const char* field;
  const char* word;
};
constexpr Selection kSelections[] = {
    {"keys", "KEY"}, {"pattern", "PATTERN"}, {"tags", "TAG"}, {"dependencies", "DEPS"}};

HttpResponse count_all(Call& call, const std::vector<std::vector<std::string>>& commands) {
  std::vector<std::string> args = {"invalidate"};
  for (const auto& command : commands) {
    args.push_back(std::to_string(command.size()));
    args.insert(args.end(), command.begin(), command.end());
  }
  const Answer answer = call.desk.call_as("invalidate", kDryUnion, call.session, views(args));
  if (answer.is_error()) return failed(answer);
  return json_response(200, Json{{"invalidated", answer.value().integer}, {"dryRun", true}});
}

HttpResponse invalidate_all(Call& call) {
  Fields fields(call.request.body);
  std::vector<std::vector<std::string>> commands;
  for (const Selection& selection : kSelections) {
    const std::vector<std::string> names = fields.texts(selection.field);
    if (names.empty()) continue;
    std::vector<std::string>& args = commands.emplace_back();
    args = {"INVALIDATE", selection.word};
    args.insert(args.end(), names.begin(), names.end());
    args.emplace_back("--");
  }
  const bool cascade = fields.flag("cascade").value_or(false);
  const bool dry_run = fields.flag("dryRun").value_or(false);
  const auto soft = fields.integer("soft");
  if (const std::string error = fields.error(); !error.empty()) return json_error(400, error);
  if (commands.empty())
    return json_error(400, "name at least one of keys, pattern, tags, dependencies");
  for (auto& args : commands) {
    if (cascade) args.emplace_back("CASCADE");
    if (soft) args.insert(args.end(), {"SOFT", std::to_string(*soft)});
    if (dry_run) args.emplace_back("DRYRUN");
  }
  if (dry_run && commands.size() > 1) return count_all(call, commands);
  // What one has killed the next does not count again.
  int64_t killed = 0;
  for (const auto& args : commands) {
    const Answer answer = call.desk.call(call.session, views(args));
    if (answer.is_error()) return failed(answer);
    killed += answer.value().integer;
  }
  Json json{{"invalidated", killed}};
  if (dry_run) json["dryRun"] = true;
  return json_response(200, json);
}

}  // namespace

std::vector<Route> invalidate_routes() {
  return {{"POST", "/api/cache/invalidate", invalidate_all, {"invalidate"}}};
}

}  // namespace freshet
