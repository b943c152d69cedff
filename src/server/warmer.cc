#include "server/warmer.h"

#include <algorithm>
#include <map>

namespace freshet {

std::vector<WarmSource> Warmer::sources() const {
  std::map<std::string, std::string> found;  // the last definition of a name wins
  for (const auto& words : options_.many("source")) {
    if (words.size() != 2) continue;
    if (const auto address = parse_source(words[1])) found[words[0]] = address->shown();
  }
  std::vector<WarmSource> sources;
  for (const auto& [name, address] : found) sources.push_back({name, address});
  return sources;
}

std::string Warmer::start(const WarmRequest& request, std::function<void(const WarmStatus&)> on_end,
                          uint64_t& job) {
  std::optional<SourceAddress> address;
  for (const auto& words : options_.many("source")) {
    if (words.size() == 2 && words[0] == request.source) address = parse_source(words[1]);
  }
  if (!address) return "ERR no source '" + request.source + "' is configured; see WARM SOURCES";

  WarmStatus status;
  door_.enter();
  const auto busy = std::count_if(known_.begin(), known_.end(),
                                  [](const WarmStatus& known) { return known.state == "running"; });
  if (busy >= options_.number("warm-max-jobs")) {
    door_.leave();
    return "ERR warm-max-jobs jobs are running already; see WARM STATUS";
  }
  status.job = job = ++last_id_;
  status.source = request.source;
  status.state = "running";
  status.started = home_.clock();
  known_.push_front(status);
  if (known_.size() > kRemembered) known_.pop_back();
  door_.leave();

  home_.post([this, id = job, request, address = *address, on_end = std::move(on_end)] {
    // Jobs that have ended may be dropped now: none of them is on the stack.
    std::erase_if(running_, [](const auto& known) { return known->ended(); });
    const auto percent = static_cast<int>(options_.number("warm-maxmemory-percent"));
    running_.push_back(std::make_unique<WarmJob>(id, request, address, home_.loop, *home_.router,
                                                 home_.clock, percent,
                                                 [this, on_end](const WarmStatus& now) {
                                                   publish(now);
                                                   if (now.state != "running" && on_end)
                                                     on_end(now);
                                                 }));
    running_.back()->start();
  });
  return "";
}

void Warmer::publish(const WarmStatus& status) {
  door_.enter();
  for (WarmStatus& known : known_) {
    if (known.job == status.job) known = status;
  }
  door_.leave();
}

std::vector<WarmStatus> Warmer::jobs() const {
  door_.enter();
  std::vector<WarmStatus> copy(known_.begin(), known_.end());
  door_.leave();
  return copy;
}

bool Warmer::cancel(uint64_t job) {
  const std::vector<WarmStatus> known = jobs();
  const bool runs = std::any_of(known.begin(), known.end(), [&](const WarmStatus& status) {
    return status.job == job && status.state == "running";
  });
  if (!runs) return false;
  home_.post([this, job] {
    for (const auto& running : running_) {
      if (running->status().job == job) running->cancel();
    }
  });
  return true;
}

void Warmer::stop() {
  for (const auto& running : running_) running->cancel();
  running_.clear();
}

}  // namespace freshet
