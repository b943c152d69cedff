#include "watcher.h"

#include <algorithm>

#include "clock.h"

namespace freshet {

const Space& watched_keys() {
  static const Space space{"watched:", 64, 8};
  return space;
}

double Waits::own() const { return turns ? std::min(*turns + behind_its_own, unqueued) : unqueued; }

Waits longer(const Waits& one, const Waits& other) {
  Waits both{.longest = std::max(one.longest, other.longest),
             .unqueued = std::max(one.unqueued, other.unqueued),
             .behind_its_own = std::max(one.behind_its_own, other.behind_its_own),
             .turns = std::max(one.turns, other.turns)};
  return both;
}

Watcher::Watcher(const Server& server, Values values)
    : values_(values),
      client_(Client::connect(server.port())),
      control_(Client::connect(server.port())),
      // With one core the others are kept off its cpu: no excuse, and not to blame.
      server_threads_(server.cores() == 1 ? ThreadWatch::of_thread(server.pid(), server.pid())
                                          : ThreadWatch::of_process(server.pid())),
      own_thread_(ThreadWatch::of_this_thread()) {}

bool Watcher::is_right(const Reply& reply) const {
  if (reply.is_null() && values_ == Values::kMayBeGone) return true;
  return reply.text.size() == watched_keys().value_bytes;
}

bool Watcher::ask() {
  const std::string get = encode({"GET", name_of(watched_keys(), asked_++ % watched_keys().keys)});
  asked_at_ = now_ns();
  return client_->send(get);
}

void Watcher::note_wait() {
  const uint64_t wait_ns = now_ns() - asked_at_;
  const Spell server = server_threads_.take();
  longest_ns_ = std::max(longest_ns_, wait_ns);
  unqueued_ns_ = std::max(unqueued_ns_, unqueued_ns(wait_ns, server, own_thread_.take()));
  const uint64_t behind_its_own = std::min(server.queued_ns, server.others_ran_ns);
  behind_its_own_ns_ = std::max(behind_its_own_ns_, behind_its_own);
}

bool Watcher::begin() {
  control_->call({"DEBUG", "TURNS", "1"});  // what Redis refuses
  longest_ns_ = unqueued_ns_ = behind_its_own_ns_ = 0;
  server_threads_.take();
  own_thread_.take();
  if (!asked_before_) {
    asked_before_ = true;
    return ask();
  }
  asked_at_ = now_ns();
  return true;
}

bool Watcher::answer_came() {
  if (!client_->pump()) return false;
  const auto raw = client_->take();
  if (!raw) return true;
  note_wait();
  return is_right(parse_reply(*raw)) && ask();
}

Waits Watcher::end() {
  note_wait();
  Waits waits{.longest = static_cast<double>(longest_ns_) / 1e6,
              .unqueued = static_cast<double>(unqueued_ns_) / 1e6,
              .behind_its_own = static_cast<double>(behind_its_own_ns_) / 1e6};
  const auto turns = control_->call({"DEBUG", "TURNS", "0"});
  if (turns && turns->items.size() == 2) {
    waits.turns = static_cast<double>(turns->items[1].number()) / 1e3;
  }
  return waits;
}

}  // namespace freshet
