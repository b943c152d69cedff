#include "race.h"

#include <poll.h>

#include "clock.h"

namespace freshet {

namespace {
constexpr uint64_t kGiveUpNs = 120'000'000'000;
}  // namespace

Timing Race::run() {
  if (!watcher_.ok() || actor_ == nullptr || !watcher_.begin()) return {.error = "cannot connect"};
  Timing timing;
  watch_until(now_ns() + spec_.watch_ns);
  timing.quiet_ms = watcher_.end().longest;
  watcher_.begin();
  const uint64_t begin = now_ns();
  const uint64_t give_up = begin + kGiveUpNs;
  timing.ms = static_cast<double>(act(give_up, timing) - begin) / 1e6;
  if (error_.empty()) {
    const auto probed = ask({encode(spec_.probe)}, give_up);
    timing.probed = probed ? probed->number() : 0;
  }
  watch_until(now_ns() + spec_.watch_ns);
  timing.waits = watcher_.end();
  timing.error = error_;
  return timing;
}

void Race::watch(uint64_t until) {
  while (error_.empty()) {
    const uint64_t now = now_ns();
    if (now >= until) return;
    pollfd ready[2] = {{watcher_.fd(), POLLIN, 0}, {actor_->fd(), POLLIN, 0}};
    poll(ready, 2, static_cast<int>((until - now) / 1000000 + 1));
    if (ready[0].revents != 0 && !watcher_.answer_came()) error_ = "the other client read no value";
    if (ready[1].revents != 0) return;
  }
}

void Race::watch_until(uint64_t until) {
  while (error_.empty() && now_ns() < until) watch(until);
}

std::optional<Reply> Race::next_reply(uint64_t until) {
  for (;;) {
    if (const auto raw = actor_->take()) return parse_reply(*raw);
    watch(until);
    if (error_.empty() && now_ns() >= until) error_ = "no reply for two minutes";
    if (error_.empty() && !actor_->pump()) error_ = "connection lost";
    if (!error_.empty()) return std::nullopt;
  }
}

std::optional<Reply> Race::ask(const Step& step, uint64_t until) {
  if (!actor_->send(step.bytes)) error_ = "connection lost";
  std::optional<Reply> last;
  for (int i = 0; i < step.replies && error_.empty(); ++i) {
    last = next_reply(until);
    const bool refused = last && last->is_error();
    const bool foreseen = !spec_.refusal.empty() && last && last->text.starts_with(spec_.refusal);
    if (refused && !foreseen) error_ = last->text;
  }
  return last;
}

uint64_t Race::act(uint64_t until, Timing& timing) {
  std::optional<Reply> last;
  uint64_t last_at = now_ns();
  while (const auto step = spec_.script(last ? &*last : nullptr)) {
    last = ask(*step, until);
    last_at = now_ns();
    if (!error_.empty()) return last_at;
  }
  if (last) timing.told = last->number();
  if (!spec_.refusal.empty() && !(last && last->is_error())) error_ = "it was not refused";
  return last_at;
}

}  // namespace freshet
