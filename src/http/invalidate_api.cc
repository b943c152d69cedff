// POST /api/cache/invalidate: all selectors that are given, their union, one answer.
#include "commands/invalidate.h"
#include "freshet/base/numbers.h"
#include "http/api.h"
#include "http/fields.h"

namespace freshet {
namespace {

// Several INVALIDATEs as one: before each stands the number of its arguments.
void invalidate_union(Context& c) {
  std::vector<InvalidateRequest> parts;
  for (size_t at = 1; at < c.args.size();) {
    const auto count = static_cast<size_t>(parse_int(c.args[at]).value_or(0));
    InvalidateRequest part;
    const std::string error =
        parse_invalidate(c.args.subspan(at + 1, count), c.router.hasher(), part);
    if (!error.empty()) return c.reply.error(error);
    parts.push_back(std::move(part));
    at += 1 + count;
  }
  begin_invalidation(c, std::move(parts));
}

constexpr Command kUnion = {
    "invalidate",     -3,      kWrite,  no_keys(), Verb::kHere,
    invalidate_union, "graph", "0.1.0", "",        "What several INVALIDATEs select."};

struct Selection {
  const char* field;
  const char* word;
};
constexpr Selection kSelections[] = {
    {"keys", "KEY"}, {"pattern", "PATTERN"}, {"tags", "TAG"}, {"dependencies", "DEPS"}};

std::vector<std::string> one_of(const std::vector<std::vector<std::string>>& commands) {
  std::vector<std::string> args = {"invalidate"};
  for (const auto& command : commands) {
    args.push_back(std::to_string(command.size()));
    args.insert(args.end(), command.begin(), command.end());
  }
  return args;
}

// A single selector is the command that anybody could give.
Answer run(Call& call, const std::vector<std::vector<std::string>>& commands) {
  if (commands.size() == 1) return call.desk.call(call.session, views(commands.front()));
  const std::vector<std::string> args = one_of(commands);
  return call.desk.call_as("invalidate", kUnion, call.session, views(args));
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
  const Answer answer = run(call, commands);
  if (answer.is_error()) return failed(answer);
  Json json{{"invalidated", answer.value().integer}};
  if (dry_run) json["dryRun"] = true;
  return json_response(200, json);
}

}  // namespace

std::vector<Route> invalidate_routes() {
  return {{"POST", "/api/cache/invalidate", invalidate_all, {"invalidate"}}};
}

}  // namespace freshet
