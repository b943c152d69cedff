#include "race.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "clock.h"

namespace freshet {

namespace {
constexpr uint64_t kGiveUpNs = 120'000'000'000;
}  // namespace

const Space& watched_keys() {
  static const Space space{"watched:", 64, 8};
  return space;
}

bool Watcher::ask() {
  const std::string get = encode({"GET", name_of(watched_keys(), asked_++ % watched_keys().keys)});
  cpu_then_ = server_.cpu_seconds();
  asked_at_ = now_ns();
  return client_->send(get);
}

void Watcher::note_wait() {
  const uint64_t wait_ns = now_ns() - asked_at_;
  const auto work_ns = static_cast<uint64_t>((server_.cpu_seconds() - cpu_then_) * 1e9);
  longest_.wait_ns = std::max(longest_.wait_ns, wait_ns);
  // Two cores work twice as long as the client waits.
  longest_.work_ns = std::max(longest_.work_ns, std::min(work_ns, wait_ns));
}

bool Watcher::answer_came() {
  if (!client_->pump()) return false;
  const auto raw = client_->take();
  if (!raw) return true;
  note_wait();
  return parse_reply(*raw).text.size() == watched_keys().value_bytes && ask();
}

Watcher::Longest Watcher::take_longest() {
  note_wait();
  return std::exchange(longest_, {});
}

Timing Race::run() {
  if (!watcher_.ok() || actor_ == nullptr || !watcher_.ask()) return {.error = "cannot connect"};
  Timing timing;
  watch_until(now_ns() + watch_ns_);
  timing.quiet_ms = static_cast<double>(watcher_.take_longest().wait_ns) / 1e6;
  const uint64_t begin = now_ns();
  const uint64_t give_up = begin + kGiveUpNs;
  timing.ms = static_cast<double>(act(give_up, timing) - begin) / 1e6;
  if (error_.empty()) {
    const auto probed = ask({probe_}, give_up);
    timing.probed = probed ? probed->number() : 0;
  }
  watch_until(now_ns() + watch_ns_);
  const Watcher::Longest longest = watcher_.take_longest();
  timing.pause_ms = static_cast<double>(longest.wait_ns) / 1e6;
  timing.work_ms = static_cast<double>(longest.work_ns) / 1e6;
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
    if (last && last->is_error()) error_ = last->text;
  }
  return last;
}

uint64_t Race::act(uint64_t until, Timing& timing) {
  std::optional<Reply> last;
  uint64_t last_at = now_ns();
  while (const auto step = script_(last ? &*last : nullptr)) {
    last = ask(*step, until);
    last_at = now_ns();
    if (!error_.empty()) return last_at;
  }
  if (last) timing.told = last->number();
  return last_at;
}

}  // namespace freshet
