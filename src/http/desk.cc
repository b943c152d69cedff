#include "http/desk.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "freshet/base/ticks.h"
#include "freshet/commands/options.h"
#include "http/clock.h"

namespace freshet {
namespace {

constexpr Millis kPause = 10;   // between looks whether CLIENT PAUSE is over
constexpr double kSlice = 400;  // us of tasks at once
constexpr std::string_view kEnding = "-BUSY the server is shutting down\r\n";
constexpr std::string_view kPaused = "-BUSY CLIENT PAUSE holds this command\r\n";

}  // namespace

Answer::Answer(std::string bytes) : bytes_(std::move(bytes)) {
  size_t used = 0;
  if (ReplyReader::read(bytes_, value_, used) == ReplyReader::Status::kReply) return;
  value_ = ReplyValue{};
  value_.kind = ReplyValue::Kind::kError;
  value_.text = "BROKEN the reply can't be read";
}

const ReplyValue* Answer::field(std::string_view name) const {
  for (size_t i = 0; i + 1 < value_.items.size(); i += 2) {
    if (value_.items[i].text == name) return &value_.items[i + 1];
  }
  return nullptr;
}

// Other threads use the same shards: their doors are entered, however few cores there are.
Desk::Desk(Keyspace& keyspace, Host& host)
    : host_(host),
      router_(keyspace, true),
      stats_(CommandTable::all().count()),
      dispatcher_(router_, host, stats_) {}

Answer Desk::call(Session& session, Args args) {
  return run(session, args, CommandTable::all().find(args));
}

Answer Desk::call_as(std::string_view name, const Command& row, Session& session, Args args) {
  CommandTable::Found found = CommandTable::all().find(Args(&name, 1));
  if (found.command == nullptr) return call(session, {name});  // renamed away
  found.command = &row;
  return run(session, args, found);
}

std::string Desk::refusal(std::string_view command) const {
  const size_t space = std::min(command.find(' '), command.size());
  std::string_view words[] = {command.substr(0, space),
                              command.substr(std::min(space + 1, command.size()))};
  const CommandTable::Found found = CommandTable::all().find(Args(words, words[1].empty() ? 1 : 2));
  return found.command != nullptr ? "" : "ERR unknown command '" + std::string(command) + "'";
}

bool Desk::stopped() const {
  return monotonic_millis() >= stop_at_.load(std::memory_order_relaxed);
}

// False: it is held for longer than anybody waits.
bool Desk::wait_for_pause(const CommandTable::Found& found) const {
  if (found.command == nullptr) return true;
  const Millis until = wall_clock_millis() + host_.options().number("http-timeout") * 1000;
  while (host_.paused(wall_clock_millis(), found.command->flags & kWrite)) {
    if (wall_clock_millis() > until || stopped()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(kPause));
  }
  return true;
}

Answer Desk::run(Session& session, Args args, const CommandTable::Found& found) {
  const Options& options = host_.options();
  const double micro = host_.ticks_per_micro();
  dispatcher_.watch(options.slowlog_slower_than.load(std::memory_order_relaxed),
                    options.latency_threshold.load(std::memory_order_relaxed), micro);
  if (!wait_for_pause(found)) return Answer(std::string(kPaused));
  Output out;
  session.now = wall_clock_millis();
  dispatcher_.run(session, {args, found}, out, nullptr, ticks());
  while (session.suspended) {
    if (stopped() || !dispatcher_.has_tasks()) return Answer(std::string(kEnding));
    session.now = wall_clock_millis();
    const auto end = ticks() + static_cast<uint64_t>(kSlice * micro);
    dispatcher_.work(session.now, end, [&](uint64_t client, const Task& task) {
      if (client != session.id) return;
      session.resume();
      Reply reply(out, session.resp);
      task.reply(reply);
    });
  }
  return Answer(out.text());
}

void Desk::finish() {
  while (dispatcher_.has_tasks() && !stopped()) {
    const auto end = ticks() + static_cast<uint64_t>(kSlice * host_.ticks_per_micro());
    dispatcher_.work(wall_clock_millis(), end, [](uint64_t, const Task&) {});
  }
}

}  // namespace freshet
