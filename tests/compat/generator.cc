#include "generator.h"

#include <algorithm>
#include <array>

#include "rows.h"
#include "scripts.h"

namespace freshet::compat {
namespace {

using Families = std::span<const std::span<const Row>>;

const Row& draw_row(Draw& d, Families families) {
  int total = 0;
  for (const auto rows : families) {
    for (const Row& row : rows) total += row.weight;
  }
  auto left = static_cast<int>(d.below(static_cast<uint64_t>(total)));
  for (const auto rows : families) {
    for (const Row& row : rows) {
      left -= row.weight;
      if (left < 0) return row;
    }
  }
  return families[0][0];
}

Args build(Draw& d, const Row& row) { return Args{d.cased(row.name)} + row.arguments(d); }

// A spoilt CONFIG, CLIENT or DEBUG might change, pause or stop the server itself.
bool may_be_spoilt(const Row& row) {
  return row.name != "CONFIG" && row.name != "CLIENT" && row.name != "DEBUG";
}

// One argument less, more or other. Arguments are never exchanged: a small number that is fine as
// a value would become a deadline that passes while the test runs.
Args spoilt(Draw& d, Args args) {
  const auto at = static_cast<Args::difference_type>(d.below(args.size() - 1) + 1);
  switch (d.below(4)) {
    case 0:
      args.erase(args.begin() + at);
      break;
    case 1:
      args.insert(args.begin() + at, d.nasty());
      break;
    case 2:
      args.insert(args.begin() + at, args[static_cast<size_t>(at)]);
      break;
    default:
      args[static_cast<size_t>(at)] = d.nasty();
      break;
  }
  return args;
}

Step draw_step(Draw& d) {
  const std::array families = {string_rows(), bit_rows(), key_rows(), connection_rows(),
                               server_rows()};
  if (d.below(1000) < 8) return draw_script(d);
  d.next_command();
  const Row& row = draw_row(d, families);
  Args args = build(d, row);
  const bool spoil = d.chance(5) && may_be_spoilt(row);
  if (spoil && args.size() > 1) args = spoilt(d, std::move(args));
  if (spoil && args.size() == 1) args.push_back(d.nasty());
  return command(std::move(args));
}

// Sets keys whose deadlines pass before the round goes on. Nothing here hangs on the time: each
// key is written once, and 40 ms are longer than a round trip.
std::vector<Step> short_deadlines(Draw& d) {
  std::vector<Step> steps;
  for (const std::string& key : known_keys()) {
    const std::string millis = d.number(40, 90);
    switch (d.below(6)) {
      case 0:
        steps.push_back(command({"SET", key, d.value(), "PX", millis}));
        break;
      case 1:
        steps.push_back(command({"PSETEX", key, millis, d.value()}));
        break;
      case 2:
        steps.push_back(command({"SET", key, d.value()}));
        steps.push_back(command({"PEXPIRE", key, millis}));
        break;
      case 3:
        steps.push_back(command({"SET", key, d.value()}));
        steps.push_back(command({"GETEX", key, "PX", millis}));
        break;
      case 4:
        steps.push_back(command({"SET", key, d.value()}));
        break;
      default:
        break;
    }
  }
  steps.push_back({.kind = Step::Kind::kSleep, .millis = 150});
  return steps;
}

// Everything a client can see of the data, key by key.
std::vector<Step> state_comparison() {
  std::vector<Step> steps;
  for (const std::string_view db : known_dbs()) {
    steps.push_back(command({"SELECT", std::string(db)}));
    steps.push_back(command({"DBSIZE"}));
    steps.push_back(command({"KEYS", "*"}));
    for (const std::string& key : known_keys()) {
      steps.push_back(command({"TYPE", key}));
      steps.push_back(command({"GET", key}));
      steps.push_back(command({"PTTL", key}));
      steps.push_back(command({"OBJECT", "ENCODING", key}));
    }
  }
  return steps;
}

void append(std::vector<Step>* steps, std::vector<Step> more) {
  std::ranges::move(more, std::back_inserter(*steps));
}

}  // namespace

Args data_command(Draw& d) {
  const std::array families = {string_rows(), bit_rows(), key_rows()};
  return build(d, draw_row(d, families));
}

std::string data_command_name(Draw& d) {
  if (d.chance(25)) {
    return d.one_of({"ping", "echo", "auth", "hello", "reset", "time", "object|encoding",
                     "client|id", "client|setname", "config|get", "memory|usage", "slowlog|get",
                     "command|getkeys", "nosuch", "object|nosuch", "get|x", "", "|"});
  }
  return data_command(d)[0];
}

std::vector<Step> draw_round(uint64_t seed, size_t count) {
  Draw d(seed);
  std::vector<Step> steps;
  if (d.chance(40)) steps.push_back(command({"HELLO", "3"}));
  if (d.chance(8)) append(&steps, short_deadlines(d));
  while (steps.size() < count) steps.push_back(draw_step(d));
  append(&steps, state_comparison());
  return steps;
}

}  // namespace freshet::compat
